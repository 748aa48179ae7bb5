/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: groups that are passed to applications, and that no file has. */
#include "config/checks.h"

#include <strings.h>

#include "config/mistakes.h"

static void visit_group_file(tree_walk_t *walk, const ap_directive_t *node,
                             const server_rec *server)
{
    bool *found = walk->baton;
    (void)server;
    *found = *found || !strcasecmp(node->directive, "AuthGroupFile");
}

/* .htaccess may name one, which nobody sees here. */
void check_groups(const checked_t *site)
{
    const apr_array_header_t *headers = site->config->pass_headers;
    bool found = false;
    tree_walk_t walk = {site->main_server, visit_group_file, &found};
    tree_walk(&walk);
    for (int i = 0; !found && headers && i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        if (header->field == PASS_GROUPS)
            mistake_maybe(site->pconf, check_at(site, SETTING_pass_headers),
                          "no AuthGroupFile says who is in which group, so that %s is never there; "
                          "write one in the protected section",
                          header->name);
    }
}
