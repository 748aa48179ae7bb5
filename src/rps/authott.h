/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_AUTHOTT_H
#define MPIN_RPS_AUTHOTT_H

#include "rps/otp.h"
#include "rps/standing.h"

/* An authOTT stands for a verdict, kept for a minute. The store's key is a hash, so that a list of
 * keys gives nobody an authOTT. */
#define AUTHOTT_SECONDS 60
#define AUTHOTT_UNJUDGED 500 /* a minute, in all */
#define AUTHOTT_TEXT_MAX 64  /* bytes of what clients send as one */

/* Its redeemer. BROWSER: the one that made pass2, once. PHONE: it answers the number or QR that
 * another browser asked for, and only that one gets a session for it; the phone that made
 * pass2 learns from it how that went. The two are kept apart, so that neither is taken for the
 * other. */
typedef enum { AUTHOTT_BROWSER = 1, AUTHOTT_PHONE } authott_kind_t;

typedef struct authott_t {
    unsigned char version, kind, verdict; /* authott_kind_t, verdict_t */
    unsigned char bound; /* `browser` counts; a browser's that is not bound is redeemed by nobody */
    uint32_t attempts_left, retry_after;
    unsigned char browser[PRELOGIN_ID_BYTES]; /* that made pass2 */
    unsigned char handle[HANDLE_BYTES];
    unsigned char wid[WID_BYTES];      /* PHONE: what it answers; all zero: nothing that is live */
    char otp[OTP_DIGITS + 1];          /* BROWSER: the code that pass2 answered; "" without one */
    char mpin_id[2 * MPIN_ID_MAX + 1]; /* for the application that redeems it; "" at a site */
} authott_t;

/* A new one of `record->kind`, bound to the caller's pre-login cookie: 32 hex digits in the
 * pool. */
store_status_t authott_issue(rps_t *rps, const caller_t *caller, authott_t *record,
                             const char **text, apr_pool_t *p);

/* One for an attempt that was not judged: it says the verdict itself (locked, withdrawn, disabled
 * or busy) to the caller's browser and is kept nowhere, so that nobody fills the store with them.
 * It looks like any other and can be redeemed more than once. */
const char *authott_idle(const rps_t *rps, const caller_t *caller, verdict_t verdict,
                         apr_pool_t *p);

/* An idle one of this caller (without a pre-login cookie: of all who have none); STORE_MISSING. */
store_status_t authott_idle_read(const rps_t *rps, const caller_t *caller, const char *text,
                                 authott_t *record);

/* A browser's: exactly one caller gets a record, STORE_MISSING for all others and for what is no
 * authOTT. */
store_status_t authott_take(rps_t *rps, const caller_t *caller, const char *text, authott_t *record,
                            apr_pool_t *p);

/* A phone's: reads it, and it stays; and takes it, as above. */
store_status_t authott_phone(rps_t *rps, const char *text, authott_t *record, apr_pool_t *p);
store_status_t authott_phone_take(rps_t *rps, const char *text, authott_t *record, apr_pool_t *p);

#endif
