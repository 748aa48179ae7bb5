/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_CHALLENGE_H
#define MPIN_FACTOR_CHALLENGE_H

#include "factor/kind.h"

/* A code that is on its way to somebody: one live challenge of a user's factor, of the session that
 * asked for it, for ten minutes. It lives on the server, and is good once. */
#define CHALLENGE_LIFE 600  /* seconds */
#define CHALLENGE_AGAIN 30  /* seconds until another one may be sent */
#define CHALLENGE_VALUE 128 /* bytes */
#define CHALLENGE_TIME 40

typedef struct challenge_t {
    unsigned char session[SESSION_ID_BYTES];
    uint32_t sent; /* seconds */
    bool spent;
    char
        value[CHALLENGE_VALUE + 1]; /* the code, or what somebody else calls the challenge; "" while
                                        that is not known */
    char created[CHALLENGE_TIME + 1]; /* as somebody else says it, or "" */
    char expires[CHALLENGE_TIME + 1];
} challenge_t;

/* A new one, in place of the one before, unless that is younger than `again` seconds. `*wait` is how
 * many seconds to wait, 0 = go on; where it is more nothing has changed. */
store_status_t challenge_begin(const turn_t *turn, const char *value, int again, int *wait);

/* Adds what became known of the one that this turn has begun. STORE_MISSING: it is another one's by now. */
store_status_t challenge_fill(const turn_t *turn, const challenge_t *filled);

/* The one that this session may answer. STORE_MISSING: there is none, or it is over, or spent. */
store_status_t challenge_get(const turn_t *turn, challenge_t *challenge);

/* Exactly one caller gets STORE_OK for it; everybody else STORE_MISSING. */
store_status_t challenge_spend(const turn_t *turn, const char *value);

/* Nothing was sent, or nothing more can come of it. */
store_status_t challenge_drop(const turn_t *turn, const char *value);

/* Whether a code is on its way that this session may type, and in `*again` how many seconds until
 * another one may be sent. A store in trouble says no. */
bool challenge_is_live(const turn_t *turn, int *again);

result_t *code_expired(apr_pool_t *p);
result_t *code_soon(apr_pool_t *p, int wait);

#endif
