/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: groups that are passed to applications, and that nobody says. */
#include "config/checks.h"

#include <string.h>
#include <strings.h>

#include "config/mistakes.h"

typedef struct group_header_t {
    const char *name;
    bool said; /* by a file of groups, or by a line of mod_headers that builds on ours */
} group_header_t;

static void visit_group_line(tree_walk_t *walk, const ap_directive_t *node,
                             const server_rec *server)
{
    group_header_t *header = walk->baton;
    (void)server;
    if (!strcasecmp(node->directive, "AuthGroupFile") ||
        (!strcasecmp(node->directive, "RequestHeader") && strcasestr(node->args, header->name)))
        header->said = true;
}

static void check_group_header(const checked_t *site, const char *name)
{
    group_header_t header = {name, false};
    tree_walk_t walk = {site->main_server, visit_group_line, &header};
    tree_walk(&walk);
    if (!header.said)
        mistake_maybe(site->pconf, check_at(site, SETTING_pass_headers),
                      "no AuthGroupFile says who is in which group, so that %s is never there; "
                      "write one in the protected section",
                      name);
}

/* .htaccess may name a file, which nobody sees here. */
void check_groups(const checked_t *site)
{
    const apr_array_header_t *headers = site->config->pass_headers;
    for (int i = 0; headers && i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        if (header->field == PASS_GROUPS)
            check_group_header(site, header->name);
    }
}
