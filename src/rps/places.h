/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PLACES_H
#define MPIN_RPS_PLACES_H

#include "people/arrival.h"
#include "rps/pending.h"

/* The devices that a name may have (docs/identity.md, "Ten devices"). */

/* NULL where the registration of a user who is known finds a place: one is free, it replaces a
 * device, or one is unused for so long that it will give way. Else the refusal, places_none, and
 * nothing has changed. */
result_t *places_left(rps_t *rps, const caller_t *caller, const pending_t *pending, apr_pool_t *p);

/* 403 too_many_identities, whose `devices` says which there are. For who has proven the name only. */
result_t *places_none(rps_t *rps, const caller_t *caller, const unsigned char uid[UID_BYTES],
                      apr_pool_t *p);

/* Commits the arrival, with its device. Where no place is left, the user's least recently used device
 * gives way, if it has not signed in for UNUSED_DAYS, and they are told; else `arrival->place` is
 * refused. As arrival_commit for the rest. */
store_status_t places_take(rps_t *rps, const caller_t *caller, arriving_t *arrival, apr_pool_t *p);

#endif
