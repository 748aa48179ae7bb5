/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: an RPS elsewhere. */
#include "config/checks.h"

#include <string.h>

#include "config/mistakes.h"

typedef struct handed_on_t {
    const char *path;
    bool found;
} handed_on_t;

static void visit_proxy(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    handed_on_t *handed = walk->baton;
    const char *name = node->directive;
    (void)server;
    if (!strncasecmp(name, "ProxyPass", strlen("ProxyPass")) || !strcasecmp(name, "RewriteRule") ||
        !strncasecmp(name, "<Location", strlen("<Location")))
        handed->found = handed->found || strstr(node->args, handed->path);
}

/* The lines of conf/milagro-rps.conf are for /rps. */
static void check_moved(const checked_t *site)
{
    const char *path = site->config->paths.path[PATH_RPS];
    handed_on_t handed = {path, false};
    tree_walk_t walk = {site->main_server, visit_proxy, &handed};
    if (!path || !strcmp(path, "/rps"))
        return;
    tree_walk(&walk);
    if (!handed.found)
        mistake_maybe(site->pconf, check_at(site, SETTING_rps),
                      "clients ask it at %s, and no ProxyPass line leads there; write that path in "
                      "the lines that have /rps",
                      path);
}

/* An RPS asks us who may register: it must be told from a stranger. */
void check_rps(const checked_t *site)
{
    const server_config_t *config = site->config;
    const written_t *at = check_at(site, SETTING_rps);
    if (!config->rps.url)
        return;
    if (config->service.parts & SERVICE_RPS)
        mistake(site->pconf, at,
                "this vhost is an RPS for others itself; write MPinService on another");
    if (!config->paths.path[PATH_RPS])
        mistake(site->pconf, at,
                "clients ask it through our page rps, which is off; leave out MPinPath rps off");
    check_moved(site);
    if (config->rps.secret_file)
        check_secret(site, SETTING_rps, config->rps.secret_file);
    else if (!check_may_go_without_secret(site))
        mistake(site->pconf, at,
                "MPinPublicURL or a Listen address is not loopback, so the RPS must name a secret; "
                "add secret=FILE, and the secret to its verify and permit URLs");
}
