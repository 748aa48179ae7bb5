/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_REQUEST_H
#define MPIN_WEB_REQUEST_H

#include "session/demand.h"
#include "site/site.h"
#include "base/result.h"
#include "web/cookie_header.h"

/* Tells a browser to forget the pages that it keeps of this host (W3C Clear Site Data). Never what
 * else it stores: the PIN's token is there. */
#define CLEAR_SITE_DATA "Clear-Site-Data"
#define CLEAR_CACHE "\"cache\""

/* What we know of one request, kept in its request_config from post_read_request on. Subrequests
 * and internal redirects share the first request's. */
struct route_t;
struct refusal_t;

enum { TOSSED_SESSION = 1u, TOSSED_PRELOGIN = 2, TOSSED_KNOWN = 4, TOSSED_REMEMBER = 8 };

/* A program's token, as it was judged (authn/by_token.h). */
typedef enum {
    TOKEN_UNJUDGED = 0, /* or none came */
    TOKEN_GOOD,
    TOKEN_WRONG,     /* nobody's, or over */
    TOKEN_WAITS,     /* the same, once too often */
    TOKEN_TROUBLE,   /* of ours */
    TOKEN_REFUSED,   /* its owner may not sign in just now */
    TOKEN_NOT_HERE,  /* good for other paths or methods */
    TOKEN_NOT_ENOUGH /* for what the place asks */
} token_state_t;

typedef struct token_that_came_t {
    const char *header, *text; /* as it came; NULL without */
    apr_size_t len;
    token_state_t judged, state; /* for itself; and for this place */
    struct token_pass_t *pass;   /* where it is good for itself */
    int wait;                    /* seconds, of TOKEN_WAITS */
    store_status_t trouble;      /* of TOKEN_TROUBLE */
    struct result_t *refusal;    /* of TOKEN_REFUSED */
} token_that_came_t;

typedef struct request_t {
    const site_t *site;
    apr_pool_t *pool; /* the first request's, which outlives those of subrequests */

    /* our URL: whose request it is (one of the chain, never a subrequest; NULL = none is), its row
     * (NULL on the internal route of authn), what follows the row's path ("" for none), and the
     * query, which no longer stands in the request, so that no log shows it */
    const request_rec *claimed, *redacted;
    const struct route_t *route;
    const char *rest;
    const char *args;
    const char *referer;                       /* ... as it came, too */
    bool bore_service_secret, bore_rps_secret; /* web/admit.h */

    /* cookie values as they came; NULL when absent; a name that came twice counts as absent and
     * has its bit in `tossed` */
    cookie_value_t session_cookie, prelogin_cookie, known_cookie, remember_cookie;
    unsigned tossed; /* TOSSED_ bits */

    token_that_came_t token;
    struct resend_t *resend; /* authn/resend.h; NULL: it is a request like any other */
    const char *kept_page;   /* where what was posted waits to be sent again, NULL = it does not */

    bool session_read; /* at first use */
    session_status_t session_status;

    /* Set-Cookie lines to send; those that stand in the answer already */
    apr_array_header_t *set_cookies;
    int cookies_sent;
    apr_array_header_t *cleared; /* the same, sent before them: what may lie at other paths */
    int cleared_sent;

    /* the family of a session that is not there yet, where somebody has been told already */
    unsigned char next_family[SESSION_ID_BYTES];

    /* requests, by their level, at which a subrequest's refusal becomes the answer: mod_dir asks for
       what it shows. At all other times nobody reads it (an include), or reads in it whether a place
       is open (a look ahead: a redirect to the login would say so) */
    unsigned answered_by_parts;
    bool personal; /* the answer depends on the user: no shared cache may keep it */
    bool refused; /* a place of ours was, to whoever asks; the answer is ours if it is no success */
    bool told_read;            /* what a trusted login tells: `told_by` */
    const char *caching;       /* Cache-Control of an answer of ours, NULL = no-store */
    const request_rec *shared; /* whose headers have gone, and let everybody keep the answer */
    const struct refusal_t *refusal; /* what authn's internal route answers */
    const char *realm;               /* of a place whose 401 is ours, NULL for none */
    bool asks_program;               /* ... which takes tokens, of a program */
    int told;                        /* the status of an ErrorDocument to come, 0 for its own */
    const char *again;               /* where an error page leads, NULL for where its status says */
    const demand_t *unmet;           /* what such a place asks for, NULL for none */
    uint32_t amr_wanted, amr_supposed; /* authn/step_up.h */
    const uint32_t *marks_wanted;      /* likewise, NULL = all */
    const struct subject_t *told_by;   /* web/provided.h */
    struct overheard_t *overheard;     /* web/overheard.h */

    apr_table_t *for_parts; /* authn/export.c: variables for subrequests; NULL: not made yet */

    session_t session; /* where session_status is SESSION_OK, else not even zeros */
} request_t;

