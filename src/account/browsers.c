/* SPDX-License-Identifier: Apache-2.0 */
/* The browsers that are remembered: which there are, and forgetting one. */
#include "account/amend.h"
#include "account/pages.h"
#include "account/section.h"
#include "account/told.h"
#include "factor/browser.h"
#include "store/refusal.h"
#include "web/remembered.h"

#include <apr_strings.h>
#include <string.h>

result_t *account_browsers(page_values_t *page, const section_t *section)
{
    const facts_t *facts = section->facts;
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *browsers = page_list(page, "browsers");
    unsigned char family[SESSION_ID_BYTES];
    char id[FACTOR_ID_SIZE];
    uint32_t used;
    page_set(page, "may_remember", facts->site->remember ? "1" : "");
    for (int i = 0; i < section->count; i++) {
        const own_factor_t *browser = &section->factors[i];
        if (!browser_counts(browser, facts->caller.session->version, facts->caller.now))
            continue;
        if (browser_last_use(facts->site->factors, browser, &used, family, p) != STORE_OK)
            used = browser->created;
        apr_table_t *row = page_row(browsers);
        factor_write_id(id, browser->id);
        apr_table_set(row, "factor", id);
        apr_table_setn(row, "name", browser->name);
        apr_table_setn(row, "this_browser", remembered_is_this(facts, browser) ? "1" : "");
        apr_table_setn(row, "added", account_day(browser->created, p));
        apr_table_setn(row, "used", account_day(used, p));
    }
    return NULL;
}

/* It has the second step no more, and so does the session in it. */
static store_status_t end_its_session(const facts_t *facts, const own_factor_t *browser)
{
    const session_t *here = facts->caller.session;
    unsigned char family[SESSION_ID_BYTES];
    uint32_t used;
    const store_status_t status =
        browser_last_use(facts->site->factors, browser, &used, family, facts->r->pool);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    return memcmp(family, here->family, sizeof(family)) == 0
               ? STORE_OK
               : revocations_add(facts->site->revocations, REVOKE_FAMILY, family, 0,
                                 facts->caller.now, 0);
}

result_t *account_browser_remove(facts_t *facts)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    own_factor_t browser;
    result_t *refusal;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_factor(facts, &browser);
    if (refusal)
        return refusal;
    if (browser.kind != KIND_BROWSER)
        return result_error(p, HTTP_NOT_FOUND, "factor_unknown", "there is no such thing of yours");
    store_status_t status = end_its_session(facts, &browser);
    if (status == STORE_OK)
        status = factors_remove(site->factors, &browser, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (remembered_is_this(facts, &browser))
        request_set_cookie(facts->r, site->remember_cookie, NULL, 0);
    account_told(facts, "browser_forgotten");
    return account_back(facts, "browser_forgotten");
}
