#ifndef MPIN_AUTHN_INSIDE_H
#define MPIN_AUTHN_INSIDE_H

#include "authn/authn.h"

/* What the files of this room share. */

#define AUTH_TYPE "MPin"

/* True where AuthType MPin governs the request. */
bool check_governs(const request_rec *r);

/* The session, when we signed this very request (not just its browser) in; else NULL. */
const session_t *check_user(const request_rec *r);

/* True where nobody will read the refusal: a subrequest's that a handler makes. */
bool refuse_unseen(const request_t *request, const request_rec *r);

/* Refusals with a body of ours: the status is what the hook returns, the body comes from the
 * internal route. `result` lives in the first request's pool. */
int refuse_request(request_rec *r, int status, const result_t *result);
int refuse_with_login(request_rec *r, demand_t demand);

/* True where `r` is the internal route's request. */
bool refuse_is_route(const request_t *request, const request_rec *r);

/* Require mpin-amr, Require mpin-max-age. */
void require_register(apr_pool_t *p);

/* The output filter. */
void filter_register(void);

#endif
