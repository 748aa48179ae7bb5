/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_AMEND_H
#define MPIN_ACCOUNT_AMEND_H

#include "factor/kinds.h"
#include "login/page.h"
#include "web/facts.h"

/* What every change of an account has in common. */

/* May this form change something? It came from a page of this session's, and the person has shown
 * a short while ago that it's them. False: `*refusal` is the answer, NULL where one has been given
 * (to the page that asks for a proof, and back to /account). */
bool account_may_change(facts_t *facts, result_t **refusal);

/* The user of the session, as stored now. NULL, or the refusal. */
result_t *account_user(const facts_t *facts, user_t *user);

/* Ends every other session, and this one goes on. */
result_t *account_signed_out(facts_t *facts, const char *event);

/* A way to sign in was removed, or added by what proves nothing of this user: that is told, and then
 * the same. */
result_t *account_changed(facts_t *facts, const char *event);

/* One was added, and proven by that. */
result_t *account_added(facts_t *facts, const char *event, factor_t factor, uint32_t amr);

/* Back to /account, where `done` is told: a key of the texts "account.". Whose form names a place,
 * `back`, goes on there. */
result_t *account_back(facts_t *facts, const char *done);

/* Has the form one of this session's tokens? */
bool account_token_ok(const facts_t *facts);

/* Has the person shown a short while ago that it's them? `proof`, here and below: by what, as
 * login/prove_anew.h says. */
bool account_is_proven(const facts_t *facts, const demand_t *proof);

/* A page of the account's, with what all of them have: csrf, account_url, back. */
page_values_t account_begin(const facts_t *facts);

/* The person's own factor that the field `factor` names; 404 for any other. */
result_t *account_factor(const facts_t *facts, own_factor_t *factor);

/* Where somebody shows that it's them, and then comes back here. NULL: the login is elsewhere, and
 * no MPinUnauthenticated redirect: says where. */
const char *account_prove_href(const facts_t *facts, const demand_t *proof);

/* Leads there: NULL; or the refusal where nothing does. */
result_t *account_ask_proof(facts_t *facts, const demand_t *proof);

#endif
