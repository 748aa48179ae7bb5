/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: an RPS elsewhere. */
#include "config/checks.h"

#include "config/mistakes.h"
#include "config/surroundings.h"

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
    if (config->rps.secret_file)
        check_secret(site, SETTING_rps, config->rps.secret_file);
    else if (!surroundings_all_loopback())
        mistake(site->pconf, at,
                "not every Listen address is loopback, so the RPS must name a secret; add "
                "secret=FILE, and the secret to its verify and permit URLs");
}
