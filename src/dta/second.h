#ifndef MPIN_DTA_SECOND_H
#define MPIN_DTA_SECOND_H

#include "base/http.h"
#include "base/seats.h"
#include "dta/dta.h"
#include "dta/sign.h"
#include "store/store.h"

/* The second D-TA (MPinSecondDTA): it holds a master share of its own, so that neither of the two
 * can make anybody's secret. Shares add up. Clients fetch theirs themselves, with a request that we
 * sign; the server's is fetched once and pinned in the store: who changes it later, the D-TA
 * itself included, changes nothing here. */
typedef struct second_dta_t second_dta_t;

typedef enum {
    SECOND_OK = 0,
    SECOND_DOWN,   /* no answer, or none that is a share; it may be asked again */
    SECOND_CHANGED /* another share than the pinned one */
} second_status_t;

/* One a store and child. `url` ends in "/"; everything given must outlive it. */
second_dta_t *second_make(const char *url, const keys_app_t *app, const dta_t *dta, store_t *store,
                          http_t *http, seats_t *seats, const log_sink_t *log, apr_pool_t *p);

/* The sum of our server secret and its. The first ever of a store waits for the second D-TA (3 s at
 * most, on a seat of its own; one thread a child, the others get SECOND_DOWN), all others for
 * nothing. The caller wipes it. */
second_status_t second_server_secret(second_dta_t *second, apr_time_t now,
                                     unsigned char sum[MPIN_G2_BYTES], apr_pool_t *p);

/* Is it there, and the one that we know? Asked before a secret is issued whose other half only it
 * can give; its word holds for a minute. */
second_status_t second_check(second_dta_t *second, apr_time_t now, apr_pool_t *p);

const char *second_url(const second_dta_t *second);

/* What we name ourselves by there: it tells one second D-TA from another. */
const char *second_id(const second_dta_t *second);

/* What a client asks it with: the query behind "clientSecret?", and the signature for
 * "timePermit". */
const char *second_params(const second_dta_t *second, const unsigned char hash_mpin_id[32],
                          apr_time_t now, apr_pool_t *p);
const char *second_permit_signature(const second_dta_t *second,
                                    const unsigned char hash_mpin_id[32], apr_pool_t *p);

#endif
