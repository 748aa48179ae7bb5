/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_WORKOS_LEFT_H
#define MPIN_FACTOR_WORKOS_LEFT_H

#include "factor/workos.h"

/* Here stands what may be left at WorkOS with nobody here who has it: enrolments that nobody confirmed, and
 * factors of users who were erased. WorkOS gives no list of them: ours is all there is. */
#define WORKOS_LEFT_MAX 64

/* Notes one, `id` is WorkOS': it is due once its record here is gone. False: the list is full, or the
 * store is in trouble. */
bool workos_left_note(store_t *store, const own_factor_t *factor, const char *id, apr_pool_t *p);

/* The next chance: has WorkOS forget what is due, a few at a time. */
void workos_left_settle(const turn_t *turn, workos_t *workos);

#endif
