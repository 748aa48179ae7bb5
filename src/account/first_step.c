/* SPDX-License-Identifier: Apache-2.0 */
/* The first second step of somebody who is asked for one (MPinSecondFactorEnrol): an authenticator
 * app, set up on the way to the place. */
#include "account/amend.h"
#include "account/apps.h"
#include "account/pages.h"
#include "factor/totp.h"
#include "login/step.h"
#include "login/step_send.h"
#include "store/key.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>

#define ALONE_SECONDS 10 /* one at a time: of two at once the other one comes too late */

/* Checks who may come here at all. False: `*refusal` is the answer, NULL where one has been given. A
 * second step outlives the session, and so wants a fresh first one (docs/security.md, "A proof has an
 * age"). */
static bool may_set_up(facts_t *facts, const way_t *way, result_t **refusal)
{
    bool may;
    *refusal = NULL;
    if (!step_is_due(facts, way))
        return false;
    if (!demand_lasting(facts->caller.session, way->demand.first, facts->caller.now)) {
        answer_see_other(facts->r, way_login(facts->r, "fresh", "1", way));
        return false;
    }
    if (!step_form_is_ours(facts)) {
        facts->request->again = way_location(facts->r, way);
        *refusal = result_error(facts->r->pool, HTTP_FORBIDDEN, "stale_form",
                                "the form's token is not this session's");
        return false;
    }
    *refusal = step_may_enrol(facts, &may);
    if (!*refusal && !may)
        *refusal = result_error(facts->r->pool, HTTP_FORBIDDEN, "enrol_refused",
                                "there is, or was, a second step already");
    if (!*refusal && !facts->site->totp_issuer)
        *refusal = apps_none_here(facts);
    return !*refusal;
}

/* `refusal` is why the page is shown again, NULL at first. */
static result_t *show_first(facts_t *facts, const way_t *way, const own_factor_t *factor,
                            const result_t *refusal)
{
    page_values_t page = page_begin(facts->r, facts->site);
    step_show_way(&page, facts, way);
    page_set(&page, "confirm_href", way_step(facts->r, "/totp/confirm", way));
    result_t *unknown = apps_show_secret(&page, facts, factor);
    if (unknown)
        return unknown;
    if (refusal)
        send_show_refusal(&page, refusal);
    page_answer(&page, refusal ? refusal->status : HTTP_OK, "step_totp");
    return NULL;
}

result_t *first_step_totp(facts_t *facts)
{
    const way_t way = way_of_form(facts);
    own_factor_t factor = {.kind = KIND_TOTP};
    result_t *refusal;
    if (!may_set_up(facts, &way, &refusal))
        return refusal;
    refusal = apps_begin(facts, &factor);
    return refusal ? refusal : show_first(facts, &way, &factor, NULL);
}

static const char *alone_key(const facts_t *facts)
{
    return store_key("first-step", facts->caller.session->uid, UID_BYTES, facts->r->pool);
}

/* A thief of the password may be here, too, with an app of their own: the first one that is confirmed
 * is the only one. */
static result_t *confirm_alone(facts_t *facts, const turn_t *turn)
{
    bool may;
    store_t *store = facts->site->store;
    const apr_time_t until = apr_time_now() + apr_time_from_sec(ALONE_SECONDS);
    const store_status_t status = store_add(store, STORE_COMING_IN, alone_key(facts), "", 0, until);
    if (status == STORE_EXISTS)
        return result_later(turn->p, "throttled", "another one is being confirmed", 1);
    if (status != STORE_OK)
        return store_refusal(status, turn->p);
    result_t *refusal = step_may_enrol(facts, &may);
    if (!refusal && !may)
        refusal = result_error(turn->p, HTTP_CONFLICT, "enrol_refused",
                               "there is, or was, a second step already");
    if (!refusal)
        refusal = kind_judge(turn, apr_table_get(facts->form, "code"));
    store_delete(store, STORE_COMING_IN, alone_key(facts));
    return refusal;
}

result_t *first_step_totp_confirm(facts_t *facts)
{
    const way_t way = way_of_form(facts);
    own_factor_t factor;
    user_t user;
    result_t *refusal;
    if (!may_set_up(facts, &way, &refusal))
        return refusal;
    refusal = account_factor(facts, &factor);
    if (!refusal)
        refusal = step_user(facts, &user);
    if (refusal)
        return refusal;
    const turn_t turn = step_turn(facts, &factor, &user);
    refusal = confirm_alone(facts, &turn);
    if (refusal && (refusal->status == HTTP_UNAUTHORIZED || refusal->retry_after))
        return show_first(facts, &way, &factor, refusal);
    if (!refusal)
        refusal = account_added(facts, "factor_added", FACTOR_TOTP, AMR_OTP);
    if (refusal)
        return refusal;
    answer_see_other(facts->r, way_target(&way, facts->site));
    return NULL;
}