/* The first of a chain of internal redirects and subrequests: the one that came over the wire. */
static inline const request_rec *request_first(const request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

/* The bit of a request in answered_by_parts: the lowest is a main request's. */
static inline unsigned request_level(const request_rec *r)
{
    unsigned bit = 1;
    for (; r->main; r = r->main)
        bit <<= 1;
    return bit;
}

/* The state of a request's first request; NULL on vhosts where the engine is off. Each hook asks
 * for it, at every request. */
static inline request_t *request_of(const request_rec *r)
{
    return ap_get_module_config(request_first(r)->request_config, &auth_mpin_module);
}

/* Makes it (post_read_request). */
request_t *request_make(request_rec *r, const site_t *site);

/* Takes our cookies out of a Cookie header, so that no handler, proxy or CGI sees them. The header
 * without them, NULL when nothing is left. */
const char *request_take_cookies(request_t *request, const char *header, apr_pool_t *p);

/* True where the Set-Cookie line sets a cookie of ours. */
bool request_owns_cookie(const request_t *request, const char *line);

/* The query as it came, also where no log shall show it. */
static inline const char *request_query(const request_rec *r)
{
    const request_t *request = request_of(r);
    return request->redacted == r ? request->args : r->args;
}

/* Does a Require of the place ask for a user, whoever it has been told of already? For the hooks of
 * httpd's that come after it has asked itself. */
bool request_needs_user(request_rec *r);

/* The session, judged at a moment: sending a body slowly gains nothing. NULL unless SESSION_OK. */
const session_t *request_session_at(const request_rec *r, apr_time_t now);

/* The same, opened and checked at first use. */
static inline const session_t *request_session(const request_rec *r)
{
    const request_t *request = request_of(r);
    if (!request->session_read)
        return request_session_at(r, r->request_time);
    return request->session_status == SESSION_OK ? &request->session : NULL;
}

/* Deletes a cookie of ours that may lie at other paths or domains than ours are set for now: at each
 * from which the browser can have sent it. */
void request_clear_elsewhere(const request_rec *r, const char *name);

/* Cookies to send with the answer, whatever becomes of it. NULL value: delete it. `max_age` in
 * seconds, 0 = for the browser's session. */
void request_set_cookie(request_rec *r, const char *name, const char *value, long max_age);

/* This browser's pre-login state, or a fresh one. True when it came with the request. */
bool request_prelogin(const request_rec *r, prelogin_t *prelogin, apr_time_t now);

/* Did a cookie of ours come that stays when a sign-in ends the pre-login one? It may be good for
 * nothing any more. */
static inline bool request_was_here(const request_t *request)
{
    return request->session_cookie.text || request->known_cookie.text;
}

/* Sends the pre-login state as its cookie, sealed anew at `now`. False: no randomness. */
bool request_keep_prelogin(request_rec *r, const prelogin_t *prelogin, apr_time_t now);

/* Somebody is signed in: the pre-login state goes, and its cookie with it, unless something in it still
 * waits, with which it is sealed anew. */
void request_end_prelogin(request_rec *r, const prelogin_t *prelogin, apr_time_t now);

/* A browser that was led here from another site leaves cookies of SameSite=Strict at home. A page of
 * ours that leads on to the place brings them. */
bool request_left_cookies(const request_rec *r);

/* Adds the user to the known-browser cookie, and the handle of the device of this browser by whose
 * PIN they signed in (NULL: by none). */
void request_remember(request_rec *r, const char *name, const unsigned char *device,
                      apr_time_t now);

/* Takes that device out of it: it was removed here. */
void request_forget_device(request_rec *r, const unsigned char device[16], apr_time_t now);

#endif
