/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ATTEMPT_H
#define MPIN_RPS_ATTEMPT_H

#include "rps/inflight.h"
#include "rps/standing.h"

/* One try at a PIN (docs/architecture.md, "Attempts"). It is reserved before the proof is looked
 * at; failures that are on record and reservations together never exceed the limit, across threads
 * and processes:
 *
 *   failures >= N                 locked, nothing is judged
 *   failures + reservations > N   busy, nothing is judged, retryable: two tabs with the right PIN
 *                                 must not lose an identity
 *   else                          judged; a wrong PIN is on disk before the reservation is given
 *                                 back */
typedef struct attempt_t {
    verdict_t verdict; /* VERDICT_NONE: reserved, to be judged */
    unsigned char handle[HANDLE_BYTES];
    unsigned char point[MPIN_G1_BYTES]; /* H(ID), once it is known */
    identity_t identity;
    user_t user;
    pass1_t pass[PASS1_LIVE]; /* what was consumed; the first names the reservation */
    int passes;
    bool failed;      /* a wrong PIN was recorded */
    uint32_t left;    /* tries left, after a wrong one */
    int retry_after;  /* seconds, when busy */
    apr_time_t began; /* on the clock that nobody sets */
} attempt_t;

/* Consumes the pass1 that is answered and reserves the attempt, in one step. STORE_MISSING: no
 * pass1 is live. An identity that is not in good standing gets its verdict at once and needs none.
 * `pass_id` may be NULL. */
store_status_t attempt_begin(rps_t *rps, const caller_t *caller,
                             const unsigned char handle[HANDLE_BYTES], const unsigned char *pass_id,
                             attempt_t *attempt, apr_pool_t *p);

/* Looks at the proof: with time permits, against today's, and in a day's first hour yesterday's. */
mpin_status_t attempt_judge(const rps_t *rps, const caller_t *caller, attempt_t *attempt,
                            const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                            const unsigned char v[MPIN_G1_BYTES]);

/* Records what came of it and gives the reservation back. A judgement that took longer than
 * JUDGE_SECONDS is not one, for its reservation may be gone: busy, and nobody learns what it was.
 * A wrong PIN that cannot be recorded leaves its reservation for a day in its place, and the answer
 * must be 503. Anything but accepted and wrong counts nothing. */
store_status_t attempt_end(rps_t *rps, const caller_t *caller, attempt_t *attempt,
                           mpin_status_t outcome, apr_pool_t *p);

#endif
