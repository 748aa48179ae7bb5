/* SPDX-License-Identifier: Apache-2.0 */
#include "config/provider.h"

#include <apr_strings.h>
#include <string.h>
#include <util_cfgtree.h>

#include "config/surroundings.h"
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
    const ap_directive_t *section; /* NULL: it is no alias */
    const char *base;              /* the provider that it stands for */
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
    if (strcmp(ap_getword_conf(search->p, &rest), search->name) != 0)
        return;
    search->section = node;
    search->base = base;
}

static alias_search_t find_alias(const char *name, const server_rec *main_server, apr_pool_t *p)
{
    alias_search_t search = {name, NULL, NULL, p};
    tree_walk_t walk = {main_server, visit_alias, &search};
    tree_walk(&walk);
    return search;
}

const char *provider_base(const char *name, const server_rec *main_server, apr_pool_t *p)
{
    for (int i = 0; i < ALIASES_MAX; i++) {
        const alias_search_t search = find_alias(name, main_server, p);
        if (!search.base)
            return name;
        name = search.base;
    }
    return name;
}

const ap_directive_t *provider_alias(const char *name, const server_rec *main_server, apr_pool_t *p)
{
    return find_alias(name, main_server, p).section;
}

/* ---- how it can be asked ---- */

/* The directives that hold for one page, or inside of one alias. */
typedef struct ldap_settings_t {
    const ap_directive_t *alias;
    const server_rec *main_server, *server;
    const char *page;
    apr_pool_t *p;
    bool deaf;            /* a search would say something else than the login */
    bool mixed;           /* two of one of these: which of them holds is not told here */
    const char *searched; /* AuthLDAPURL's attribute */
    const char *called;   /* AuthLDAPRemoteUserAttribute */
} ldap_settings_t;

/* Cautious: where it can't be told, it may hold. */
static bool may_hold(const ldap_settings_t *settings, const ap_directive_t *node,
                     const server_rec *server)
{
    for (const ap_directive_t *up = node->parent; up; up = up->parent) {
        if (!strcasecmp(up->directive, "<AuthnProviderAlias"))
            return up == settings->alias;
        const char *path =
            strcasecmp(up->directive, "<Location") ? NULL : tree_section_path(up, settings->p);
        if (path && !strpbrk(path, "~*?[") && !surroundings_inside(settings->page, path))
            return false;
    }
    return !settings->alias && (server == settings->server || server == settings->main_server);
}

/* The first attribute of ldap://HOST/BASE?ATTRIBUTES?... */
static const char *attribute_of(const char *args, apr_pool_t *p)
{
    const char *url = ap_getword_conf(p, &args);
    const char *query = strchr(url, '?');
    const apr_size_t len = query ? strcspn(query + 1, ",?") : 0;
    return len ? apr_pstrmemdup(p, query + 1, len) : "uid";
}

static void note_attribute(ldap_settings_t *settings, const char **noted, const char *attribute)
{
    settings->mixed |= *noted && strcasecmp(*noted, attribute) != 0;
    *noted = attribute;
}

static void visit_ldap(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    /* and the value with which each changes nothing */
    static const char *const deaf[][2] = {{"AuthLDAPBindAuthoritative", "on"},
                                          {"AuthLDAPInitialBindAsUser", "off"},
                                          {"AuthLDAPRemoteUserIsDN", "off"},
                                          {"AuthLDAPSearchAsUser", "off"},
                                          {"AuthLDAPCompareAsUser", "off"}};
    ldap_settings_t *settings = walk->baton;
    if (strncasecmp(node->directive, "AuthLDAP", 8) != 0 || !may_hold(settings, node, server))
        return;
    const char *args = node->args;
    const char *word = ap_getword_conf(settings->p, &args);
    if (!strcasecmp(node->directive, "AuthLDAPURL"))
        note_attribute(settings, &settings->searched, attribute_of(node->args, settings->p));
    if (!strcasecmp(node->directive, "AuthLDAPRemoteUserAttribute"))
        note_attribute(settings, &settings->called, word);
    for (apr_size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
        settings->deaf |=
            !strcasecmp(node->directive, deaf[i][0]) && strcasecmp(word, deaf[i][1]) != 0;
}

/* The login finds people by one attribute, and calls them by another. */
static bool renames(const ldap_settings_t *settings)
{
    return settings->called && (settings->mixed || !settings->searched ||
                                strcasecmp(settings->called, settings->searched) != 0);
}

provider_manner_t provider_manner(const char *name, const server_rec *main_server,
                                  const server_rec *server, const char *page, apr_pool_t *p)
{
    const char *base = provider_base(name, main_server, p);
    const provider_manner_t manner = provider_kind(base)->manner;
    const alias_search_t alias = find_alias(name, main_server, p);
    ldap_settings_t settings = {.alias = alias.section,
                                .main_server = main_server,
                                .server = server,
                                .page = page,
                                .p = p,
                                .deaf = alias.base && strcmp(alias.base, base) != 0};
    tree_walk_t walk = {main_server, visit_ldap, &settings};
    if (manner != PROVIDER_SEARCHES)
        return manner;
    tree_walk(&walk);
    return settings.deaf || renames(&settings) ? PROVIDER_KEEPS_STILL : manner;
}
