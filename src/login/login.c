/* SPDX-License-Identifier: Apache-2.0 */
#include "login/login.h"
#include "login/again.h"
#include "login/ceremony.h"
#include "login/flash.h"
#include "login/login_form.h"
#include "login/page.h"
#include "login/prove_anew.h"
#include "login/trusted.h"
#include "login/way.h"
#include "web/answer.h"
#include "web/provided.h"
#include "web/reader.h"
#include "web/return_to.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

const char *login_begin(request_rec *r, const demand_t *demand, bool post_lost)
{
    const way_t way = way_of_refused(r, demand, post_lost);
    return way_location(r, &way);
}

const char *login_begin_at(request_rec *r, const char *page, const demand_t *demand, bool post_lost)
{
    const way_t way = way_of_refused(r, demand, post_lost);
    return way_elsewhere(r, page, &way);
}

int login_page_for_post(request_rec *r, const demand_t *demand)
{
    const site_t *site = request_of(r)->site;
    prelogin_t prelogin;

    const bool came = request_prelogin(r, &prelogin, r->request_time);
    again_keep(r, &prelogin);
    prelogin.form_kept |= request_of(r)->kept_page != NULL;
    if ((!came || prelogin.form_kept) && !request_keep_prelogin(r, &prelogin, r->request_time))
        return login_error_page(r, result_no_randomness(r->pool));
    const way_t way = way_of_refused(r, demand, true);
    page_values_t page = page_begin(r, site);
    form_show(&page, &prelogin, &way);
    return page_answer(&page, HTTP_UNAUTHORIZED, "login");
}

int login_page_for_frame(request_rec *r, const demand_t *demand)
{
    page_values_t page = page_begin(r, request_of(r)->site);
    page_set(&page, "framed_href", login_begin(r, demand, false));
    return page_answer_framed(&page, HTTP_UNAUTHORIZED, "framed");
}

int login_page_for_asker(request_rec *r, const char *login)
{
    page_values_t page = page_begin(r, request_of(r)->site);
    const bool framed = reader_is_framed(r);
    page_set(&page, "asked_href", login);
    page_set(&page, "framed", framed ? "1" : "");
    return framed ? page_answer_framed(&page, HTTP_UNAUTHORIZED, "asked")
                  : page_answer(&page, HTTP_UNAUTHORIZED, "asked");
}

/* An ErrorDocument has the status of the refusal that it stands for. */
static int status_of(const request_rec *r)
{
    return r->prev && ap_is_HTTP_ERROR(r->prev->status) ? r->prev->status : HTTP_OK;
}

/* One that is added there and then: by who has none, and has just shown the strongest that they
 * have. */
static bool offers_passkey(const facts_t *facts)
{
    const site_t *site = facts->site;
    store_status_t status;
    if (!site->passkeys.id || !site->paths[PATH_ACCOUNT])
        return false;
    const demand_t demand = prove_demand(facts);
    const json_t *has = json_tie(facts->r->pool, ceremony_credentials(facts, &status));
    return status == STORE_OK && !json_array_size(has) &&
           demand_is_met(&demand, facts->caller.session, facts->caller.now);
}

/* After a password login: would a PIN on this device, or a passkey, make the next one easier? */
static result_t *login_offer(facts_t *facts, const way_t *way)
{
    const site_t *site = facts->site;
    const bool pin =
        (site->methods & FACTOR_BIT(FACTOR_PIN)) &&
        (site->rps_settings.register_signed_in || apr_table_get(facts->query, "reset"));
    const bool passkey = offers_passkey(facts);
    page_values_t page = page_begin(facts->r, site);
    if (!pin && !passkey) {
        answer_see_other(facts->r, way_target(way, site));
        return NULL;
    }
    flash_show(facts, &page);
    page_set(&page, "return", way->target);
    page_set(&page, "continue_href", way_target(way, site));
    page_set(&page, "pin", pin ? "1" : "");
    page_set(&page, "passkey", passkey ? "1" : "");
    page_set(&page, "account_url", site->paths[PATH_ACCOUNT]);
    page_set(
        &page, "csrf",
        prelogin_token(site->prelogins, facts->caller.session->id, SESSION_FORMS, facts->r->pool));
    page_set(&page, "set_up",
             apr_table_get(facts->query, "reset") ? facts->caller.session->name : "");
    page_answer(&page, HTTP_OK, "offer");
    return NULL;
}

/* What a trusted login tells of them. */
static void show_told(const facts_t *facts, page_values_t *page)
{
    const subject_t *told = provided_of(facts->r, facts->caller.session);
    page_set(page, "email", told ? told->email : "");
    page_set(page, "subject", told ? told->subject : "");
    page_set(page, "refresh_url", told ? facts->site->paths[PATH_REFRESH] : "");
}

