/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_SIGNIN_H
#define MPIN_WEB_SIGNIN_H

#include "web/facts.h"
#include "web/proven.h"

/* The one place where a proof becomes a session of this browser, and where its session ends. */
typedef struct signin_t {
    result_t *refusal;        /* NULL: signed in */
    const session_t *session; /* the request's from now on; NULL: none, until a trusted login has
                                 said again who it is (MPinTrustedMaxAge), which `location` asks */
    const char *location;     /* where the browser goes on: to one more step, else to its target */
} signin_t;

/* A session that the browser has is replaced: of the same user it is a step-up, which keeps the
 * family and what was proven; anybody else's ends. Cookies are set, the audit record is written.
 * Refusals: 403 user_disabled, 503. */
signin_t signin(facts_t *facts, const proven_t *proven);

/* A place that a browser names as where it wants to go: of our own origin, or of a host that
 * MPinReturnHosts has. NULL for any other. */
const char *signin_place(const site_t *site, const char *named, apr_pool_t *p);

/* The page that offers a PIN on this device, or a passkey, and leads on to the target (NULL: MPinAfterLogin). */
const char *signin_offer(const site_t *site, const char *target, apr_pool_t *p);

/* The browser's session goes on as one of the user's present version, whose version has just risen:
 * with a new id, in its family, and with what it had proven. `proven` is what has just been proven
 * beside that; where it has no amr, nothing. Of it user, factor and amr count. */
result_t *signin_again(facts_t *facts, const proven_t *proven);

/* Signs out: revokes the session's family and deletes the cookie. NULL, or the refusal (503) of a
 * store that could not record it. */
result_t *signin_end(request_rec *r, apr_time_t now);

/* Ends all sessions that came from one login, wherever their cookies are. Of `session` its family
 * and expiry count: another vhost may have sealed it for longer than sessions last here. */
store_status_t signin_end_family(const site_t *site, const session_t *session, apr_time_t now);

#endif
