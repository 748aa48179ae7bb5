/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_BY_TOKEN_H
#define MPIN_AUTHN_BY_TOKEN_H

#include "session/demand.h"
#include "web/request.h"

/* Programs that come in by a token (MPinTokens), at places whose MPinLoginMethods lists it. Their
 * session is kept apart from that of a cookie, so that no page of ours ever sees it. */

/* Does the place take tokens? */
static inline bool by_token_takes(const request_t *request, const demand_t *demand)
{
    return request->site->tokens && (demand->first & FACTOR_BIT(FACTOR_TOKEN));
}

/* The token's session, where it is good for this place and request. NULL: `request->token.state`
 * says why, or there is none. Judged once a request: guessing is counted. */
session_t *by_token_session(request_rec *r, request_t *request, const demand_t *demand);

/* The answer to a token that is not good enough; NULL: none came, and the place is any other's. */
const result_t *by_token_refusal(const request_t *request);

/* A good one, but not here, or not now: another one would be no better guess. */
static inline bool by_token_is_good_elsewhere(const request_t *request)
{
    return request->token.state == TOKEN_NOT_HERE || request->token.state == TOKEN_NOT_ENOUGH ||
           request->token.state == TOKEN_REFUSED;
}

/* A request that a token has let in has become one that it is not good for: a subrequest or an
 * internal redirect, of which httpd asks nobody again in the same section. */
bool by_token_strays(const request_rec *r, const request_t *request);

/* Gives the header back to the application of a place that the token opens (MPinTokens On pass); it
 * is seen nowhere else. */
void by_token_pass(request_rec *r, const request_t *request, const session_t *session);
void by_token_unpass(request_rec *r, const request_t *request);

#endif
