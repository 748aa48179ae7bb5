/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: a place with SetHandler mpin-status where no Require asks anything of anybody. */
#include "config/checks.h"

#include <apr_strings.h>
#include <string.h>

#include "config/mistakes.h"

#define STATUS_HANDLER "mpin-status"

typedef struct status_gate_t {
    const ap_directive_t *section; /* NULL: a whole server */
    const char *path;              /* of a plain <Location>, else NULL */
    const server_rec *server;
    bool asks;
    apr_pool_t *p;
} status_gate_t;

/* A folder's "all granted" is everywhere, and asks nobody. */
static void visit_status_gate(tree_walk_t *walk, const ap_directive_t *node,
                              const server_rec *server)
{
    status_gate_t *gate = walk->baton;
    const ap_directive_t *section = tree_section_of(node);
    if (gate->asks || strcasecmp(node->directive, "Require") ||
        !tree_servers_meet(walk, server, gate->server) ||
        !strcasecmp(tree_first_word(node, gate->p), "all"))
        return;
    gate->asks = (section && section == gate->section) ||
                 (gate->path && tree_holds_at(node, gate->path, gate->p) == TREE_HOLDS);
}

static bool engine_is_on(const server_rec *main_server, const server_rec *server)
{
    for (const server_rec *each = server; each; each = server == main_server ? each->next : NULL)
        if (directives_of(each)->engine)
            return true;
    return false;
}

static bool denies_all(const ap_directive_t *section, apr_pool_t *p)
{
    for (const ap_directive_t *node = section ? section->first_child : NULL; node;
         node = node->next) {
        const char *args = node->args;
        if (!strcasecmp(node->directive, "Require") &&
            !strcasecmp(ap_getword_conf(p, &args), "all") &&
            !strcasecmp(ap_getword_conf(p, &args), "denied"))
            return true;
    }
    return false;
}

static void visit_status(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    if (strcasecmp(node->directive, "SetHandler") ||
        strcmp(tree_first_word(node, pconf), STATUS_HANDLER) ||
        !engine_is_on(walk->main_server, server))
        return;
    status_gate_t gate = {.section = tree_section_of(node), .server = server, .p = pconf};
    if (gate.section && !strcasecmp(gate.section->directive, "<Location"))
        gate.path = tree_section_path(gate.section, pconf);
    if (gate.path && strpbrk(gate.path, "~*?["))
        gate.path = NULL;
    tree_walk_t inner = {walk->main_server, visit_status_gate, &gate};
    const written_t at = check_written(node);
    tree_walk(&inner);
    if (!gate.asks && !denies_all(gate.section, pconf))
        mistake(pconf, &at,
                "anybody may see the status here; write Require beside it, as in Require ip "
                "192.0.2.0/24, or AuthType MPin and Require user NAME");
}

void check_status(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_status, pconf};
    tree_walk(&walk);
}
