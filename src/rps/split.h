/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_SPLIT_H
#define MPIN_RPS_SPLIT_H

#include "rps/room.h"

/* Where secrets come from: our own D-TA alone, or it and the second one (MPinSecondDTA). With one
 * D-TA, the protocol's old clients still ask two: see dta/halves.h. */

/* NULL once there is a verifier, else 503. The first login of a child makes it, for all vhosts of the
 * store: it takes 40 kB, which a store that nobody signs in to shall not cost. Nothing is judged
 * without the second D-TA's share, which is waited for once in the life of a store; nor with other
 * D-TAs than the store's PINs were made with. */
result_t *split_ready(rps_t *rps, const caller_t *caller, apr_pool_t *p);

/* NULL when a registration would get all of its secret; else 503, and it can be tried again. */
result_t *split_can_issue(rps_t *rps, const caller_t *caller, apr_pool_t *p);

/* A registration, or a day, gets the hex of a share, and what the client asks the other D-TA with,
 * "" when the share is all. */
typedef struct share_t {
    const char *point;
    const char *more;
} share_t;

typedef bool split_issue_t(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                           apr_pool_t *p);

/* For clients of ours, that take a whole secret where there is one D-TA; and for all others, that
 * always ask two. False: no secret can be made. */
split_issue_t split_client_secret, split_time_permit;
split_issue_t split_client_secret_in_two, split_time_permit_in_two;

/* The second half of a client secret may be fetched once and soon after the first was issued:
 * exactly one caller gets STORE_OK. */
store_status_t split_take_expected(rps_t *rps, const unsigned char hash[MPIN_HASH_BYTES],
                                   apr_pool_t *p);

/* The hex of a point that came with that status, and wipes it; NULL unless it was accepted. */
const char *split_point(mpin_status_t status, unsigned char point[MPIN_G1_BYTES], apr_pool_t *p);

/* The base of the second D-TA as clients see it, ending in "/". */
const char *split_url(const rps_t *rps, apr_pool_t *p);

#endif
