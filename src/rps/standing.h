/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_STANDING_H
#define MPIN_RPS_STANDING_H

#include "rps/room.h"

/* The worth of an identity just now, and the outcome of an attempt. */
typedef enum {
    VERDICT_NONE = 0, /* in good standing; not judged yet */
    VERDICT_RIGHT,
    VERDICT_WRONG,
    VERDICT_LOCKED,    /* too many wrong PINs */
    VERDICT_BUSY,      /* not judged, may be tried again */
    VERDICT_WITHDRAWN, /* no such identity (any more), or its user is gone */
    VERDICT_DISABLED   /* the user is disabled */
} verdict_t;

/* Reads an identity and its user and sets `verdict`. STORE_OK also for those that do not exist. */
store_status_t rps_standing(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            identity_t *identity, user_t *user, verdict_t *verdict, apr_pool_t *p);

/* A verdict in words, for logs. */
const char *verdict_text(verdict_t verdict);

/* The answer to an identity whose standing is not VERDICT_NONE: 410 locked, 403 user_disabled, else
 * 403 identity_revoked. */
result_t *standing_refusal(verdict_t standing, apr_pool_t *p);

#endif
