/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_CORS_H
#define MPIN_WEB_CORS_H

#include "web/facts.h"

/* MPinCORS: pages of exactly these origins may use the RPS, a D-TA's public part, and the files of
 * the PIN pad (Fetch standard, "CORS protocol"). Nothing else of ours, and no other page. */

/* True where `origin` is listed and the row is one of these. */
bool cors_allows(const site_t *site, const route_t *route, const char *origin);

/* The headers of every answer to a request for such a row, whatever its origin. */
void cors_headers(request_rec *r, const site_t *site, const route_t *route);

/* True for a preflight from a listed origin. Then the answer is ready but for its status, 204. */
bool cors_preflight(request_rec *r, const site_t *site, const route_t *route);

#endif
