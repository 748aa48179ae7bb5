/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_ADMIT_H
#define MPIN_WEB_ADMIT_H

#include "web/facts.h"

/* May this caller ask at all? Judged before anything of the body is read. */

/* Origin policy for state changes (docs/security.md, "Origin policy"): Origin equals the public
 * origin, or is one that MPinCORS lists for this row; without it Sec-Fetch-Site is same-origin or
 * absent. */
bool admit_origin(const request_rec *r, const site_t *site, const route_t *route);

/* True where loopback privileges hold (docs/security.md, "Loopback is not local"). */
bool admit_loopback(const request_rec *r, const site_t *site);

/* Takes the Authorization header that names the secret of an application or of an RPS out of a
 * request of ours, as httpd logs headers at trace4; the request remembers it. */
void admit_take_secret(request_t *request, request_rec *r);

/* True for an application that a service serves: it names the secret, or there is none and loopback
 * privileges hold. False for whatever a browser sends, wherever that runs. */
bool admit_service(const request_rec *r, const site_t *site);

/* True for the RPS that we stand in front of: the same with its secret, which may also stand as the
 * last segment of the path (`rest`). */
bool admit_rps(const request_rec *r, const site_t *site, const char *rest);

/* The path behind a first segment that is the service's secret ("/SECRET/status": "/status"), NULL
 * without one. A relying party of Milagro's can send no header of ours: its base URL has it. */
const char *admit_past_secret(const site_t *site, const char *uri);

#endif
