/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/groups.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <util_varbuf.h>
#include <stdbool.h>
#include <string.h>

#include "site/site.h"
#include "web/warn.h"

APLOG_USE_MODULE(auth_mpin);

#define LINE_MAX_BYTES (16 * 1024 * 1024) /* as mod_authz_groupfile has it */

const char groups_unread[] = "";

/* A comma in a name would be two groups to an application, and a control character none of a header. */
static bool is_name_to_pass(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c == ',' || apr_iscntrl(*c))
            return false;
    return *name != '\0';
}

static bool line_has(const char *members, const char *user, apr_pool_t *p)
{
    while (*members)
        if (!strcmp(ap_getword_conf(p, &members), user))
            return true;
    return false;
}

/* Each line is GROUP: USER USER ...; a group may have several. */
static void read_group(apr_array_header_t *found, const char *line, const char *user, apr_pool_t *p)
{
    if (*line == '#' || !*line)
        return;
    const char *name = ap_getword(p, &line, ':');
    if (!is_name_to_pass(name) || !line_has(line, user, p))
        return;
    for (int i = 0; i < found->nelts; i++)
        if (!strcmp(APR_ARRAY_IDX(found, i, const char *), name))
            return;
    APR_ARRAY_PUSH(found, const char *) = apr_pstrdup(found->pool, name);
}

static const char *read_groups(ap_configfile_t *file, const char *user, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 4, sizeof(const char *));
    apr_pool_t *scratch;
    struct ap_varbuf line;
    apr_status_t status;
    ap_varbuf_init(p, &line, 512);
    apr_pool_create(&scratch, p);
    while ((status = ap_varbuf_cfg_getline(&line, file, LINE_MAX_BYTES)) == APR_SUCCESS) {
        apr_pool_clear(scratch);
        read_group(found, line.buf, user, scratch);
    }
    apr_pool_destroy(scratch);
    ap_varbuf_free(&line);
    if (status != APR_EOF)
        return groups_unread;
    return found->nelts ? apr_array_pstrcat(p, found, ',') : NULL;
}

static const char *no_groups(request_rec *r, const char *path, apr_status_t status)
{
    static apr_time_t told;
    if (log_may_say(&told))
        ap_log_rerror(APLOG_MARK, APLOG_ERR, status, r,
                      "MPIN0966: the groups of %s cannot be read, so that nobody is let through to "
                      "an application that gets them; mend the file, or who may read it",
                      path);
    return groups_unread;
}

/* What an open page is reached by says who somebody is, and so does its place. */
static const char *group_file_at(const request_rec *r)
{
    while (!r->user && r->prev)
        r = r->prev;
    return site_directory(r)->group_file;
}

const char *groups_of(request_rec *r, const char *user)
{
    const char *path = group_file_at(r);
    ap_configfile_t *file;
    if (!path)
        return NULL;
    const apr_status_t status = ap_pcfg_openfile(&file, r->pool, path);
    if (status)
        return no_groups(r, path, status);
    const char *groups = read_groups(file, user, r->pool);
    ap_cfg_closefile(file);
    return groups == groups_unread ? no_groups(r, path, APR_EGENERAL) : groups;
}

result_t *groups_refusal(apr_pool_t *p)
{
    return result_error(p, HTTP_SERVICE_UNAVAILABLE, "groups_unread",
                        "the groups of this user cannot be told; try again later");
}
