/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_REDEMPTION_H
#define MPIN_RPS_REDEMPTION_H

#include "base/result.h"
#include "base/token.h"
#include "people/people.h"

/* The worth of an authOTT to the relying party, which makes a session of it. */
typedef struct redemption_t {
    /* NULL when the person is who they say, and user and identity are then filled; else the answer:
     * 401 with attemptsLeft, 403, 408, 410, 429 or 503 */
    result_t *refusal;
    user_t user;
    identity_t identity;
    const char *mpin_id; /* as pass2 named it: at a service, else NULL */
    char otp[7];         /* a code that is good from now on; "" without one */
    bool by_phone;       /* a phone signs this browser in (phone/phone.h) ... */
    unsigned char wid[TOKEN_BYTES], auth_ott[TOKEN_BYTES]; /* ... and waits for the word on these */
    bool wants_word; /* at an RPS elsewhere: a phone may wait (remote/remote.h) */
} redemption_t;

#endif
