/* SPDX-License-Identifier: Apache-2.0 */
#include "login/login_form.h"
#include "login/address.h"

void form_show(page_values_t *page, const prelogin_t *prelogin, const prelogin_entry_t *entry)
{
    const site_t *site = page->site;
    const uint32_t first = site->methods & (entry ? entry->demand : demand_any).first;

    page_set(page, "password", first & FACTOR_BIT(FACTOR_PASSWORD) ? "1" : "");
    page_set(page, "pin", first & FACTOR_BIT(FACTOR_PIN) ? "1" : "");
    page_set(page, "insecure", site->url.https || site->url.loopback ? "" : "1");
    page_set(page, "csrf", prelogin_token(site->prelogins, prelogin->id, "login", page->r->pool));
    page_set(page, "state", entry ? entry->nonce : "");
    page_set(page, "return", entry ? entry->target : "");
    page_set(page, "there", address_login(site, entry ? entry->target : NULL, page->r->pool));
    page_set(page, "site_href", apr_table_get(page->values, "there"));
    page_set(page, "post_lost", entry && entry->post_lost ? "1" : "");
}

bool form_token_ok(const facts_t *facts, const unsigned char id[16], const char *purpose)
{
    const char *token = apr_table_get(facts->form, "csrf");
    return token && prelogin_token_ok(facts->site->prelogins, id, purpose, token);
}
