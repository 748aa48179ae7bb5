#ifndef MPIN_RPA_REQUEST_H
#define MPIN_RPA_REQUEST_H

#include "config/site.h"
#include "base/result.h"

/* What we know of one request, kept in r->request_config from post_read_request on. Subrequests and internal
 * redirects share the first request's. Cookies of ours are taken out of the headers when it is made, so
 * that no handler, proxy or CGI sees them. */
struct route_t;

typedef struct request_t {
    const site_t *site;
    const struct route_t *route; /* our URL, or NULL */
    const char *rest;            /* what follows the route's path, "" for none */

    /* cookie values as they came; NULL when absent; a name that came twice counts as absent and `tossed` */
    const char *session_cookie, *prelogin_cookie, *known_cookie;
    bool tossed;

    /* filled at first use */
    bool session_read;
    session_status_t session_status;
    session_t session;

    /* Set-Cookie lines to send, and whether the answer depends on who asked */
    apr_array_header_t *set_cookies;
    bool authenticated;
} request_t;

/* The state of a request's first request; NULL on vhosts where the engine is off. */
request_t *request_of(request_rec *r);

/* Makes it (post_read_request). */
request_t *request_make(request_rec *r, const site_t *site);

/* The session, opened and checked at first use; NULL unless SESSION_OK. */
const session_t *request_session(request_rec *r);

/* Cookies to send with the answer, whatever becomes of it. NULL value: delete it. `max_age` in seconds, 0 = for
 * the browser's session. */
void request_set_cookie(request_rec *r, const char *name, const char *value, long max_age);

/* Signs in: seals the session into its cookie, adds the known-browser cookie. `session` has uid, name, version,
 * amr, auth_time ... filled; ids and times are made here; a session that is replaced is revoked unless it is of
 * the same user (then the family stays). False: 503. */
bool request_sign_in(request_rec *r, session_t *session, apr_time_t now);

/* Revokes the session's family and deletes the cookie. False when the revocation could not be stored. */
bool request_sign_out(request_rec *r, apr_time_t now);

#endif
