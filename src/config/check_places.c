/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what other modules' directives around us would leave open, unseen: a place
 * without Require, an AuthType that is nearly ours, files of passwords, a cache before SSI pages. */
#include "config/checks.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/mistakes.h"
#include "config/surroundings.h"
#include "config/tree.h"

/* What a walk looks for, and beside what. */
typedef struct beside_t {
    apr_pool_t *pconf;
    const ap_directive_t *place; /* the section of the line in question; NULL is the server */
    const server_rec *server;    /* that it stands in */
    bool found;
} beside_t;

static written_t node_written(const ap_directive_t *node)
{
    return (written_t){node->directive, node->filename, node->line_num};
}

/* Do the lines of two servers meet in one? The main server's hold for all. */
static bool servers_meet(const tree_walk_t *walk, const server_rec *one, const server_rec *other)
{
    return one == other || one == walk->main_server || other == walk->main_server;
}

/* The section whose lines httpd merges for a request: <If>, <Limit> and <Require...> are parts of
 * one. NULL where that is a whole server. */
static const ap_directive_t *place_of(const ap_directive_t *node)
{
    static const char *const sections[] = {"<Location", "<Directory", "<Files", "<Proxy", NULL};
    for (const ap_directive_t *up = node->parent; up; up = up->parent)
        for (const char *const *each = sections; *each; each++)
            if (!strncasecmp(up->directive, *each, strlen(*each)))
                return up;
    return NULL;
}

static const char *first_word(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return ap_getword_conf(p, &args);
}

/* ---- AuthType MPin without a Require ---- */

/* The path of a plain <Location>; NULL where only a request could tell. */
static const char *plain_location(const ap_directive_t *section, apr_pool_t *p)
{
    if (strcasecmp(section->directive, "<Location"))
        return NULL;
    const char *path = tree_section_path(section, p);
    return strpbrk(path, "~*?[") ? NULL : path;
}

/* Can the lines of both hold for one request? Where nobody can tell, they can. */
static bool places_meet(const ap_directive_t *one, const ap_directive_t *other, apr_pool_t *p)
{
    if (!one || !other || one == other)
        return true;
    const char *a = plain_location(one, p), *b = plain_location(other, p);
    return !a || !b || surroundings_inside(a, b) || surroundings_inside(b, a);
}

/* Is it one of those that have nothing to do with who asks? They stand everywhere, as Debian's
 * <Directory> with "all granted". */
static bool asks_for_nobody(const ap_directive_t *node, apr_pool_t *p)
{
    static const char *const kinds[] = {"all", "ip",     "host", "forward-dns", "local",
                                        "env", "method", "expr", NULL};
    const char *args = node->args, *word = ap_getword_conf(p, &args);
    if (!strcasecmp(word, "not"))
        word = ap_getword_conf(p, &args);
    for (const char *const *each = kinds; *each; each++)
        if (!strcasecmp(word, *each))
            return true;
    return false;
}

static void visit_require(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    beside_t *beside = walk->baton;
    if (strcasecmp(node->directive, "Require") || !servers_meet(walk, server, beside->server))
        return;
    const ap_directive_t *place = place_of(node);
    const bool same = place && place == beside->place;
    if (same ||
        (!asks_for_nobody(node, beside->pconf) && places_meet(place, beside->place, beside->pconf)))
        beside->found = true;
}

/* An .htaccess file, which is read at requests only, may have the Require. */
static void visit_override(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    beside_t *beside = walk->baton;
    (void)server;
    if (!strncasecmp(node->directive, "AllowOverride", strlen("AllowOverride")) &&
        strcasecmp(first_word(node, beside->pconf), "None"))
        beside->found = true;
}

static bool found(const tree_walk_t *walk, beside_t *beside,
                  void (*visit)(tree_walk_t *, const ap_directive_t *, const server_rec *))
{
    tree_walk_t inner = {walk->main_server, visit, beside};
    beside->found = false;
    tree_walk(&inner);
    return beside->found;
}

static void check_require(const tree_walk_t *walk, const ap_directive_t *node,
                          const server_rec *server)
{
    static const char open_to_all[] =
        "no Require asks for anybody here, so the place is open to all; write Require valid-user "
        "beside it";
    apr_pool_t *pconf = walk->baton;
    beside_t beside = {pconf, place_of(node), server, false};
    const written_t at = node_written(node);
    if (found(walk, &beside, visit_require))
        return;
    if (found(walk, &beside, visit_override))
        mistake_maybe(pconf, &at, "%s", open_to_all);
    else
        mistake(pconf, &at, "%s", open_to_all);
}

/* ---- AuthType, misspelt ---- */

/* One letter too many, too few, another, or two of them swapped. */
static bool one_slip(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    if (!*a || !*b)
        return strlen(a) + strlen(b) <= 1;
    return !strcmp(a + 1, b) || !strcmp(a, b + 1) || !strcmp(a + 1, b + 1) ||
           (a[0] == b[1] && a[1] == b[0] && !strcmp(a + 2, b + 2));
}

