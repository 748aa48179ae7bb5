/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: who sends codes, and who keeps factors. */
#include "config/checks.h"

#include "config/mistakes.h"

/* Without the page of the account nobody has a number. */
static void check_account_page(const checked_t *site, int setting)
{
    if (!site->config->paths.path[PATH_ACCOUNT])
        mistake(site->pconf, check_at(site, setting),
                "people add it at our page account, which is off; leave out MPinPath account off");
}

void check_sent(const checked_t *site)
{
    const server_config_t *config = site->config;
    if (config->sms.url)
        check_account_page(site, SETTING_sms);
    if (config->sms.secret_file)
        check_secret(site, SETTING_sms, config->sms.secret_file);
    if (!config->workos.key_file)
        return;
    check_account_page(site, SETTING_workos);
    check_secret(site, SETTING_workos, config->workos.key_file);
}
