/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_KEPT_H
#define MPIN_WEB_KEPT_H

#include "web/request.h"

/* What somebody posted when their session had expired (docs/security.md, "A form that met the login").
 * It waits in the store, sealed and fleeting, until the same user says in the same browser that it is to
 * be sent again; then it is gone. */
#define KEPT_BODY_MAX 65536 /* bytes */
#define KEPT_SECONDS 900
#define KEPT_ID_BYTES 16
#define KEPT_TYPE_MAX 200 /* bytes of a Content-Type */

typedef struct kept_form_t {
    unsigned char uid[SESSION_ID_BYTES];      /* who sent it */
    unsigned char browser[PRELOGIN_ID_BYTES]; /* from where: its pre-login id */
    uint32_t sent;                            /* seconds */
    const char *place;                        /* path and query, as they came */
    const char *before;                       /* the page in which the form stood, "" = unknown */
    const char *type;                         /* Content-Type */
    const char *body;
    apr_size_t len;
} kept_form_t;

/* Keeps it under a new id. STORE_EXISTS: as many as may be are kept of this user, or in all. */
store_status_t kept_put(const request_rec *r, const kept_form_t *kept,
                        unsigned char id[KEPT_ID_BYTES], apr_time_t now);

/* STORE_MISSING: it was never there, or it is gone, or of another browser or of somebody else than
 * `session`, for whom nothing waits: theirs is thrown away. */
store_status_t kept_get(const request_rec *r, const unsigned char id[KEPT_ID_BYTES],
                        const session_t *session, apr_time_t now, kept_form_t *kept);

/* The same, and it is gone: exactly one caller gets it. */
store_status_t kept_take(const request_rec *r, const unsigned char id[KEPT_ID_BYTES],
                         const session_t *session, apr_time_t now, kept_form_t *kept);

/* The path of the page that asks whether it is to be sent again; and is a place that page? */
#define KEPT_PAGE "/again/"
const char *kept_page(const site_t *site, const unsigned char id[KEPT_ID_BYTES], apr_pool_t *p);
bool kept_is_page(const site_t *site, const char *place);

/* Does the browser itself say that a page of this very origin sent the request? Nobody's silence
 * counts. */
bool kept_is_from_here(const request_rec *r);

#endif
