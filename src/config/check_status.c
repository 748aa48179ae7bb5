/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: who may see the status at a place with SetHandler mpin-status (docs/status.md, "Who
 * may see it"). Only a request can tell of .htaccess and <If>. */
#include "config/checks.h"

#include <http_config.h>
#include <string.h>

#include "config/mistakes.h"

#define HANDLER "mpin-status"

typedef struct viewers_t {
    const ap_directive_t *handler;
    const server_rec *server;      /* that it stands in */
    const char *path;              /* of its <Location>; NULL: it has another kind of section */
    const ap_directive_t *section; /* whose Require lines hold: the last that has some */
    apr_pool_t *pconf;
} viewers_t;

static bool line_is_open(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return !strcasecmp(ap_getword_conf(p, &args), "all") &&
           !strcasecmp(ap_getword_conf(p, &args), "granted");
}

/* Does a section let everybody in? In <RequireAll> each line has to. */
static bool section_is_open(const ap_directive_t *section, apr_pool_t *p)
{
    const bool all = !strcasecmp(section->directive, "<RequireAll");
    int lines = 0, open = 0;
    for (const ap_directive_t *node = section->first_child; node; node = node->next) {
        const bool line = !strcasecmp(node->directive, "Require");
        if (!line && !tree_is_part(node))
            continue;
        lines++;
        open += line ? line_is_open(node, p) : section_is_open(node, p);
    }
    return strcasecmp(section->directive, "<RequireNone") && open && (!all || open == lines);
}

static bool line_holds_there(const viewers_t *viewers, const ap_directive_t *node)
{
    return viewers->path ? tree_holds_at(node, viewers->path, viewers->pconf) == TREE_HOLDS
                         : tree_section_of(node) == tree_section_of(viewers->handler);
}

static void visit_viewer_line(tree_walk_t *walk, const ap_directive_t *node,
                              const server_rec *server)
{
    viewers_t *viewers = walk->baton;
    if (strcasecmp(node->directive, "Require") ||
        !tree_servers_meet(walk, server, viewers->server) || !line_holds_there(viewers, node))
        return;
    viewers->section = tree_section_of(node);
}

/* NULL: only a request can tell where it is. */
static const char *path_of_line(const ap_directive_t *node, apr_pool_t *p)
{
    const ap_directive_t *up = tree_section_of(node);
    while (up && strcasecmp(up->directive, "<Location"))
        up = tree_section_of(up);
    const char *path = up ? tree_section_path(up, p) : NULL;
    return path && !strpbrk(path, "~*?[") ? path : NULL;
}

static void visit_status_line(tree_walk_t *walk, const ap_directive_t *node,
                              const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    if (strcasecmp(node->directive, "SetHandler") ||
        strcasecmp(tree_first_word(node, pconf), HANDLER))
        return;
    const written_t at = check_written(node);
    viewers_t viewers = {node, server, path_of_line(node, pconf), NULL, pconf};
    tree_walk_t lines = {walk->main_server, visit_viewer_line, &viewers};
    tree_walk(&lines);
    if (viewers.section && section_is_open(viewers.section, pconf))
        mistake_maybe(pconf, &at,
                      "Require all granted shows the status to anybody; write Require ip and the "
                      "addresses that may see it, or Require user");
    else if (!viewers.section && viewers.path)
        mistake(pconf, &at,
                "anybody could see the status at %s; write Require ip and the addresses that may, "
                "or AuthType MPin and Require user, in this section",
                viewers.path);
    else if (!viewers.section)
        mistake_maybe(pconf, &at,
                      "nothing in this section says who may see the status; write Require ip and "
                      "the addresses that may, or Require user, in it");
}

void check_status_places(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_status_line, pconf};
    tree_walk(&walk);
}
