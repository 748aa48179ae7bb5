/* SPDX-License-Identifier: Apache-2.0 */
#include "config/provider.h"

#include <apr_strings.h>
#include <string.h>
#include <util_cfgtree.h>

#include "config/tree.h"

#define ALIASES_MAX 8 /* an alias of an alias of ... */

static const provider_kind_t kinds[] = {
    {"file", "mod_authn_file", "AuthUserFile",
     "AuthUserFile: is it there, may httpd's user read it", PROVIDER_TELLS, false},
    {"dbm", "mod_authn_dbm", "AuthDBMUserFile",
     "AuthDBMUserFile: is it there, of AuthDBMType, may httpd's user read it", PROVIDER_TELLS,
     false},
    {"dbd", "mod_authn_dbd", "AuthDBDUserPWQuery",
     "the database of DBDParams and AuthDBDUserPWQuery; mod_dbd's own lines say more",
     PROVIDER_TELLS, true},
    {"ldap", "mod_authnz_ldap", "AuthLDAPURL",
     "the directory of AuthLDAPURL and AuthLDAPBindDN; LogLevel ldap:debug authnz_ldap:debug says "
     "more",
     PROVIDER_SEARCHES, true},
    {"socache", "mod_authn_socache", NULL, "AuthnCacheSOCache", PROVIDER_REPEATS, false},
    {"anon", "mod_authn_anon", "Anonymous", "its Anonymous directives", PROVIDER_TELLS, false},
    {"PAM", "mod_authnz_pam (of its own project)", NULL,
     "the file of AuthPAMService in /etc/pam.d, and the system's log", PROVIDER_KEEPS_STILL, false},
    {"external", "mod_authnz_external (of its own project)", "AuthExternal",
     "the program that DefineExternalAuth names", PROVIDER_KEEPS_STILL, false},
    {NULL, NULL, NULL, "its own lines in this log", PROVIDER_KEEPS_STILL, false}};

const provider_kind_t *provider_kind(const char *name)
{
    const provider_kind_t *kind = kinds;
    while (kind->name && strcmp(kind->name, name))
        kind++;
    return kind;
}

/* ---- aliases ---- */

typedef struct alias_search_t {
    const char *name;
    const char *base; /* NULL: it is no alias */
    apr_pool_t *p;
} alias_search_t;

/* <AuthnProviderAlias BASE NAME> */
static void visit_alias(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    alias_search_t *search = walk->baton;
    (void)server;
    if (strcasecmp(node->directive, "<AuthnProviderAlias"))
        return;
    char *args = apr_pstrdup(search->p, node->args);
    const apr_size_t len = strlen(args);
    if (len && args[len - 1] == '>')
        args[len - 1] = '\0';
    const char *rest = args;
    const char *base = ap_getword_conf(search->p, &rest);
    if (!strcmp(ap_getword_conf(search->p, &rest), search->name))
        search->base = base;
}

const char *provider_base(const char *name, const server_rec *main_server, apr_pool_t *p)
{
    for (int i = 0; i < ALIASES_MAX; i++) {
        alias_search_t search = {name, NULL, p};
        tree_walk_t walk = {main_server, visit_alias, &search};
        tree_walk(&walk);
        if (!search.base)
            return name;
        name = search.base;
    }
    return name;
}

/* ---- how it can be asked ---- */

/* A search says something else than the login then, or the other question that belongs to it does
 * (web/directory.h). */
static void visit_deaf(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    static const char *const deaf[] = {"AuthLDAPBindAuthoritative",   "AuthLDAPInitialBindAsUser",
                                       "AuthLDAPRemoteUserAttribute", "AuthLDAPRemoteUserIsDN",
                                       "AuthLDAPSearchAsUser",        "AuthLDAPCompareAsUser"};
    bool *found = walk->baton;
    (void)server;
    for (apr_size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
        *found |= !strcasecmp(node->directive, deaf[i]);
}

/* An alias has settings of its own, which only its own check of a password sees. */
provider_manner_t provider_manner(const char *name, const server_rec *main_server, apr_pool_t *p)
{
    const char *base = provider_base(name, main_server, p);
    const provider_kind_t *kind = provider_kind(base);
    bool deaf = strcmp(name, base) != 0;
    tree_walk_t walk = {main_server, visit_deaf, &deaf};
    if (kind->manner != PROVIDER_SEARCHES)
        return kind->manner;
    tree_walk(&walk);
    return deaf ? PROVIDER_KEEPS_STILL : kind->manner;
}
