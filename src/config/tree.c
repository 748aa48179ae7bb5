/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tree.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "config/surroundings.h"

static bool is_made_by(const server_rec *server, const ap_directive_t *node)
{
    return server->defn_name && (int)server->defn_line_number == node->line_num &&
           !strcmp(server->defn_name, node->filename);
}

/* The vhost that a <VirtualHost> section made: mostly the one behind the last that was found. */
static const server_rec *vhost_of(const tree_walk_t *walk, const ap_directive_t *node,
                                  const server_rec **last)
{
    const server_rec *next = (*last)->next;
    if (!next || !is_made_by(next, node))
        next = walk->main_server->next;
    while (next && !is_made_by(next, node))
        next = next->next;
    if (next)
        *last = next;
    return next ? next : walk->main_server;
}

static void walk_level(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server,
                       const server_rec **last)
{
    for (; node; node = node->next) {
        const bool vhost = !strcasecmp(node->directive, "<VirtualHost");
        walk->visit(walk, node, server);
        walk_level(walk, node->first_child, vhost ? vhost_of(walk, node, last) : server, last);
    }
}

void tree_walk(tree_walk_t *walk)
{
    const server_rec *last = walk->main_server;
    walk_level(walk, ap_conftree, walk->main_server, &last);
}

void tree_walk_beside(tree_walk_t *walk, const server_rec *server)
{
    const server_rec *last = walk->main_server;
    if (server == walk->main_server) {
        tree_walk(walk);
        return;
    }
    for (const ap_directive_t *node = ap_conftree; node; node = node->next) {
        const bool vhost = !strcasecmp(node->directive, "<VirtualHost");
        if (vhost && !is_made_by(server, node))
            continue;
        walk->visit(walk, node, walk->main_server);
        walk_level(walk, node->first_child, vhost ? server : walk->main_server, &last);
    }
}

bool tree_servers_meet(const tree_walk_t *walk, const server_rec *one, const server_rec *other)
{
    return one == other || one == walk->main_server || other == walk->main_server;
}

/* The words between "<Location" and ">". */
static const char *section_words(const ap_directive_t *section, apr_pool_t *p)
{
    const size_t len = strlen(section->args);
    return apr_pstrmemdup(p, section->args, len && section->args[len - 1] == '>' ? len - 1 : len);
}

const char *tree_section_path(const ap_directive_t *section, apr_pool_t *p)
{
    const char *words = section_words(section, p);
    return ap_getword_conf(p, &words);
}

const char *tree_first_word(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return ap_getword_conf(p, &args);
}

/* ---- where lines hold ---- */

bool tree_is_part(const ap_directive_t *section)
{
    return !strncasecmp(section->directive, "<Require", 8) ||
           !strncasecmp(section->directive, "<Limit", 6) ||
           !strncasecmp(section->directive, "<VirtualHost", 12) ||
           !strncasecmp(section->directive, "<IfModule", 9) ||
           !strncasecmp(section->directive, "<IfDefine", 9);
}

bool tree_is_for_get(const ap_directive_t *section, apr_pool_t *p)
{
    const bool except = !strcasecmp(section->directive, "<LimitExcept");
    const char *words = section_words(section, p);
    if (!except && strcasecmp(section->directive, "<Limit"))
        return true;
    while (*words)
        if (!strcasecmp(ap_getword_conf(p, &words), "GET"))
            return !except;
    return except;
}

const ap_directive_t *tree_section_of(const ap_directive_t *node)
{
    const ap_directive_t *section = node->parent;
    while (section && tree_is_part(section))
        section = section->parent;
    return section;
}

static tree_holds_t pattern_holds(const char *pattern, const char *path, apr_pool_t *p)
{
    const ap_regex_t *regex = ap_pregcomp(p, pattern, AP_REG_EXTENDED);
    return regex && !ap_regexec(regex, path, 0, NULL, 0) ? TREE_HOLDS : TREE_HOLDS_NOT;
}

/* Do the lines of this section hold at the path? */
static tree_holds_t tree_section_holds(const ap_directive_t *section, const char *path,
                                       apr_pool_t *p)
{
    const char *words = section_words(section, p), *first = ap_getword_conf(p, &words);
    if (!strcasecmp(section->directive, "<LocationMatch"))
        return pattern_holds(first, path, p);
    if (strcasecmp(section->directive, "<Location"))
        return strncasecmp(section->directive, "<Proxy", 6) ? TREE_HOLDS_MAYBE : TREE_HOLDS_NOT;
    if (!strcmp(first, "~"))
        return pattern_holds(ap_getword_conf(p, &words), path, p);
    const bool there = apr_fnmatch_test(first)
                           ? apr_fnmatch(first, path, APR_FNM_PATHNAME) == APR_SUCCESS
                           : surroundings_inside(path, first);
    return there ? TREE_HOLDS : TREE_HOLDS_NOT;
}

tree_holds_t tree_holds_at(const ap_directive_t *node, const char *path, apr_pool_t *p)
{
    tree_holds_t all = TREE_HOLDS;
    for (const ap_directive_t *up = node->parent; up; up = up->parent) {
        const tree_holds_t one = !tree_is_part(up)        ? tree_section_holds(up, path, p)
                                 : tree_is_for_get(up, p) ? TREE_HOLDS
                                                          : TREE_HOLDS_NOT;
        if (one < all)
            all = one;
    }
    return all;
}
