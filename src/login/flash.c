/* SPDX-License-Identifier: Apache-2.0 */
#include "login/flash.h"

#define FLASH_LIFE 60 /* seconds */

void flash_show(facts_t *facts, page_values_t *page)
{
    prelogin_t *prelogin = &facts->prelogin;
    const prelogin_said_t said = prelogin->said;
    const bool fresh = apr_time_sec(facts->caller.now) - (apr_time_t)prelogin->made < FLASH_LIFE;
    if (said == SAID_NOTHING)
        return;
    page_set(page, "flash_in", fresh && said == SAID_SIGNED_IN ? "1" : "");
    page_set(page, "flash_out", fresh && said == SAID_SIGNED_OUT ? "1" : "");
    page_set(page, "flash_refused", fresh && said == SAID_REFUSED ? "1" : "");
    prelogin->said = SAID_NOTHING;
    request_keep_prelogin(facts->r, prelogin, facts->caller.now);
}
