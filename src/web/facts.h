/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_FACTS_H
#define MPIN_WEB_FACTS_H

#include "web/request.h"

/* What an endpoint is and what it gets: every one is a function and one row of one table
 * (mod_auth_mpin.c): method, path, audience, body, function. */

/* The facts of a request, parsed and bounded, as an endpoint gets them. */
typedef struct facts_t {
    request_rec *r;
    const site_t *site;
    request_t *request;
    caller_t caller;
    log_sink_t log;      /* where `caller.log` leads */
    prelogin_t prelogin; /* this browser's; fresh when it had none (then `prelogin_fresh`) */
    bool prelogin_fresh;
    known_t known;
    account_book_t book;
    json_t *body;     /* what came as JSON; an empty object where it was empty */
    const char *text; /* BODY_TEXT: JSON that the endpoint reads itself, and a NUL */
    apr_size_t text_len;
    const apr_table_t *form; /* the fields of a form, decoded; those of the query are apart */
    const apr_table_t *query;
    const char *rest; /* path after the row's, without leading '/', "" for none */
} facts_t;

/* AUDIENCE_SERVICE: applications that this vhost serves (MPinService); AUDIENCE_RPS: the RPS that
 * we stand in front of (MPinRPS URL). Neither is ever a browser. AUDIENCE_UNASKED: as public, and
 * the caller makes no difference: no cookie is opened for it. AUDIENCE_ASKER: another web server, which
 * asks for its client; httpd's own Require at the place says which. */
typedef enum {
    AUDIENCE_PUBLIC,
    AUDIENCE_SIGNED_IN,
    AUDIENCE_SERVICE,
    AUDIENCE_RPS,
    AUDIENCE_UNASKED,
    AUDIENCE_ASKER
} audience_t;
typedef enum { BODY_NONE, BODY_JSON, BODY_TEXT, BODY_FORM, BODY_FORM_OR_JSON } body_t;

static inline bool audience_is_a_machine(audience_t audience)
{
    return audience == AUDIENCE_SERVICE || audience == AUDIENCE_RPS;
}

typedef enum { ANSWER_JSON, ANSWER_PAGE } answer_t; /* what a refusal looks like */

typedef struct route_t {
    const char *method; /* "GET" serves HEAD too; any other is a state change: origin policy */
    path_name_t base;   /* configurable prefix, or the root of a service */
    const char *path;   /* below it: "" itself, "/pass1", "/user/" and '*' for one more segment,
                           "/" and "**" for anything */
    audience_t audience;
    body_t body;
    apr_size_t limit; /* bytes of body */
    answer_t answer;
    int malformed; /* status for a body that is not what it should be, 0 = 400 */
    /* NULL: the endpoint has written its answer itself (a page, a file, a redirect) */
    result_t *(*serve)(facts_t *facts);
} route_t;

#endif
