#ifndef MPIN_RPS_AUTHOTT_H
#define MPIN_RPS_AUTHOTT_H

#include "rps/room.h"

/* What an authOTT stands for: a verdict, kept for a minute, redeemed once, by the browser that it
 * was made for. The store's key is a hash, so that who lists keys has no authOTT. */
#define AUTHOTT_SECONDS 60

typedef struct authott_t {
    unsigned char version, verdict; /* verdict_t */
    unsigned char bound; /* `browser` counts; one that is not bound is redeemed by nobody */
    unsigned char zero;
    uint32_t attempts_left, retry_after;
    unsigned char browser[PRELOGIN_ID_BYTES];
    unsigned char handle[HANDLE_BYTES];
} authott_t;

/* A new one, bound to the caller's pre-login cookie: 32 hex digits in the pool. */
store_status_t authott_issue(rps_t *rps, const caller_t *caller, authott_t *record,
                             const char **text, apr_pool_t *p);

/* One for an attempt that was not judged: it says the verdict itself (locked, withdrawn, disabled
 * or busy) to the caller's browser and is kept nowhere, so that nobody fills the store with them.
 * It looks like any other and can be redeemed more than once. */
const char *authott_idle(const rps_t *rps, const caller_t *caller, verdict_t verdict,
                         apr_pool_t *p);

/* Exactly one caller gets a record, STORE_MISSING for all others and for what is no authOTT. */
store_status_t authott_take(rps_t *rps, const caller_t *caller, const char *text, authott_t *record,
                            apr_pool_t *p);

#endif
