/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what httpd's own directives would do against ours. */
#include "config/checks.h"

#include <http_core.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/tree.h"

typedef struct trailers_t {
    const server_rec *server;
    const ap_directive_t *node; /* the last line that counts for it */
} trailers_t;

static void visit_trailers(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    trailers_t *found = walk->baton;
    if (!strcasecmp(node->directive, "MergeTrailers") && !strcasecmp(node->args, "On") &&
        (server == found->server || (server == walk->main_server && !found->node)))
        found->node = node;
}

/* With MergeTrailers httpd makes headers of what follows a body: after ours were scrubbed. */
static void check_trailers_of(const checked_t *site, const server_rec *server)
{
    const core_server_config *core = ap_get_core_module_config(server->module_config);
    trailers_t found = {server, NULL};
    tree_walk_t walk = {site->main_server, visit_trailers, &found};
    if (core->merge_trailers != AP_MERGE_TRAILERS_ENABLE)
        return;
    tree_walk(&walk);
    const ap_directive_t *node = found.node;
    const written_t at = node ? (written_t){node->directive, node->filename, node->line_num}
                              : *check_at(site, SETTING_engine);
    mistake(site->pconf, &at,
            "what follows a body would become a header, where anybody could say who they are; "
            "write MergeTrailers Off");
}

void check_trailers(const checked_t *site)
{
    for (const server_rec *server = site->main_server; server; server = server->next)
        if (directives_of(server) == site->config) /* a vhost without lines of ours has none own */
            check_trailers_of(site, server);
}
