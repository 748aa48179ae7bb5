/* SPDX-License-Identifier: Apache-2.0 */
/* The page /account: all that is a person's, section by section. */
#include "account/pages.h"
#include "account/amend.h"
#include "account/section.h"
#include "login/flash.h"
#include "login/prove_anew.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>

/* The sentence for a change that has just been made: a text of the catalogue, or none. Where another
 * site leads here nothing has been. */
static const char *told_text(const page_values_t *page, const char *done)
{
    apr_pool_t *p = page->r->pool;
    const char *from = apr_table_get(page->r->headers_in, "Sec-Fetch-Site");
    if (!done || (from && strcmp(from, "same-origin") != 0 && strcmp(from, "none") != 0))
        return "";
    const char *text = page_text(page, apr_pstrcat(p, "done.", done, NULL));
    if (!text)
        text = page_text(page, apr_pstrcat(p, "account.", done, NULL));
    return text ? text : "";
}

/* The values of each section, whose template is account_NAME.html. */
static result_t *(*const sections[])(page_values_t *page, const section_t *section) = {
    account_passkeys, account_devices,  account_steps,  account_numbers, account_workos,
    account_codes,    account_browsers, account_logins, account_tokens,  account_sessions};

result_t *account_page(facts_t *facts)
{
    const site_t *site = facts->site;
    section_t section = {.facts = facts};
    if (!facts->caller.session) {
        const demand_t first = prove_demand(facts);
        return account_ask_proof(facts, &first);
    }
    store_status_t status = factors_list(site->factors, facts->caller.session->uid,
                                         &section.factors, &section.count, facts->r->pool);
    if (status == STORE_OK)
        status = account_devices_of(facts, &section.devices, &section.device_count);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    page_values_t page = account_begin(facts);
    flash_show(facts, &page);
    const demand_t proof = prove_demand_of(facts, section.factors, section.count);
    page_set(&page, "proven", account_is_proven(facts, &proof) ? "1" : "");
    page_set(&page, "prove_href", account_prove_href(facts, &proof));
    page_set(&page, "done", told_text(&page, apr_table_get(facts->query, "done")));
    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
        result_t *refusal = sections[i](&page, &section);
        if (refusal)
            return refusal;
    }
    page_answer(&page, HTTP_OK, "account");
    return NULL;
}
