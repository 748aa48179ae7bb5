/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_REDEEM_H
#define MPIN_RPS_REDEEM_H

#include "rps/authott.h"

/* The answer to the redemption of a verdict that is no right PIN. */
result_t *redeem_refusal(const authott_t *record, apr_pool_t *p);

/* True where the caller is the browser that made its pass2. */
bool redeem_is_of(const authott_t *record, const caller_t *caller);

/* 408 for what is no authOTT, and for one that came from another browser (which is logged). */
result_t *redeem_unknown(apr_pool_t *p);
result_t *redeem_foreign(rps_t *rps, const authott_t *record, apr_pool_t *p);

#endif
