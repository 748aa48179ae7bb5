/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: passkeys where browsers have none. */
#include "config/checks.h"

#include "config/mistakes.h"

/* Can a place with these settings ask for a passkey? Where the public URL is not written, nobody can
 * tell before all Listen lines are known. */
bool check_takes_passkeys(const server_config_t *config)
{
    return config->engine && config->passkeys &&
           (!config->public_url.text || public_url_takes_passkeys(&config->public_url));
}

void check_passkeys(const checked_t *site)
{
    const server_config_t *config = site->config;
    const written_t *at = config->written[SETTING_passkeys];
    if (at && config->passkeys && site->url.text && !public_url_takes_passkeys(&site->url))
        mistake(site->pconf, at,
                "browsers have passkeys for https and a name only (or http://localhost), not for "
                "%s; write such an MPinPublicURL, or Off",
                site->url.text);
}
