/* SPDX-License-Identifier: Apache-2.0 */
#include "site/trusted_logins.h"

#include <string.h>

#include "config/surroundings.h"

/* The check has told what does not parse; then nothing starts. */
static const ap_expr_info_t *parse_user_expression(const char *text, apr_pool_t *p)
{
    ap_expr_info_t *info = apr_pcalloc(p, sizeof(*info));
    info->filename = "MPinTrustedLogin";
    info->flags = AP_EXPR_FLAG_STRING_RESULT;
    info->module_index = auth_mpin_module.module_index;
    return ap_expr_parse(p, p, info, text, NULL) ? NULL : info;
}

const apr_array_header_t *trusted_logins_make(const server_config_t *config, apr_pool_t *p)
{
    const apr_array_header_t *settings = config->trusted;
    if (!settings || config->service.parts || !config->paths.path[PATH_LOGIN])
        return NULL;
    apr_array_header_t *list = apr_array_make(p, settings->nelts, sizeof(trusted_login_t));
    for (int i = 0; i < settings->nelts; i++) {
        const trusted_setting_t *set = &APR_ARRAY_IDX(settings, i, trusted_setting_t);
        const ap_expr_info_t *user = set->user ? parse_user_expression(set->user, p) : NULL;
        if (!set->user || user)
            APR_ARRAY_PUSH(list, trusted_login_t) = (trusted_login_t){set, user};
    }
    return list->nelts ? list : NULL;
}

const trusted_login_t *trusted_login_number(const apr_array_header_t *logins, int i)
{
    return logins && i < logins->nelts ? &APR_ARRAY_IDX(logins, i, trusted_login_t) : NULL;
}

const trusted_login_t *trusted_login_named(const apr_array_header_t *logins, const char *name)
{
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(logins, i)); i++)
        if (strcmp(login->set->name, name) == 0)
            return login;
    return NULL;
}

const trusted_login_t *trusted_login_marked(const apr_array_header_t *logins, uint32_t mark)
{
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(logins, i)); i++)
        if (login->set->mark == mark)
            return login;
    return NULL;
}

const trusted_login_t *trusted_login_at(const apr_array_header_t *logins, const char *path)
{
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(logins, i)); i++)
        if (strcmp(login->set->location, path) == 0)
            return login;
    return NULL;
}

const trusted_login_t *trusted_login_around(const apr_array_header_t *logins, const char *path)
{
    const trusted_login_t *login, *best = NULL;
    for (int i = 0; (login = trusted_login_number(logins, i)); i++)
        if (surroundings_inside(path, login->set->location) &&
            (!best || strlen(best->set->location) < strlen(login->set->location)))
            best = login;
    return best;
}

static bool has_query_field(const char *args, const char *name)
{
    const size_t len = strlen(name);
    for (; args; args = strchr(args, '&')) {
        args += *args == '&';
        if (!strncmp(args, name, len) && args[len] == '=')
            return true;
    }
    return false;
}

bool trusted_login_leads_on(const char *args)
{
    const bool answer = has_query_field(args, "state") &&
                        (has_query_field(args, "code") || has_query_field(args, "error"));
    return answer || has_query_field(args, "target_link_uri");
}

/* mod_auth_openidc takes its whole path, whatever the query is. */
static bool is_for_callback(const char *args)
{
    return trusted_login_leads_on(args) || has_query_field(args, "logout");
}

bool trusted_login_is_refusal(const char *args)
{
    return has_query_field(args, "state") && has_query_field(args, "error") &&
           !has_query_field(args, "code");
}

const trusted_login_t *trusted_login_called(const apr_array_header_t *logins, const char *path,
                                            const char *args)
{
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(logins, i)); i++)
        if (login->set->callback && !strcmp(login->set->callback, path) && is_for_callback(args))
            return login;
    return NULL;
}
