/* SPDX-License-Identifier: Apache-2.0 */
#include "login/flash.h"

#include "web/reader.h"

#define FLASH_LIFE 60 /* seconds */

/* The browser's cookie says it no more. */
static prelogin_said_t take(request_rec *r, prelogin_t *prelogin, apr_time_t now)
{
    const bool fresh = apr_time_sec(now) - (apr_time_t)prelogin->made < FLASH_LIFE;
    const prelogin_said_t said = prelogin->said;
    prelogin->said = SAID_NOTHING;
    if (said != SAID_NOTHING && request_session(r))
        request_end_prelogin(r, prelogin, now);
    else if (said != SAID_NOTHING)
        request_keep_prelogin(r, prelogin, now);
    return fresh ? said : SAID_NOTHING;
}

void flash_show(facts_t *facts, page_values_t *page)
{
    const prelogin_said_t said = take(facts->r, &facts->prelogin, facts->caller.now);
    page_set(page, "flash_in", said == SAID_SIGNED_IN ? "1" : "");
    page_set(page, "flash_out", said == SAID_SIGNED_OUT ? "1" : "");
    page_set(page, "flash_refused", said == SAID_REFUSED ? "1" : "");
}

const char *flash_pass(request_rec *r)
{
    static const char *const categories[] = {
        [SAID_SIGNED_IN] = "success", [SAID_SIGNED_OUT] = "info", [SAID_REFUSED] = "danger"};
    prelogin_t prelogin;
    const bool is_page = !r->main && r->method_number == M_GET && !r->header_only;
    if (!is_page || !request_of(r)->site->prelogins || reader_is_nobody(r) ||
        !request_prelogin(r, &prelogin, r->request_time))
        return NULL;
    return categories[take(r, &prelogin, r->request_time)];
}
