/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: password providers as the place that names come from. */
#include "config/checks.h"

#include "config/mistakes.h"
#include "config/provider.h"

static const provider_kind_t *kind_of(const checked_t *site, const char *name)
{
    return provider_kind(provider_base(name, site->main_server, site->pconf));
}

/* Open registration takes names that are free: those of a provider that can't be asked for one
 * without harm would all look so (docs/security.md, "A provider's name is taken"). An LDAP
 * directory can be asked, but a stranger's every try would be a search there. */
void check_open_beside(const checked_t *open, const checked_t *with)
{
    const apr_array_header_t *names = with->config->providers;
    const apr_array_header_t *logins = with->config->trusted;
    if (!(open->config->ways & REGISTER_OPEN) || open->config->service.parts ||
        with->config->service.parts)
        return;
    for (int i = 0; logins && i < logins->nelts; i++)
        if (APR_ARRAY_IDX(logins, i, trusted_setting_t).local)
            mistake(open->pconf, check_at(open, SETTING_ways),
                    "open registration beside the trusted login %s, whose names are local ones "
                    "(as-local) and which nobody can ask for them: strangers could take them; "
                    "leave open out, or as-local",
                    APR_ARRAY_IDX(logins, i, trusted_setting_t).name);
    for (int i = 0; names && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const provider_kind_t *kind = kind_of(with, name);
        if (kind->manner == PROVIDER_KEEPS_STILL || kind->manner == PROVIDER_SEARCHES)
            mistake(
                open->pconf, check_at(open, SETTING_ways),
                "open registration beside the password provider %s, which can't be asked whether "
                "a name is one of its own: strangers could take them; leave open out, or give "
                "it another MPinStore than the passwords",
                name);
    }
}

/* These may be meant, and are worth a line. */
void check_names(const checked_t *site)
{
    const server_config_t *config = site->config;
    for (int i = 0; config->providers && i < config->providers->nelts; i++) {
        const char *name = APR_ARRAY_IDX(config->providers, i, const char *);
        if (kind_of(site, name)->folds_case && !config->written[SETTING_user_lower])
            mistake_maybe(site->pconf, check_at(site, SETTING_providers),
                          "%s may take Anna and anna for one person, who would be two here; write "
                          "MPinUserCase lower, or MPinUserCase keep where it tells them apart",
                          name);
        if (config->written[SETTING_recheck] && config->recheck && config->paths.path[PATH_LOGIN] &&
            provider_manner(name, site->main_server, site->server, config->paths.path[PATH_LOGIN],
                            site->pconf) == PROVIDER_KEEPS_STILL)
            mistake_maybe(site->pconf, check_at(site, SETTING_recheck),
                          "%s can't be asked, as it is set up, whether it still knows somebody; "
                          "withdraw PINs by hand, or write MPinRecheckUser off",
                          name);
    }
}
