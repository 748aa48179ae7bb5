/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: tokens that open nothing, and places that no token opens. */
#include "config/checks.h"

#include <strings.h>

#include "config/mistakes.h"
#include "session/demand.h"

static bool takes_tokens(const directory_written_t *place)
{
    return place->dir->methods != -1 && (place->dir->methods & (int)FACTOR_BIT(FACTOR_TOKEN)) &&
           !strcasecmp(place->at.directive, "MPinLoginMethods");
}

/* A place of the main server's may hold for any vhost. */
static bool any_has_tokens(const server_rec *main_server, const server_rec *server)
{
    const bool all = server == main_server;
    for (const server_rec *each = all ? main_server : server; each; each = all ? each->next : NULL)
        if (directives_of(each)->engine && directives_of(each)->tokens)
            return true;
    return false;
}

void check_tokens_at(apr_pool_t *pconf, const server_rec *main_server,
                     const directory_written_t *place)
{
    if (!takes_tokens(place))
        return;
    if (!any_has_tokens(main_server, place->server))
        mistake(pconf, &place->at,
                "it names token, but there are none here; write MPinTokens On, or leave token out");
    if (place->dir->second > 0)
        mistake_maybe(pconf, &place->at,
                      "a token is no second step, so none opens a place with MPinSecondFactor; "
                      "write Require mpin-amr there in its stead");
}

/* .htaccess may name one, which nobody sees here. */
void check_tokens(const checked_t *site)
{
    const apr_array_header_t *places = directives_of_directories(site->pconf);
    bool named = false;
    for (int i = 0; i < places->nelts; i++) {
        const directory_written_t *place = &APR_ARRAY_IDX(places, i, directory_written_t);
        named = named || (takes_tokens(place) &&
                          (place->server == site->server || place->server == site->main_server));
    }
    if (site->config->tokens && !named)
        mistake_maybe(site->pconf, check_at(site, SETTING_tokens),
                      "no place takes tokens; write MPinLoginMethods with token in one");
}
