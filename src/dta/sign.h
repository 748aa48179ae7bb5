/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_SIGN_H
#define MPIN_DTA_SIGN_H

#include <apr_time.h>
#include "keys/keys.h"
#include "base/result.h"

/* Signed requests to a D-TA (docs/protocol.md, "D-TA"). `signature` is the hex HMAC-SHA256 of
 *
 *   serverSecret  "serverSecret" | app_id | expires
 *   clientSecret  "clientSecret" | app_id | hash_mpin_id | hash_user_id | expires
 *   timePermit    hash_mpin_id: good for today's permit, every day
 *   timePermits   hash_mpin_id | count | expires: ours, for more than one day
 *
 * Nothing separates the fields, so each is checked to the byte before the MAC is looked at: a field
 * that slid into its neighbour is caught there. */
#define DTA_AHEAD 60    /* seconds: `expires` is never later than that */
#define DTA_DAYS_MAX 30 /* permits in one answer */

/* A request as it came; NULL for what is absent. */
typedef struct dta_request_t {
    bool repeated; /* a parameter stands there twice */
    const char *app_id, *expires, *hash_mpin_id, *hash_user_id, *signature, *count;
} dta_request_t;

/* A request that has been checked. */
typedef struct dta_asked_t {
    unsigned char hash_mpin_id[32];
    apr_time_t expires; /* 0: of a signature without */
    int count;
    unsigned char mac[32];
} dta_asked_t;

/* ---- asking ---------------------------------------------------------------------------------- */

/* The query of a request, to go behind "...?". `app` is what the D-TA knows the application by; the
 * hash is 64 hex digits. (Of time permits we ask for one at a time; that of several is for
 * applications' own clients, and for the tests of those who serve them.) */
const char *dta_sign_server_secret(const keys_app_t *app, apr_time_t now, apr_pool_t *p);
const char *dta_sign_client_secret(const keys_app_t *app, const char *hash_mpin_id, int mobile,
                                   apr_time_t now, apr_pool_t *p);
const char *dta_sign_time_permits(const keys_app_t *app, const char *hash_mpin_id, int count,
                                  apr_time_t now, apr_pool_t *p);

/* The signature of a permit alone, as the RPS gives it to a client. */
const char *dta_sign_time_permit(const keys_app_t *app, const char *hash_mpin_id, apr_pool_t *p);

/* ---- being asked ----------------------------------------------------------------------------- */

/* NULL when the request is one of the application's own, and `asked` is filled; else 403
 * dta_request_malformed, 401 dta_signature_wrong (also for another application), 408
 * dta_request_expired. Whether it was used before is the caller's to know. */
result_t *dta_check_server_secret(const keys_app_t *app, const dta_request_t *request,
                                  apr_time_t now, dta_asked_t *asked, apr_pool_t *p);
result_t *dta_check_client_secret(const keys_app_t *app, const dta_request_t *request,
                                  apr_time_t now, dta_asked_t *asked, apr_pool_t *p);
result_t *dta_check_time_permit(const keys_app_t *app, const dta_request_t *request,
                                dta_asked_t *asked, apr_pool_t *p);
result_t *dta_check_time_permits(const keys_app_t *app, const dta_request_t *request,
                                 apr_time_t now, dta_asked_t *asked, apr_pool_t *p);

#endif
