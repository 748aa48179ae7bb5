/* SPDX-License-Identifier: Apache-2.0 */
#include "account/amend.h"
#include "account/told.h"

#include "login/login_form.h"
#include "login/prove_anew.h"
#include "login/way.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/signin.h"

#include <apr_strings.h>

/* The token of this session's forms. */
static const char *account_token(const facts_t *facts)
{
    return prelogin_token(facts->site->prelogins, facts->caller.session->id, SESSION_FORMS,
                          facts->r->pool);
}

bool account_is_proven(const facts_t *facts, const demand_t *proof)
{
    return demand_is_met(proof, facts->caller.session, facts->caller.now);
}

const char *account_prove_href(const facts_t *facts, const demand_t *proof)
{
    return way_prove(facts->r, proof, facts->site->paths[PATH_ACCOUNT]);
}

result_t *account_ask_proof(facts_t *facts, const demand_t *proof)
{
    const char *there = account_prove_href(facts, proof);
    if (!there)
        return facts->caller.session ? result_error(facts->r->pool, HTTP_FORBIDDEN, "proof_too_old",
                                                    "confirm that it's you first")
                                     : result_error(facts->r->pool, HTTP_UNAUTHORIZED,
                                                    "not_signed_in", "sign in first");
    answer_see_other(facts->r, there);
    return NULL;
}

bool account_token_ok(const facts_t *facts)
{
    return form_token_ok(facts, facts->caller.session->id, SESSION_FORMS);
}

bool account_may_change(facts_t *facts, result_t **refusal)
{
    const demand_t proof = prove_demand(facts);
    *refusal = NULL;
    if (!facts->caller.session || !account_is_proven(facts, &proof)) {
        *refusal = account_ask_proof(facts, &proof);
        return false;
    }
    facts->request->again = facts->site->paths[PATH_ACCOUNT]; /* whatever else is wrong */
    if (account_token_ok(facts))
        return true;
    *refusal = result_error(facts->r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    return false;
}

result_t *account_user(const facts_t *facts, user_t *user)
{
    apr_pool_t *p = facts->r->pool;
    const store_status_t status =
        people_get(facts->site->people, facts->caller.session->uid, user, p);
    if (status == STORE_OK && user->state == USER_ACTIVE)
        return NULL;
    return status == STORE_OK || status == STORE_MISSING
               ? result_error(p, HTTP_FORBIDDEN, "user_disabled", "this account may not sign in")
               : store_refusal(status, p);
}

static result_t *end_others(const facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    const store_status_t status =
        people_end_sessions(facts->site->people, facts->caller.session->uid, facts->caller.now, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* `proven`: what has just been proven beside the session. */
static result_t *stay(facts_t *facts, proven_t proven)
{
    user_t user;
    proven.user = &user;
    result_t *refusal = account_user(facts, &user);
    if (!refusal && user.version != facts->caller.session->version + 1)
        refusal = result_error(facts->r->pool, HTTP_UNAUTHORIZED, "not_signed_in",
                               "another change at the same time has ended this session");
    return refusal ? refusal : signin_again(facts, &proven);
}

result_t *account_signed_out(facts_t *facts, const char *event)
{
    result_t *refusal = end_others(facts);
    if (refusal)
        return refusal;
    account_told(facts, event);
    return stay(facts, (proven_t){0});
}

/* The change is made: it is told first, whatever becomes of this session. */
static result_t *go_on(facts_t *facts, const char *event, proven_t proven)
{
    account_told(facts, event);
    result_t *refusal = end_others(facts);
    return refusal ? refusal : stay(facts, proven);
}

result_t *account_changed(facts_t *facts, const char *event)
{
    return go_on(facts, event, (proven_t){0});
}

result_t *account_added(facts_t *facts, const char *event, factor_t factor, uint32_t amr)
{
    return go_on(facts, event, (proven_t){.factor = factor, .amr = amr});
}

/* The place on whose way something is set up (login/step_none.c). NULL: it is done for its own sake. */
static const char *place_back(const facts_t *facts)
{
    const char *named = facts->form ? apr_table_get(facts->form, "back") : NULL;
    return named ? signin_place(facts->site, named, facts->r->pool) : NULL;
}

result_t *account_back(facts_t *facts, const char *done)
{
    const char *back = place_back(facts);
    answer_see_other(facts->r, back ? back
                                    : apr_pstrcat(facts->r->pool, facts->site->paths[PATH_ACCOUNT],
                                                  "?done=", done, NULL));
    return NULL;
}

page_values_t account_begin(const facts_t *facts)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "csrf", account_token(facts));
    page_set(&page, "account_url", facts->site->paths[PATH_ACCOUNT]);
    page_set(&page, "back", place_back(facts));
    return page;
}

result_t *account_factor(const facts_t *facts, own_factor_t *factor)
{
    apr_pool_t *p = facts->r->pool;
    unsigned char id[FACTOR_ID_BYTES];
    const store_status_t status =
        factor_read_id(apr_table_get(facts->form, "factor"), id)
            ? factors_get(facts->site->factors, facts->caller.session->uid, id, factor, p)
            : STORE_MISSING;
    if (status == STORE_MISSING)
        return result_error(p, HTTP_NOT_FOUND, "factor_unknown", "there is no such thing of yours");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}
