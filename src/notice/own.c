/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/own.h"
#include "base/assets.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#define TEMPLATE_MAX 65536 /* bytes of a template of somebody's own */

static const char *file_name(const char *name, apr_pool_t *p)
{
    return strchr(name, '.') ? name : apr_pstrcat(p, name, ".html", NULL);
}

static const char *read_built_in(void *baton, const char *name, apr_pool_t *p)
{
    (void)baton;
    const asset_t *asset = asset_find(apr_pstrcat(p, "pages/", file_name(name, p), NULL));
    return asset ? (const char *)asset->plain : NULL;
}

static const char *read_own(void *baton, const char *name, apr_pool_t *p)
{
    const templates_t *templates = baton;
    const char *path = apr_pstrcat(p, templates->folder, "/", file_name(name, p), NULL);
    apr_file_t *file;
    if (apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return read_built_in(NULL, name, p);

    apr_size_t length = TEMPLATE_MAX;
    char *text = apr_palloc(p, length + 1);
    const apr_status_t status = apr_file_read_full(file, text, TEMPLATE_MAX, &length);
    apr_file_close(file);
    if (status != APR_EOF)
        return NULL; /* unreadable, or larger than we take */
    text[length] = '\0';
    return text;
}

const char *own_render(const templates_t *templates, const char *name, const apr_table_t *values,
                       apr_hash_t *lists, apr_hash_t *texts, apr_pool_t *p)
{
    const char *file = file_name(name, p), *dot = strchr(file, '.');
    template_t template = {read_own, (void *)(apr_uintptr_t)templates, values, lists,
                           texts,    dot && strcmp(dot, ".txt") == 0};
    const char *text = templates->folder ? template_render(&template, name, p) : NULL;
    if (text)
        return text;
    if (templates->folder)
        log_warn(templates->log, "MPIN0501",
                 "%s/%s is not a template we can use: the built-in one is shown; see "
                 "docs/templates.md",
                 templates->folder, file);
    template.read = read_built_in;
    return template_render(&template, name, p);
}
