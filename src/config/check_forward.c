/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: who may ask for another web server (docs/forward.md, "Who may ask"). */
#include "config/checks.h"

#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"

/* Does a Require line say which machines may ask? */
static bool line_names_peers(const ap_directive_t *node, apr_pool_t *p)
{
    static const char *const kinds[] = {"ip", "host", "forward-dns", "local", "env", "expr", NULL};
    const char *args = node->args, *word = ap_getword_conf(p, &args);
    for (const char *const *each = kinds; *each; each++)
        if (!strcasecmp(word, *each))
            return true;
    return !strcasecmp(word, "all") && !strcasecmp(ap_getword_conf(p, &args), "denied");
}

/* Do all that a section lets in have to be such machines? Of <RequireAll> one line is enough. */
static bool section_names_peers(const ap_directive_t *section, apr_pool_t *p)
{
    const bool all = !strcasecmp(section->directive, "<RequireAll");
    int lines = 0, named = 0;
    for (const ap_directive_t *node = section->first_child; node; node = node->next) {
        const bool line = !strcasecmp(node->directive, "Require");
        if (!line && (!tree_is_part(node) || !strcasecmp(node->directive, "<RequireNone")))
            continue;
        lines++;
        named += line ? line_names_peers(node, p) : section_names_peers(node, p);
    }
    return all ? named > 0 : lines && named == lines;
}

/* ---- */

typedef struct askers_t {
    const checked_t *site;
    const ap_directive_t *section; /* whose Require lines hold: the last that has some */
} askers_t;

static void hear_asker_line(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    askers_t *askers = baton;
    const ap_directive_t *section = node->parent;
    if (holds != TREE_HOLDS || strcasecmp(node->directive, "Require"))
        return;
    while (section && tree_is_part(section))
        section = section->parent;
    askers->section = section;
}

static void check_askers_at(const checked_t *site, const char *path)
{
    askers_t askers = {site, NULL};
    check_lines_at(site, path, hear_asker_line, &askers);
    if (!askers.section || !section_names_peers(askers.section, site->pconf))
        mistake(site->pconf, check_at(site, SETTING_paths),
                "any machine could ask at %s who somebody is; write <Location %s> with Require ip "
                "and the addresses of the web servers that ask (beside a user: in <RequireAll>)",
                path, site->config->paths.path[PATH_CHECK]);
}

/* Sections below it have what a place asks for, and Require lines of their own may stand there. */
static void visit_asked_section(tree_walk_t *walk, const ap_directive_t *node,
                                const server_rec *server)
{
    const checked_t *site = walk->baton;
    const char *base = site->config->paths.path[PATH_CHECK];
    if (strcasecmp(node->directive, "<Location") || !tree_servers_meet(walk, server, site->server))
        return;
    const char *path = tree_section_path(node, site->pconf);
    if (!strpbrk(path, "~*?[") && strcmp(path, base) && surroundings_inside(path, base))
        check_askers_at(site, path);
}

void check_forward(const checked_t *site)
{
    const char *path = site->config->paths.path[PATH_CHECK];
    if (!path || site->config->service.parts)
        return;
    if (!site->config->paths.path[PATH_LOGIN])
        mistake(site->pconf, check_at(site, SETTING_paths),
                "%s leads to a login that is not here; write MPinPath check in the vhost that has "
                "the login page",
                path);
    check_askers_at(site, path);
    tree_walk_t walk = {site->main_server, visit_asked_section, (void *)(apr_uintptr_t)site};
    tree_walk(&walk);
}
