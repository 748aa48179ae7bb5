/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PHONE_WORD_H
#define MPIN_RPS_PHONE_WORD_H

#include "rps/redemption.h"
#include "rps/room.h"

/* A phone hears how the login went that it offered a desktop (phone/offer.h), from us or from an
 * application. All of these are about redemptions by phone. */

/* The desktop was refused after all. */
void phone_word_refused(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                        apr_pool_t *p);

/* An application has redeemed it, which lets the desktop in. It may have said what its phone can
 * sign out with (logoutURL and logoutData of `body`), and may say more in a moment (/loginResult).
 */
void phone_word_first(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                      const json_t *body, apr_pool_t *p);

#endif
