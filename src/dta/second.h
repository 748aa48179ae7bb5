/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_SECOND_H
#define MPIN_DTA_SECOND_H

#include "base/health.h"
#include "base/http.h"
#include "base/seats.h"
#include "dta/dta.h"
#include "keys/keys.h"
#include "store/store.h"

/* A D-TA made of two: ours, and a second one elsewhere (MPinSecondDTA) that holds a master share of
 * its own, so that neither of the two can make anybody's secret. Clients fetch its shares
 * themselves, with a request that we sign. Its share of the server's secret is fetched once and
 * pinned in the store: whoever changes it later, the second D-TA itself included, changes nothing
 * here.
 *
 * server_secret: one thread a child asks, on a seat of its own; the others get DTA_DOWN meanwhile.
 * check: its word holds for a minute.
 *
 * One a store and child; NULL when memory is out. `url` ends in "/", `app` is what we name
 * ourselves by there, and tells one second D-TA from another. Everything given must outlive it. */
dta_t *dta_with_second(const char *url, const keys_app_t *app, const dta_t *ours, store_t *store,
                       http_t *http, seats_t *seats, const log_sink_t *log, apr_pool_t *p);

/* From now on it is noted there how the second one does (NULL: nowhere); before anybody asks. */
void dta_second_watch(dta_t *dta, health_t *health);

#endif
