/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what other modules' directives around us would leave open, unseen: an AuthType
 * that is nearly ours, files of passwords, a cache before SSI pages. */
#include "config/checks.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/mistakes.h"
#include "config/served.h"
#include "config/surroundings.h"
#include "config/tree.h"

/* What a walk looks for beside a line of that server. */
typedef struct beside_t {
    apr_pool_t *pconf;
    const server_rec *server;
    bool found;
} beside_t;

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
    const written_t at = check_written(node);
    const char *file = ap_server_root_relative(pconf, tree_first_word(node, pconf));
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
    const char *by = served_by(file, walk->main_server, pconf);
    if (by)
        mistake_maybe(pconf, &at, "%s lies inside of %s, where it could be served; move it outside",
                      file, by);
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
    if (tree_servers_meet(walk, server, beside->server) &&
        switches_includes_on(node, beside->pconf))
        beside->found = true;
}

static void check_cache(const tree_walk_t *walk, const ap_directive_t *node,
                        const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = check_written(node);
    beside_t beside = {pconf, server, false};
    tree_walk_t includes = {walk->main_server, visit_includes, &beside};
    if (!strcasecmp(node->directive, "CacheEnable"))
        tree_walk(&includes);
    if (beside.found)
        mistake_maybe(pconf, &at,
                      "a page that includes parts (SSI) may be kept for others before a protected "
                      "part of it is reached; write CacheDisable for the pages that include such");
    if ((!strcasecmp(node->directive, "CacheStorePrivate") ||
         !strcasecmp(node->directive, "CacheStoreNoStore") ||
         !strcasecmp(node->directive, "CacheIgnoreCacheControl")) &&
        !strcasecmp(tree_first_word(node, pconf), "On"))
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

    const char *type = tree_first_word(node, pconf);
    const written_t at = check_written(node);
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
