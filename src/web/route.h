/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_ROUTE_H
#define MPIN_WEB_ROUTE_H

#include "web/facts.h"

/* From a URL to its row of the table of endpoints, and from the row to the answer. */

/* The table, ended by a row without a method, and how a refusal becomes a page; set once by the
 * front door. */
void route_table(const route_t *rows, int (*refusal_page)(request_rec *r, const result_t *result));

/* The row of that number, as the counters have it; NULL: there are fewer. */
const route_t *route_at(unsigned endpoint);

/* Every request asks thrice, and most go no further: the first letter of the path says so. */
static inline bool route_is_possible(const site_t *site, const request_rec *r)
{
    return r->uri && r->uri[0] == '/' && site->path_starts[(unsigned char)r->uri[1]];
}

/* Finds the row of method and path; a known path with another method has a row too (405 with
 * Allow), and so has every path under the RPS's and under a service's secret (404). NULL: not
 * ours. */
const route_t *route_find(const site_t *site, const request_rec *r, const char **rest);

/* Is it another web server's question about its client (AUDIENCE_ASKER)? */
static inline bool route_is_question(const request_rec *r)
{
    const request_t *request = request_of(r);
    return request->claimed == r && request->route && request->route->audience == AUDIENCE_ASKER;
}

/* Takes the query out of request line and URIs, and the Referer's, so that no log shows them. */
void route_redact(request_t *request, request_rec *r, const route_t *route);

/* What a provider says to another module's callback, and what leads to the place of a trusted login, the
 * line as it came only: the module reads it. */
void route_redact_callback(const request_t *request, request_rec *r);

/* The same for a request that mod_proxy takes to an RPS elsewhere: early only the line as it came,
 * which mod_proxy doesn't need; and all of it, once the answer has gone. Nothing where it is no such
 * request. */
void route_redact_front_line(const request_t *request, request_rec *r);
void route_redact_front(const request_t *request, request_rec *r);

/* Makes `r` ours. */
void route_claim(request_t *request, request_rec *r, const route_t *route, const char *rest);

/* The path without what is confidential in it, for the log: "/rps/signature/...". */
const char *route_plain_path(const request_t *request, apr_pool_t *p);

/* Answers a request that is ours by a row of the table: checks origin and audience, reads the body,
 * calls the function. */
int route_answer(request_rec *r);

#endif
