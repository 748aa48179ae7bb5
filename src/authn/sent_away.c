/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/sent_away.h"
#include "authn/authn.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* httpd's own modules are asked, so that conditions, order and inheritance are theirs: with a copy
 * of the request, which goes the way that the request would have gone without us. */

/* ---- the modules that are asked ---- */

static bool may_send_away(const char *module)
{
    return !strcmp(module, "mod_rewrite.c") || !strcmp(module, "mod_alias.c");
}

/* Those that find the file or the backend. Others hold that a request is httpd's own: they run
 * programs for it, or end the process where they have not prepared it (mod_perl). */
static bool finds_a_place(const char *module)
{
    static const char *const modules[] = {"core.c", "mod_proxy.c", "mod_userdir.c",
                                          "mod_vhost_alias.c"};
    for (apr_size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        if (!strcmp(module, modules[i]))
            return true;
    return may_send_away(module);
}

static bool sends_away(int status)
{
    return status != OK && status != DECLINED && status != DONE;
}

/* Is one of them loaded? */
static bool somebody_may(void)
{
    const apr_array_header_t *hooks = ap_hook_get_fixups();
    for (int i = 0; i < hooks->nelts; i++)
        if (may_send_away(APR_ARRAY_IDX(hooks, i, ap_LINK_fixups_t).szName))
            return true;
    return false;
}

/* ---- the copy ---- */

/* What httpd itself keeps of a request, anew: its memory of walks must not get into the request. */
static void make_core_config(request_rec *copy)
{
    const apr_array_header_t *hooks = ap_hook_get_create_request();
    for (int i = 0; i < hooks->nelts; i++) {
        const ap_LINK_create_request_t *hook =
            &APR_ARRAY_IDX(hooks, i, const ap_LINK_create_request_t);
        if (!strcmp(hook->szName, "core.c"))
            hook->pFunc(copy);
    }
}

/* The query is there again: a redirect takes it along, and a condition may ask for it. */
static request_rec *copy_of(request_rec *r, const request_t *request)
{
    apr_pool_t *p = r->pool;
    request_rec *copy = apr_pmemdup(p, r, sizeof(*r));
    copy->headers_in = apr_table_copy(p, r->headers_in);
    copy->headers_out = apr_table_copy(p, r->headers_out);
    copy->err_headers_out = apr_table_copy(p, r->err_headers_out);
    copy->subprocess_env = apr_table_copy(p, r->subprocess_env);
    copy->notes = apr_table_copy(p, r->notes);
    copy->uri = apr_pstrdup(p, r->uri);
    copy->args = request->args ? apr_pstrdup(p, request->args) : NULL;
    copy->parsed_uri.query = copy->args;
    copy->the_request = apr_pstrcat(p, r->method, " ", r->uri, copy->args ? "?" : "",
                                    copy->args ? copy->args : "", " ", r->protocol, NULL);
    copy->request_config = ap_create_request_config(p);
    ap_set_module_config(copy->request_config, &auth_mpin_module, (void *)(apr_uintptr_t)request);
    make_core_config(copy);
    return copy;
}

/* ---- its way ---- */

static const struct ap_logconf silent = {NULL, -1};

/* Nobody else's word is wanted on a request that is ours in the end. */
static int asked(ap_HOOK_translate_name_t *phase, const char *module, request_rec *copy)
{
    const struct ap_logconf *log = copy->log;
    if (!may_send_away(module))
        copy->log = &silent;
    const int status = phase(copy);
    copy->log = log;
    return status;
}

/* From the URL to a file, a backend, or away. */
static int translated(request_rec *copy)
{
    const apr_array_header_t *hooks = ap_hook_get_translate_name();
    for (int i = 0; i < hooks->nelts; i++) {
        const ap_LINK_translate_name_t *hook =
            &APR_ARRAY_IDX(hooks, i, const ap_LINK_translate_name_t);
        const int status =
            finds_a_place(hook->szName) ? asked(hook->pFunc, hook->szName, copy) : DECLINED;
        if (status != DECLINED)
            return may_send_away(hook->szName) && sends_away(status) ? status : DECLINED;
    }
    return DECLINED;
}

/* The sections that hold for it. Where the walk through directories ends early (it is no file that
 * is asked for) nothing is said about that. */
static void walk(request_rec *copy)
{
    const struct ap_logconf *log = copy->log;
    copy->per_dir_config = copy->server->lookup_defaults;
    copy->log = &silent;
    if (copy->filename && copy->filename[0] == '/' && ap_directory_walk(copy) != OK)
        copy->per_dir_config = copy->server->lookup_defaults;
    ap_location_walk(copy);
    ap_if_walk(copy);
    copy->log = log;
}

/* What those sections, and .htaccess files, say. */
static int fixed_up(request_rec *copy)
{
    const apr_array_header_t *hooks = ap_hook_get_fixups();
    for (int i = 0; i < hooks->nelts; i++) {
        const ap_LINK_fixups_t *hook = &APR_ARRAY_IDX(hooks, i, const ap_LINK_fixups_t);
        const int status = may_send_away(hook->szName) ? hook->pFunc(copy) : DECLINED;
        if (sends_away(status))
            return status;
    }
    return DECLINED;
}

int sent_away(request_rec *r, const request_t *request)
{
    if (!somebody_may())
        return DECLINED;
    request_rec *copy = copy_of(r, request);
    int status = translated(copy);
    if (status == DECLINED) {
        walk(copy);
        status = fixed_up(copy);
    }
    if (status == DECLINED)
        return DECLINED;
    r->headers_out = copy->headers_out;
    r->err_headers_out = copy->err_headers_out;
    r->subprocess_env = copy->subprocess_env;
    r->notes = copy->notes;
    return status;
}
