/* SPDX-License-Identifier: Apache-2.0 */
#include "login/login_form.h"
#include "login/address.h"
#include "login/trusted.h"

#include <apr_strings.h>
#include <string.h>

/* A place takes nothing but passkeys: somebody who has none adds one at their account, where they
 * come in by what the site has besides. */
static const char *account_for(const site_t *site, uint32_t first)
{
    const uint32_t key = FACTOR_BIT(FACTOR_PASSKEY);
    return first == key && (site->methods & ~key) ? site->paths[PATH_ACCOUNT] : NULL;
}

/* A form sends up to thrice the bytes of a place, beside a name and a password: one that would be
 * more than a body may have stands in the form's address. */
#define FORM_WAY_MAX 4096

bool form_way_is_long(const way_t *way)
{
    return (way->target ? strlen(way->target) : 0) + (way->asked ? strlen(way->asked) : 0) >
           FORM_WAY_MAX;
}

/* What leads to the pad for who has no PIN in this browser. */
static const char *pin_begins(const site_t *site)
{
    if (!site->url.https && !site->url.loopback)
        return NULL;
    if (site->rps_settings.register_open || site->rps_settings.register_mail)
        return "names";
    return site->phone_settings.on ? "phone" : NULL;
}

void form_show(page_values_t *page, const prelogin_t *prelogin, const way_t *way)
{
    const site_t *site = page->site;
    const uint32_t first = site->methods & way->demand.first;

    page_set(page, "password", first & FACTOR_BIT(FACTOR_PASSWORD) ? "1" : "");
    page_set(page, "pin", first & FACTOR_BIT(FACTOR_PIN) ? "1" : "");
    page_set(page, "pin_begins", pin_begins(site));
    page_set(page, "passkey_url",
             apr_pstrcat(page->r->pool, site->paths[PATH_LOGIN], "/passkey", NULL));
    page_set(page, "passkey", first & FACTOR_BIT(FACTOR_PASSKEY) ? "1" : "");
    page_set(page, "by_trusted", trusted_show(page, way) ? "1" : "");
    page_set(page, "account_href", account_for(site, first));
    page_set(page, "insecure", site->url.https || site->url.loopback ? "" : "1");
    page_set(page, "csrf", prelogin_token(site->prelogins, prelogin->id, "login", page->r->pool));
    page_set(page, "return", way->target);
    page_set(page, "for", way->asked);
    page_set(page, "by", way->method);
    page_set(page, "prove", way->prove ? "1" : "");
    if (form_way_is_long(way)) {
        page_set(page, "long_way", "1");
        page_set(page, "login_url", way_location(page->r, way));
    }
    page_answers_form(page, way_location(page->r, way));
    page_set(page, "there", address_login(site, way->target, page->r->pool));
    page_set(page, "site_href", apr_table_get(page->values, "there"));
    page_set(page, "post_lost", way->lost ? "1" : "");
    page_set(page, "too_long", way->too_long ? "1" : "");
}

/* The browser itself says that a page of ours sent this: Origin has been compared by the origin
 * policy already. So an application's own sign-out button needs no token; a browser that sends
 * neither header does. */
bool form_sent_by_our_pages(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    return apr_table_get(r->headers_in, "Origin") || (site && strcmp(site, "same-origin") == 0);
}

bool form_token_ok(const facts_t *facts, const unsigned char id[16], const char *purpose)
{
    const char *token = apr_table_get(facts->form, "csrf");
    return token && prelogin_token_ok(facts->site->prelogins, id, purpose, token);
}

bool form_is_ours(const facts_t *facts, const char *purpose)
{
    const char *site = apr_table_get(facts->r->headers_in, "Sec-Fetch-Site");
    if (facts->prelogin_fresh && facts->caller.session) /* another tab has signed in meanwhile */
        return form_sent_by_our_pages(facts->r);
    return (site && strcmp(site, "same-origin") == 0) ||
           (!facts->prelogin_fresh && form_token_ok(facts, facts->prelogin.id, purpose));
}