/* Does it look like ours without being it? httpd answers 500 there, and says nothing at -t. */
static bool looks_like_ours(const char *type, apr_pool_t *p)
{
    char *letters = apr_pstrdup(p, type), *end = letters;
    for (const char *c = type; *c; c++)
        if (apr_isalnum(*c))
            *end++ = (char)apr_tolower(*c);
    *end = '\0';
    return strcasecmp(type, "MPin") && (strstr(letters, "mpin") || one_slip(letters, "mpin"));
}

/* ---- files of passwords and groups ---- */

/* Bits that say so; of a group that is not the user's first one nobody can tell here. */
static bool may_be_read(const struct stat *st)
{
    const mode_t readable = st->st_uid == surroundings_uid() ? S_IRUSR : S_IRGRP | S_IROTH;
    return geteuid() || !surroundings_uid() || (st->st_mode & readable);
}

static void check_password_file(const tree_walk_t *walk, const ap_directive_t *node)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = node_written(node);
    const char *file = ap_server_root_relative(pconf, first_word(node, pconf));
    struct stat st;
    if (!file)
        return;
    if (strncasecmp(node->directive, "AuthDBM", strlen("AuthDBM"))) {
        if (stat(file, &st) ? errno != EACCES : !S_ISREG(st.st_mode))
            mistake_maybe(pconf, &at, "%s is no such file, so that it knows nobody; make it", file);
        else if (!stat(file, &st) && !may_be_read(&st))
            mistake_maybe(pconf, &at,
                          "the user that httpd runs as can't read %s, so that it knows nobody; "
                          "give it that user's group and chmod 640",
                          file);
    }
    for (const server_rec *server = walk->main_server; server; server = server->next) {
        const core_server_config *core = ap_get_core_module_config(server->module_config);
        if (core->ap_document_root && surroundings_inside(file, core->ap_document_root)) {
            mistake_maybe(pconf, &at,
                          "%s lies inside of DocumentRoot %s, where it could be served; move it "
                          "outside",
                          file, core->ap_document_root);
            return;
        }
    }
}

/* ---- a cache before pages that include others ---- */

static bool switches_includes_on(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    const bool options = !strcasecmp(node->directive, "Options");
    if (!options && strcasecmp(node->directive, "SetOutputFilter") &&
        strcasecmp(node->directive, "AddOutputFilter") &&
        strcasecmp(node->directive, "AddOutputFilterByType"))
        return false;
    while (*args) {
        const char *word = ap_getword_conf(p, &args);
        word += *word == '+';
        if (!strncasecmp(word, "Includes", strlen("Includes")) ||
            (options && !strcasecmp(word, "All")))
            return true;
    }
    return false;
}

static void visit_includes(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    beside_t *beside = walk->baton;
    if (servers_meet(walk, server, beside->server) && switches_includes_on(node, beside->pconf))
        beside->found = true;
}

static void check_cache(const tree_walk_t *walk, const ap_directive_t *node,
                        const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = node_written(node);
    beside_t beside = {pconf, NULL, server, false};
    if (!strcasecmp(node->directive, "CacheEnable") && found(walk, &beside, visit_includes))
        mistake_maybe(pconf, &at,
                      "a page that includes parts (SSI) may be kept for others before a protected "
                      "part of it is reached; write CacheDisable for the pages that include such");
    if ((!strcasecmp(node->directive, "CacheStorePrivate") ||
         !strcasecmp(node->directive, "CacheStoreNoStore") ||
         !strcasecmp(node->directive, "CacheIgnoreCacheControl")) &&
        !strcasecmp(first_word(node, pconf), "On"))
        mistake_maybe(
            pconf, &at,
            "pages that one user was let in to may be kept and shown to another; leave it "
            "Off");
}

/* ---- */

static void visit_place(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    static const char *const files[] = {"AuthUserFile", "AuthGroupFile", "AuthDBMUserFile",
                                        "AuthDBMGroupFile", NULL};
    apr_pool_t *pconf = walk->baton;
    check_cache(walk, node, server);
    for (const char *const *each = files; *each; each++)
        if (!strcasecmp(node->directive, *each))
            check_password_file(walk, node);
    if (strcasecmp(node->directive, "AuthType"))
        return;

    const char *type = first_word(node, pconf);
    const written_t at = node_written(node);
    if (!strcasecmp(type, "MPin"))
        check_require(walk, node, server);
    else if (looks_like_ours(type, pconf))
        mistake(pconf, &at, "no module knows \"%.40s\"; write AuthType MPin", type);
}

void check_places(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_place, pconf};
    for (const server_rec *server = main_server; server; server = server->next)
        if (directives_of(server)->engine) {
            tree_walk(&walk);
            return;
        }
}
