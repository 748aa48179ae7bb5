/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: directives in sections, and what password providers need there. */
#include "config/checks.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <mod_auth.h>
#include <string.h>
#include <util_cfgtree.h>

#include "config/mistakes.h"
#include "config/provider.h"
#include "config/surroundings.h"
#include "config/tree.h"

/* ---- where a directive stands ---- */

/* May a directive at this place hold for our page at `path`? Pages of ours are no files, so
 * <Directory> and <Files> never hold; where only a request could tell (patterns, <If>), the answer
 * is yes. */
static bool may_hold_for(const ap_directive_t *node, const char *path, apr_pool_t *p)
{
    static const char *const never[] = {
        "<Directory",  "<DirectoryMatch",     "<Files", "<FilesMatch", "<Proxy",
        "<ProxyMatch", "<AuthnProviderAlias", NULL};
    for (const ap_directive_t *up = node->parent; up; up = up->parent) {
        for (const char *const *each = never; *each; each++)
            if (!strcasecmp(up->directive, *each))
                return false;
        if (strcasecmp(up->directive, "<Location"))
            continue;
        const char *section = tree_section_path(up, p);
        if (!strpbrk(section, "~*?[") && !surroundings_inside(path, section))
            return false;
    }
    return true;
}

/* ---- password providers ---- */

typedef struct search_t {
    const checked_t *site;
    const char *directive;
    bool found;
} search_t;

static void visit_search(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    search_t *search = walk->baton;
    const checked_t *site = search->site;
    if (!strcasecmp(node->directive, search->directive) &&
        (server == walk->main_server || server == site->server ||
         site->server == walk->main_server) && /* whose vhosts may be all that anybody sees */
        may_hold_for(node, site->config->paths.path[PATH_LOGIN], site->pconf))
        search->found = true;
}

static void check_provider(const checked_t *site, const char *name)
{
    const written_t *at = check_at(site, SETTING_providers);
    const provider_kind_t *known = provider_kind(name);
    const authn_provider *provider =
        ap_lookup_provider(AUTHN_PROVIDER_GROUP, name, AUTHN_PROVIDER_VERSION);
    if (!provider && known->name)
        mistake(site->pconf, at,
                "the provider %s is of %s, which is not loaded; add its LoadModule line", name,
                known->module);
    else if (!provider)
        mistake(site->pconf, at,
                "no loaded module has a provider \"%.80s\"; load its module, or define it with "
                "<AuthnProviderAlias>",
                name);
    else if (!provider->check_password)
        mistake(site->pconf, at, "the provider %s cannot check a password; name another", name);
    if (!provider || !known->needs || !site->config->paths.path[PATH_LOGIN])
        return;

    search_t search = {site, known->needs, false};
    tree_walk_t walk = {site->main_server, visit_search, &search};
    tree_walk(&walk);
    if (!search.found)
        mistake(site->pconf, at,
                "the provider %s has no settings, so nobody can sign in; write <Location %s> with "
                "%s in it",
                name, site->config->paths.path[PATH_LOGIN], known->needs);
}

void check_passwords(const checked_t *site)
{
    const apr_array_header_t *names = site->config->providers;
    for (int i = 0; names && i < names->nelts; i++)
        check_provider(site, APR_ARRAY_IDX(names, i, const char *));
}

/* ---- sections ---- */

/* Does this server, or for the main server any (its sections hold for all), have the engine on and,
 * where passwords matter, a provider? */
static bool any_serves(const server_rec *main_server, const server_rec *server, bool passwords)
{
    const bool all = server == main_server;
    for (const server_rec *each = all ? main_server : server; each;
         each = all ? each->next : NULL) {
        const server_config_t *config = directives_of(each);
        if (config->engine && (!passwords || config->providers))
            return true;
    }
    return false;
}

/* The same for passkeys. */
static bool any_takes_passkeys(const server_rec *main_server, const server_rec *server)
{
    const bool all = server == main_server;
    for (const server_rec *each = all ? main_server : server; each; each = all ? each->next : NULL)
        if (check_takes_passkeys(directives_of(each)))
            return true;
    return false;
}

static bool names_method(const directory_written_t *each, factor_t factor)
{
    return each->dir->methods != -1 && (each->dir->methods & (int)FACTOR_BIT(factor)) &&
           !strcasecmp(each->at.directive, "MPinLoginMethods");
}

static void visit_auth_type(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const char *args = node->args;
    if (strcasecmp(node->directive, "AuthType") ||
        strcasecmp(ap_getword_conf(pconf, &args), "MPin"))
        return;
    const written_t at = check_written(node);
    if (server != walk->main_server && directives_of(server)->service.parts)
        mistake(pconf, &at,
                "a vhost with MPinService has no login and no sessions; move it to the vhost of a "
                "site");
    if (!any_serves(walk->main_server, server, false))
        mistake(pconf, &at,
                "MPin needs the engine, which is off here; write MPinEngine On in this server");
}

static void check_logins(apr_pool_t *pconf, const server_rec *main_server,
                         const directory_written_t *each)
{
    const apr_array_header_t *names = each->dir->logins;
    if (!names_method(each, FACTOR_TRUSTED))
        return;
    if (!names && !check_is_trusted_at(main_server, each->server, NULL))
        mistake(pconf, &each->at,
                "it names trusted, but there is no trusted login here; write MPinTrustedLogin, or "
                "leave trusted out");
    for (int i = 0; names && i < names->nelts; i++)
        if (!check_is_trusted_at(main_server, each->server, APR_ARRAY_IDX(names, i, const char *)))
            mistake(pconf, &each->at,
                    "\"%s\" is no login here; write pin, password, passkey, trusted, or the name "
                    "of an MPinTrustedLogin",
                    APR_ARRAY_IDX(names, i, const char *));
}

void check_sections(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_auth_type, pconf};
    tree_walk(&walk);

    const apr_array_header_t *list = directives_of_directories(pconf);
    for (int i = 0; i < list->nelts; i++) {
        const directory_written_t *each = &APR_ARRAY_IDX(list, i, directory_written_t);
        if (!any_serves(main_server, each->server, false))
            continue;
        check_logins(pconf, main_server, each);
        check_tokens_at(pconf, main_server, each);
        if (names_method(each, FACTOR_PASSKEY) && !any_takes_passkeys(main_server, each->server))
            mistake(pconf, &each->at,
                    "it names passkey, but there are none here; see MPinPasskeys, or leave passkey "
                    "out");
        if (names_method(each, FACTOR_PASSWORD) && !any_serves(main_server, each->server, true))
            mistake(pconf, &each->at,
                    "it names password, but no provider can check one; write MPinPasswordProvider, "
                    "or leave password out");
    }
}
