/* SPDX-License-Identifier: Apache-2.0 */
#include "site/accounts.h"

#include <ap_provider.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "config/surroundings.h"
#include "config/tree.h"

const apr_array_header_t *accounts_providers(const apr_array_header_t *names,
                                             const server_rec *main_server, apr_pool_t *p)
{
    apr_array_header_t *providers = apr_array_make(p, 2, sizeof(password_provider_t));
    for (int i = 0; names && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const char *base = provider_base(name, main_server, p);
        APR_ARRAY_PUSH(providers, password_provider_t) = (password_provider_t){
            .name = name,
            .kind = provider_kind(base),
            .provider = ap_lookup_provider(AUTHN_PROVIDER_GROUP, name, AUTHN_PROVIDER_VERSION),
            .told = apr_pcalloc(p, sizeof(apr_time_t))};
    }
    return providers;
}

/* ---- what holds at the login page ---- */

static bool section_holds(const core_dir_config *section, const char *path)
{
    if (section->r)
        return ap_regexec(section->r, path, 0, NULL, 0) == 0;
    if (section->d_is_fnmatch)
        return apr_fnmatch(section->d, path, APR_FNM_PATHNAME) == APR_SUCCESS;
    return surroundings_inside(path, section->d);
}

/* As httpd's location walk would find it for a request to that page, but for <If>. */
static ap_conf_vector_t *settings_at(const server_rec *server, const char *path, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(server->module_config);
    ap_conf_vector_t *settings = server->lookup_defaults;
    for (int i = 0; i < core->sec_url->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *);
        if (section_holds(ap_get_core_module_config(section), path))
            settings = ap_merge_per_dir_configs(p, settings, section);
    }
    return settings;
}

/* As mod_authn_core reads an <AuthnProviderAlias>: only its own check of a password sees that. */
static ap_conf_vector_t *settings_of_alias(const ap_directive_t *alias, server_rec *main_server,
                                           apr_pool_t *p)
{
    ap_conf_vector_t *settings = ap_create_per_dir_config(p);
    cmd_parms cmd = {.pool = p,
                     .temp_pool = p,
                     .server = main_server,
                     .override = OR_AUTHCFG | ACCESS_CONF,
                     .limited = -1,
                     .context = settings};
    ap_walk_config(alias->first_child, &cmd, settings);
    return settings;
}

/* The providers, and how each can be asked at that login page. */
static apr_array_header_t *providers_at(const apr_array_header_t *providers, server_rec *server,
                                        const char *path, server_rec *main_server, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_copy(p, providers);
    for (int i = 0; i < list->nelts; i++) {
        password_provider_t *provider = &APR_ARRAY_IDX(list, i, password_provider_t);
        const ap_directive_t *alias = provider_alias(provider->name, main_server, p);
        provider->manner = provider_manner(provider->name, main_server, server, path, p);
        if (alias && provider->manner == PROVIDER_SEARCHES)
            provider->settings = settings_of_alias(alias, main_server, p);
    }
    return list;
}

void accounts_add(accounts_t *accounts, const server_config_t *config, server_rec *server,
                  server_rec *main_server, const apr_array_header_t *providers, apr_pool_t *p)
{
    const char *path = config->paths.path[PATH_LOGIN];
    if (config->service.parts || (server == main_server && !surroundings_main_serves(server)))
        return;
    if (config->ways & (REGISTER_OPEN | REGISTER_MAIL | REGISTER_INVITE))
        accounts->other_ways = true;
    if (config->ways & REGISTER_OPEN)
        accounts->open = true;
    if (!providers->nelts || !path)
        return;
    if (!accounts->sources)
        accounts->sources = apr_array_make(p, 1, sizeof(account_source_t));
    apr_array_header_t *list = providers_at(providers, server, path, main_server, p);
    APR_ARRAY_PUSH(accounts->sources, account_source_t) =
        (account_source_t){server, path, settings_at(server, path, p), list};
    for (int i = 0; i < list->nelts; i++) {
        const provider_manner_t manner = APR_ARRAY_IDX(list, i, password_provider_t).manner;
        accounts->silent |= manner == PROVIDER_KEEPS_STILL;
        accounts->searches |= manner == PROVIDER_SEARCHES;
    }
}

/* ---- files ---- */

typedef struct file_search_t {
    apr_array_header_t *files;
    apr_pool_t *p;
} file_search_t;

static void visit_file(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    /* a DBM may be a file, or two with these endings */
    static const char *const endings[] = {"", ".pag", ".dir", ".db", ".dat"};
    const file_search_t *search = walk->baton;
    const char *args = node->args;
    (void)server;
    const bool dbm = !strcasecmp(node->directive, "AuthDBMUserFile");
    if (!dbm && strcasecmp(node->directive, "AuthUserFile"))
        return;
    const char *file = ap_server_root_relative(search->p, ap_getword_conf(search->p, &args));
    for (int i = 0; file && i < (dbm ? 5 : 1); i++)
        APR_ARRAY_PUSH(search->files, const char *) =
            apr_pstrcat(search->p, file, endings[i], NULL);
}

void accounts_find_files(accounts_t *accounts, const server_rec *main_server, apr_pool_t *p)
{
    file_search_t search = {apr_array_make(p, 1, sizeof(const char *)), p};
    tree_walk_t walk = {main_server, visit_file, &search};
    tree_walk(&walk);
    accounts->files = search.files;
}

/* ---- what they are worth ---- */

bool accounts_tell(const accounts_t *accounts)
{
    return accounts->sources && !accounts->silent;
}

bool accounts_decide(const accounts_t *accounts)
{
    return accounts_tell(accounts) && !accounts->other_ways;
}

bool accounts_end_sessions(const accounts_t *accounts)
{
    return accounts_tell(accounts) && (!accounts->other_ways || accounts->open);
}
