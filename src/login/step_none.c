/* SPDX-License-Identifier: Apache-2.0 */
/* The second step of who has none yet, and what all its pages have in common. */
#include "login/step.h"

#include "login/login_form.h"
#include "login/prove_anew.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <http_protocol.h>

bool step_is_due(facts_t *facts, const way_t *way)
{
    const session_t *session = facts->caller.session;
    if (way->step)
        return true;
    const bool done = session && demand_is_met(&way->demand, session, facts->caller.now);
    answer_see_other(facts->r, done ? way_target(way, facts->site) : way_location(facts->r, way));
    return false;
}

result_t *step_user(const facts_t *facts, user_t *user)
{
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    const store_status_t status = people_get(facts->site->people, session->uid, user, p);
    if (status == STORE_OK && user->version == session->version)
        return NULL;
    return status == STORE_OK || status == STORE_MISSING
               ? result_error(p, HTTP_UNAUTHORIZED, "not_signed_in", "sign in again")
               : store_refusal(status, p);
}

turn_t step_turn(const facts_t *facts, own_factor_t *factor, const user_t *user)
{
    return (turn_t){.factors = facts->site->factors,
                    .factor = factor,
                    .caller = &facts->caller,
                    .user = user,
                    .p = facts->r->pool};
}

bool step_form_is_ours(const facts_t *facts)
{
    return form_token_ok(facts, facts->caller.session->id, SESSION_FORMS);
}

/* A long way, and one to another host, stands in the form's address. */
void step_show_way(page_values_t *page, facts_t *facts, const way_t *way)
{
    const site_t *site = facts->site;
    form_show(page, &facts->prelogin, way);
    page_set(
        page, "csrf",
        prelogin_token(site->prelogins, facts->caller.session->id, SESSION_FORMS, facts->r->pool));
    if (way_is_foreign(way))
        page_set(page, "long_way", "1");
    const char *bare = apr_pstrcat(facts->r->pool, site->paths[PATH_LOGIN], "/step", NULL);
    const char *long_way = apr_table_get(page->values, "long_way");
    page_set(page, "step_url", long_way && *long_way ? way_step(facts->r, "", way) : bare);
    page_set(page, "switch_href", way_switch(facts->r, way));
}

result_t *step_may_enrol(const facts_t *facts, bool *may)
{
    uint32_t since = 0;
    *may = facts->site->second_enrol;
    if (!*may)
        return NULL;
    const store_status_t status =
        factors_ever(facts->site->factors, facts->caller.session->uid, &since, facts->r->pool);
    *may = status == STORE_OK && !since;
    if (since)
        log_debug(facts->caller.log, "MPIN0853",
                  "%s has had a second step already, and sets up none at a sign-in",
                  name_masked(facts->caller.session->name, facts->r->pool));
    return status == STORE_OK ? NULL : store_refusal(status, facts->r->pool);
}

/* A PIN is two factors, for a place that takes any two. Not where one was shown, and was one factor
 * only. */
void step_show_pin(page_values_t *page, const facts_t *facts, const way_t *way)
{
    const session_t *session = facts->caller.session;
    const bool was_one = session->proven[FACTOR_PIN] && !(session->amr & AMR_MFA);
    if ((way->demand.second & facts->site->methods & FACTOR_BIT(FACTOR_PIN)) && !was_one)
        page_set(page, "pin_href", way_login(facts->r, "with", "pin", way));
}

/* What the account's own endpoints would set up, and then lead back from: they take what comes with
 * a proof that is not older than theirs. */
static bool show_others(page_values_t *page, const facts_t *facts, const way_t *way, uint32_t lacks)
{
    const site_t *site = facts->site;
    const bool workos = site->senders.workos;
    const bool app = workos && !site->totp_issuer && (lacks & FACTOR_BIT(FACTOR_TOTP));
    const bool sms = (workos || site->senders.sms) && (lacks & FACTOR_BIT(FACTOR_SMS));
    const bool passkey = site->passkeys.id && (lacks & FACTOR_BIT(FACTOR_PASSKEY));
    const demand_t recent = prove_demand(facts);
    if (!site->paths[PATH_ACCOUNT] || !(app || sms || passkey))
        return false;
    page_set(page, "first_workos_app", app ? "1" : "");
    page_set(page, "first_sms", !sms ? "" : site->senders.sms ? "/sms" : "/workos");
    page_set(page, "first_sms_text",
             page_text(page, site->senders.sms ? "sent.numbers_text" : "sent.workos_us"));
    page_set(page, "first_passkey", passkey ? "1" : "");
    page_set(page, "back", form_way_is_long(way) ? "" : way_target(way, site));
    page_set(page, "continue_href", way_target(way, site));
    if (!demand_is_met(&recent, facts->caller.session, facts->caller.now))
        page_set(page, "prove_href", way_prove(facts->r, &recent, way->target));
    return true;
}

/* What they have does not do here: the account's page adds more, for who shows what they have. */
static bool has_other_steps(const facts_t *facts)
{
    return facts->site->paths[PATH_ACCOUNT] && (prove_demand(facts).first & ~facts->site->methods);
}

result_t *step_none(facts_t *facts, const way_t *way)
{
    const uint32_t lacks = demand_lacks(&way->demand, facts->caller.session, facts->caller.now);
    bool may;
    result_t *refusal = step_may_enrol(facts, &may);
    if (refusal)
        return refusal;
    page_values_t page = page_begin(facts->r, facts->site);
    step_show_way(&page, facts, way);
    const bool totp = may && facts->site->totp_issuer && (lacks & FACTOR_BIT(FACTOR_TOTP));
    if (totp)
        page_set(&page, "totp_href", way_step(facts->r, "/totp", way));
    const bool others = may && show_others(&page, facts, way, lacks);
    page_set(&page, "first", totp || others ? "1" : "");
    page_set(&page, "other_steps", has_other_steps(facts) ? "1" : "");
    page_set(&page, "account_url", facts->site->paths[PATH_ACCOUNT]);
    step_show_pin(&page, facts, way);
    page_answer(&page, totp || others ? HTTP_OK : HTTP_FORBIDDEN, "no_step");
    return NULL;
}
