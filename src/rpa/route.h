#ifndef MPIN_RPA_ROUTE_H
#define MPIN_RPA_ROUTE_H

#include "rpa/request.h"

/* Every endpoint is one function and one row of one table (mod_auth_mpin.c): method, path, audience, body,
 * function. */

/* The facts of a request, parsed and bounded, as an endpoint gets them. */
typedef struct facts_t {
    request_rec *r;
    const site_t *site;
    request_t *request;
    caller_t caller;
    prelogin_t prelogin;     /* this browser's; fresh when it had none (and then `prelogin_fresh`) */
    bool prelogin_fresh;
    known_t known;
    json_t *body;            /* BODY_JSON; an empty object where the body was empty */
    const apr_table_t *form; /* BODY_FORM: decoded fields; query fields are in `query` */
    const apr_table_t *query;
    const char *rest;        /* path after the row's, without leading '/', "" for none */
} facts_t;

typedef enum { AUDIENCE_PUBLIC, AUDIENCE_SIGNED_IN } audience_t;
typedef enum { BODY_NONE, BODY_JSON, BODY_FORM } body_t;
typedef enum { ANSWER_JSON, ANSWER_PAGE } answer_t; /* what a refusal looks like */

typedef struct route_t {
    const char *method;    /* "GET" serves HEAD too */
    path_name_t base;      /* configurable prefix */
    const char *path;      /* below the prefix: "" = itself, "/pass1", "/user/" + "*" = one more segment, "/" + "**" = anything below */
    audience_t audience;
    body_t body;
    apr_size_t limit;      /* bytes of body */
    answer_t answer;
    bool changes;          /* a state change: the origin policy applies */
    /* NULL: the endpoint has written its answer itself (a page, a file, a redirect) */
    result_t *(*serve)(facts_t *facts);
} route_t;

/* The table, ended by a row without a method; set once by the front door. */
void route_table(const route_t *rows);

/* translate hooks: claims the URL for us. Finds the row of method and path; a known path with another method has
 * a row too (405 with Allow). NULL: not ours. */
const route_t *route_find(const site_t *site, request_rec *r, const char **rest);

/* The handler: reads the body, checks origin and audience, calls the function, writes the answer. */
int route_handler(request_rec *r);

/* Origin policy for state changes (security model): Origin equals the public origin; without it Sec-Fetch-Site
 * is same-origin or absent. */
bool route_origin_ok(request_rec *r, const site_t *site);

#endif
