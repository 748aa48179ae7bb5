/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_REFUSE_H
#define MPIN_AUTHN_REFUSE_H

#include "session/demand.h"
#include "web/request.h"

/* Refusals with a body of ours: the status is what the hook returns, the body comes from an
 * internal route. `result` lives in the first request's pool. */
int refuse_request(request_rec *r, int status, const result_t *result);

/* 401 with the login page for a demand, as the answer to a POST. */
int refuse_with_login(request_rec *r, demand_t demand);

/* True where nobody will read the refusal: a subrequest's that a handler makes. */
bool refuse_unseen(const request_t *request, const request_rec *r);

/* True where `r` is the internal route's request. */
bool refuse_is_route(const request_t *request, const request_rec *r);

#endif