static result_t *already_signed_in(facts_t *facts, const way_t *way)
{
    page_values_t page = page_begin(facts->r, facts->site);
    flash_show(facts, &page);
    page_set(&page, "continue_href", way_target(way, facts->site));
    page_set(&page, "switch_href", way_switch(facts->r, way));
    if (facts->site->rps_settings.register_signed_in)
        page_set(&page, "pin_href",
                 apr_pstrcat(facts->r->pool, signin_offer(facts->site, way->target, facts->r->pool),
                             "&anyway=1", NULL));
    page_set(&page, "account_href", facts->site->paths[PATH_ACCOUNT]);
    show_told(facts, &page);
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, SESSION_FORMS,
                            facts->r->pool));
    page_answer(&page, status_of(facts->r), "signed_in");
    return NULL;
}

/* From a host that would not get them either one would come here again: there it leads to this very
 * page. */
static result_t *lead_on(facts_t *facts, const way_t *way)
{
    page_values_t page = page_begin(facts->r, facts->site);
    const bool near = return_to_is_near(way->target, &facts->site->return_hosts, facts->r->pool);
    page_set(&page, "go", near ? way->target : way_location(facts->r, way));
    page_answer(&page, HTTP_OK, "onward");
    return NULL;
}

/* A device that is to be set up wants a fresh proof, whatever the place. */
static demand_t demand_now(const facts_t *facts, const way_t *way)
{
    demand_t demand = way->demand;
    if (apr_table_get(facts->query, "fresh") &&
        (!demand.max_age || demand.max_age > DEMAND_LASTING_AGE))
        demand.max_age = DEMAND_LASTING_AGE;
    return demand;
}

static result_t *show_form(facts_t *facts, const way_t *way)
{
    const bool fresh = facts->caller.session && apr_table_get(facts->query, "fresh");
    page_values_t page = page_begin(facts->r, facts->site);
    flash_show(facts, &page);
    form_show(&page, &facts->prelogin, way);
    page_set(&page, "confirm", fresh ? "1" : "");
    page_set(&page, "renew",
             facts->caller.session && !fresh && !apr_table_get(facts->query, "switch") ? "1" : "");
    if (apr_table_get(facts->query, "switch"))
        page_set(&page, "user", "");
    if (facts->caller.session)
        page_answer(&page, status_of(facts->r), "login");
    else
        page_answer_packed(&page, status_of(facts->r), "login");
    return NULL;
}

/* A person who is asked for two factors may show a PIN in place of the second step. */
static bool wants_pin(const facts_t *facts)
{
    const char *with = apr_table_get(facts->query, "with");
    return with && strcmp(with, "pin") == 0 && (facts->site->methods & FACTOR_BIT(FACTOR_PIN));
}

static void take_pin_way(way_t *way)
{
    way->demand.first = FACTOR_BIT(FACTOR_PIN);
    way->demand.second = 0;
    way->step = false;
}

/* A signed-in person sees that they are, unless the place they want asks for more than they have
 * shown, or they want to be somebody else. */
result_t *login_page(facts_t *facts)
{
    const session_t *session = facts->caller.session;
    facts->query = way_query(facts);
    way_t way = way_of_page(facts);

    if (wants_pin(facts))
        take_pin_way(&way);
    if (way.target && request_left_cookies(facts->r))
        return lead_on(facts, &way);
    if (session && apr_table_get(facts->query, "offer"))
        return login_offer(facts, &way);
    if (way.step && !apr_table_get(facts->query, "switch") &&
        !apr_table_get(facts->query, "fresh")) {
        answer_see_other(facts->r, way_location(facts->r, &way));
        return NULL;
    }
    const demand_t demand = demand_now(facts, &way);
    if (session && !apr_table_get(facts->query, "switch") &&
        demand_is_met(&demand, session, facts->caller.now))
        return already_signed_in(facts, &way);
    if (facts->prelogin_fresh && /* who has signed in needs none */
        !request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);
    const char *at_once = trusted_at_once(facts, &way);
    if (at_once) {
        answer_see_other(facts->r, at_once);
        return NULL;
    }
    if (session)
        log_debug(facts->caller.log, "MPIN0735", "%s has proven %s, and signs in again for %s",
                  name_masked(session->name, facts->r->pool),
                  demand_proven_text(session, facts->caller.now, facts->r->pool),
                  demand_text(&demand, facts->r->pool));
    return show_form(facts, &way);
}
