/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_ORIGINAL_H
#define MPIN_WEB_ORIGINAL_H

#include "web/request.h"

/* The request that another web server asks about, as its headers say: X-Original-URL (nginx), or
 * X-Forwarded-Host and X-Forwarded-Uri (Traefik, Caddy); X-Original-Method or X-Forwarded-Method, where
 * none is GET. Only what httpd's Require has let in is read so. The scheme is our own, as our cookies are
 * of one only. */
typedef struct original_t {
    const char *method;
    const char *place;  /* where a login may lead back to (web/return_to.h) */
    const char *before; /* the page of that host from which it came (Referer), or the host's root */
} original_t;

typedef enum {
    ORIGINAL_READ = 0,
    ORIGINAL_MALFORMED, /* nothing is said, or twice and not the same, or what no request has */
    ORIGINAL_FOREIGN    /* of a host to which no login leads back */
} original_status_t;

original_status_t original_read(const request_rec *r, original_t *original);

/* Is it a GET or a HEAD? */
bool original_is_read(const original_t *original);

#endif
