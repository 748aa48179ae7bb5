/* SPDX-License-Identifier: Apache-2.0 */
#include "login/login.h"
#include "login/address.h"
#include "login/login_form.h"
#include "login/page.h"
#include "login/return_to.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* Where the person wanted to go, when it is a place that a GET can show again. */
static const char *wanted(request_rec *r)
{
    const char *path = return_to_path(request_first(r)->unparsed_uri, PRELOGIN_TARGET_MAX, r->pool);
    return path ? path : "";
}

const char *login_begin(request_rec *r, const demand_t *demand, bool post_lost)
{
    const site_t *site = request_of(r)->site;
    prelogin_t prelogin;

    request_prelogin(r, &prelogin, r->request_time);
    const char *nonce = prelogin_add(&prelogin, wanted(r), demand, post_lost, r->request_time);
    const char *location = apr_pstrcat(r->pool, site->paths[PATH_LOGIN], "?s=", nonce, NULL);
    if (*wanted(r) &&
        address_doubtful(r, site)) /* where the page leads to, nobody has our cookie */
        location = apr_pstrcat(r->pool, location, "&", address_return(wanted(r), r->pool), NULL);
    return request_keep_prelogin(r, &prelogin, r->request_time) ? location : NULL;
}

int login_page_for_post(request_rec *r, const demand_t *demand)
{
    const site_t *site = request_of(r)->site;
    prelogin_t prelogin;

    request_prelogin(r, &prelogin, r->request_time);
    const char *nonce = prelogin_add(&prelogin, wanted(r), demand, true, r->request_time);
    const prelogin_entry_t *entry = prelogin_find(&prelogin, nonce);
    if (!request_keep_prelogin(r, &prelogin, r->request_time))
        return login_error_page(r, result_no_randomness(r->pool));
    page_values_t page = page_begin(r, site);
    form_show(&page, &prelogin, entry);
    return page_answer(&page, HTTP_UNAUTHORIZED, "login");
}

/* Where the page stands in the frame whose part was asked for, on our own origin; else that part. */
static const char *around_frame(request_rec *r, const site_t *site)
{
    const char *referer = apr_table_get(r->headers_in, "Referer");
    const apr_size_t len = strlen(site->url.text);
    const char *around = referer && strncmp(referer, site->url.text, len) == 0
                             ? return_to_path(referer + len, PRELOGIN_TARGET_MAX, r->pool)
                             : NULL;
    return around ? around : wanted(r);
}

int login_page_for_frame(request_rec *r)
{
    const site_t *site = request_of(r)->site;
    page_values_t page = page_begin(r, site);
    page_set(&page, "framed_href",
             apr_pstrcat(r->pool, site->paths[PATH_LOGIN],
                         "?return=", ap_escape_urlencoded(r->pool, around_frame(r, site)), NULL));
    return page_answer_framed(&page, HTTP_UNAUTHORIZED, "framed");
}

/* An ErrorDocument has the status of the refusal that it stands for. */
static int status_of(const request_rec *r)
{
    return r->prev && ap_is_HTTP_ERROR(r->prev->status) ? r->prev->status : HTTP_OK;
}

/* After a password login: would a PIN on this device make the next one easier? */
static result_t *login_offer(facts_t *facts, const prelogin_entry_t *entry)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "state", entry ? entry->nonce : "");
    page_set(&page, "continue_href", signin_target(facts->site, entry));
    request_fit_prelogin(facts->r, &facts->prelogin, "", facts->caller.now);
    page_answer(&page, HTTP_OK, "offer");
    return NULL;
}

static result_t *already_signed_in(facts_t *facts, const prelogin_entry_t *entry)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "continue_href", signin_target(facts->site, entry));
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, "logout",
                            facts->r->pool));
    page_answer(&page, status_of(facts->r), "signed_in");
    return NULL;
}

/* The state that the query asks for: `s` names one that check_authn made, `return` asks for a new
 * one. */
static const prelogin_entry_t *entry_for(facts_t *facts, bool *made)
{
    prelogin_t *prelogin = &facts->prelogin;
    const char *nonce = apr_table_get(facts->query, "s");
    if (nonce)
        return prelogin_find(prelogin, nonce);
    if (facts->request->unmet) { /* this page is the ErrorDocument of a place */
        *made = true;
        const bool post_lost = request_first(facts->r)->method_number == M_POST;
        return prelogin_find(prelogin,
                             prelogin_add(prelogin, wanted(facts->r), facts->request->unmet,
                                          post_lost, facts->caller.now));
    }

    const char *back =
        return_to_path(apr_table_get(facts->query, "return"), PRELOGIN_TARGET_MAX, facts->r->pool);
    if (!back && apr_table_get(facts->query, "return"))
        log_debug(facts->caller.log, "MPIN0731",
                  "?return= is no place of this origin: MPinAfterLogin is taken");
    if (!back)
        return NULL;
    *made = true;
    const demand_t demand = {.first = facts->site->methods};
    return prelogin_find(prelogin, prelogin_add(prelogin, back, &demand, false, facts->caller.now));
}

/* What the place wants; a device that is to be set up wants a fresh proof, whatever the place. */
static demand_t demand_now(const facts_t *facts, const prelogin_entry_t *entry)
{
    demand_t demand = entry ? entry->demand : demand_any;
    if (apr_table_get(facts->query, "fresh") &&
        (!demand.max_age || demand.max_age > DEMAND_LASTING_AGE))
        demand.max_age = DEMAND_LASTING_AGE;
    return demand;
}

/* A signed-in person sees that they are, unless the place they want asks for more than they have
 * shown. */
result_t *login_page(facts_t *facts)
{
    const site_t *site = facts->site;
    bool made = false;
    const prelogin_entry_t *entry = entry_for(facts, &made);

    if (apr_table_get(facts->query, "s") && !entry)
        log_debug(facts->caller.log, "MPIN0732",
                  facts->prelogin_fresh ? "the pre-login cookie did not come back"
                                        : "the way back of this login page is gone: it was open "
                                          "too long, or four newer ones took its place");
    if (facts->prelogin_fresh && apr_table_get(facts->query, "s"))
        return result_error(facts->r->pool, HTTP_BAD_REQUEST, "cookies_off",
                            "the cookie that /login sets did not come back");
    if ((facts->prelogin_fresh || made) &&
        !request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);

    const session_t *session = facts->caller.session;
    if (session && apr_table_get(facts->query, "offer") && site->rps_settings.register_signed_in)
        return login_offer(facts, entry);
    const demand_t demand = demand_now(facts, entry);
    if (session && demand_is_met(&demand, session, facts->caller.now))
        return already_signed_in(facts, entry);

    if (session)
        log_debug(facts->caller.log, "MPIN0735", "%s has proven %s, and signs in again for %s",
                  name_masked(session->name, facts->r->pool),
                  demand_proven_text(session, facts->caller.now, facts->r->pool),
                  demand_text(&demand, facts->r->pool));
    page_values_t page = page_begin(facts->r, site);
    form_show(&page, &facts->prelogin, entry);
    page_set(&page, "confirm", session && apr_table_get(facts->query, "fresh") ? "1" : "");
    page_set(&page, "renew", session && !apr_table_get(facts->query, "fresh") ? "1" : "");
    page_answer(&page, status_of(facts->r), "login");
    return NULL;
}
