/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_PLACE_H
#define MPIN_SITE_PLACE_H

#include <apr_thread_mutex.h>
#include "site/site.h"

/* From settings to a site that works. post_config, in the parent, makes for each vhost a place with
 * what is known there, and for each store a depot, shared by the vhosts that name it. child_init
 * opens the depots and raises the sites. A depot that could not be opened is tried again by
 * requests, at most once a second: until then its sites answer 503, and a child is not thrown away
 * for what other vhosts have no part in. */

typedef struct depot_t {
    store_settings_t settings; /* `keys` is NULL where the parent could not prepare: down until the
                                  next reload */
    apr_time_t read;           /* when the parent read them */
    const server_config_t *config;      /* of the first vhost that names it */
    apr_interval_time_t longest;        /* session that can live in it */
    const second_dta_setting_t *second; /* MPinSecondDTA of its vhosts, NULL without */
    const keys_app_t *second_app;       /* what we name ourselves by there */
    accounts_t accounts;                /* of its vhosts */
    seats_t *seats;
    health_t *health; /* of its second D-TA, NULL: nobody keeps it */
    log_sink_t log;

    /* the child's */
    apr_pool_t *pool; /* with an allocator of its own: used under `mutex` only */
    apr_thread_mutex_t *mutex;
    apr_time_t tried;
    bool told; /* that it is down */
    store_t *store;
    revocations_t *revocations;
    people_t *people;
    http_t *http;
    dta_t *dta;
    split_t *split;
} depot_t;

typedef struct place_t {
    const site_t *now; /* `down`, then `up`: read and written atomically */
    site_t down;       /* settings only */
    site_t up;
    depot_t *depot;
} place_t;

/* The place of a server with the engine on; NULL when it has no public URL. */
place_t *place_make(const server_config_t *config, server_rec *server, apr_pool_t *p);

/* The site that serves now. Where the store is down, one caller a second opens it first. */
const site_t *place_site(place_t *place);

/* Reads the depot's keys (or makes the file at the very first start) and prepares its store. False:
 * `*why` is one sentence with the mend. */
bool depot_prepare(depot_t *depot, apr_pool_t *p, const char **why);

#endif
