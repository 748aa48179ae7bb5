/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_STEP_H
#define MPIN_LOGIN_STEP_H

#include "factor/kinds.h"
#include "login/page.h"
#include "login/way.h"

/* What the pages of the second step have in common. */

/* Is a second step what is lacking on this way? False: an answer has been given. Nobody who is not
 * signed in, or has nothing to show any more, stays on such a page. */
bool step_is_due(facts_t *facts, const way_t *way);

/* The user of the session. NULL, or the refusal; also for another version of this user, which has no
 * step to take in this session. */
result_t *step_user(const facts_t *facts, user_t *user);

/* A turn of the person who asks, with a factor of theirs. */
turn_t step_turn(const facts_t *facts, own_factor_t *factor, const user_t *user);

/* The values that each of their forms needs: csrf, step_url, the way's own (login_form.h). */
void step_show_way(page_values_t *page, facts_t *facts, const way_t *way);

/* pin_href: where a PIN would do instead. */
void step_show_pin(page_values_t *page, const facts_t *facts, const way_t *way);

/* Did the form come from a page of this session's? */
bool step_form_is_ours(const facts_t *facts);

/* May somebody set up their first second step, where one is asked for (MPinSecondFactorEnrol)? Never
 * who has had one. NULL, or the refusal of a store in trouble. */
result_t *step_may_enrol(const facts_t *facts, bool *may);

/* The page for who has none: how to set one up, or whom to ask (403). */
result_t *step_none(facts_t *facts, const way_t *way);

#endif
