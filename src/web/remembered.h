/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_REMEMBERED_H
#define MPIN_WEB_REMEMBERED_H

#include "web/facts.h"

/* A browser that is remembered (MPinRememberBrowser): its cookie and its record. */

/* The record by which this browser spares the user the second step; false where it does not, also
 * while the store does not say. */
bool remembered_here(const facts_t *facts, const user_t *user, own_factor_t *browser);

/* Remembers this browser, in which `user` has just taken a second step. NULL, or the refusal. */
result_t *remembered_add(facts_t *facts, const user_t *user, factor_t step);

/* Does the cookie of this browser name that record? */
bool remembered_is_this(const facts_t *facts, const own_factor_t *browser);

#endif
