/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_PASSKEY_CHALLENGE_H
#define MPIN_FACTOR_PASSKEY_CHALLENGE_H

#include "session/prelogin.h"
#include "store/store.h"

/* What a passkey is asked to sign: random, good for five minutes, once, and for nothing but what it
 * was made for. Every visitor of a login page gets one, so it is not kept: a MAC over all of that
 * stands in it, and the store knows those that have been used. */
#define CHALLENGE_SECONDS 300
#define CHALLENGE_RANDOM 16 /* bytes */

typedef enum {
    CEREMONY_SIGN_IN, /* of whomever */
    CEREMONY_STEP,    /* of a user who is signed in */
    CEREMONY_ADD,     /* a passkey that looks who uses it */
    CEREMONY_ADD_KEY  /* one that need not: a second step */
} ceremony_t;

/* What one is made for. */
typedef struct passkey_challenge_t {
    ceremony_t ceremony;
    const unsigned char *browser; /* PRELOGIN_ID_BYTES */
    const unsigned char *user;    /* 16 bytes; NULL: of nobody yet */
} passkey_challenge_t;

/* base64url, in the pool. */
const char *passkey_challenge_make(const prelogins_t *prelogins,
                                   const passkey_challenge_t *challenge, apr_time_t now,
                                   apr_pool_t *p);

/* Was it made for this, less than CHALLENGE_SECONDS ago? */
bool passkey_challenge_is_for(const prelogins_t *prelogins, const char *text,
                              const passkey_challenge_t *challenge, apr_time_t now, apr_pool_t *p);

/* Uses up one that holds, and whose signature does: of any number of callers one gets STORE_OK, all
 * others STORE_EXISTS. */
store_status_t passkey_challenge_spend(store_t *store, const char *text, apr_time_t now,
                                       apr_pool_t *p);

#endif
