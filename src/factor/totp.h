/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_TOTP_H
#define MPIN_FACTOR_TOTP_H

#include "factor/kind.h"

/* Authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 s, which is what every app
 * reads; one step before and after is taken, too. */
#define TOTP_SECRET_BYTES 20
#define TOTP_DIGITS 6
#define TOTP_STEP 30 /* seconds */
#define TOTP_WINDOW 1

extern const kind_ops_t totp_ops;

/* What an app is told: the secret as it is typed, base32 in groups of four, and the URI of a QR
 * code. */
typedef struct totp_offer_t {
    const char *typed;
    const char *uri;
} totp_offer_t;

/* A new one that waits for its first code, with a secret of its own; another one of the user's that
 * waits is dropped. STORE_EXISTS: the user has FACTORS_MAX. */
store_status_t totp_begin(factors_t *factors, own_factor_t *factor, apr_time_t now, apr_pool_t *p);

/* Of one that waits: nobody is shown the secret of one that counts. `issuer` and the user's name
 * stand in the app. False when memory is out. */
bool totp_offer(const own_factor_t *factor, const char *issuer, const char *name,
                totp_offer_t *offer, apr_pool_t *p);

#endif
