/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_REFUSE_H
#define MPIN_AUTHN_REFUSE_H

#include "session/demand.h"
#include "web/request.h"

/* Refusals with a body: the status is what the hook returns. The administrator's ErrorDocument has
 * the first word, but not to scripts; else the body is ours and comes from an internal route. */

/* `result` lives in the first request's pool. */
int refuse_request(request_rec *r, int status, const result_t *result);

/* 401 with the login page for a demand, as the answer to a POST. */
int refuse_with_login(request_rec *r, demand_t demand);

/* 401 with a page that leads out of the frame in which it is shown, to the login. */
int refuse_framed(request_rec *r, demand_t demand);

/* 401 with what this function answers at the internal route; no document has a word in it. */
typedef int refuse_answer_t(request_rec *r, const demand_t *demand);
int refuse_by(request_rec *r, refuse_answer_t *answer, demand_t demand);

/* Leads there, whatever status the hook can return; no document has a word in it. */
int refuse_leading(request_rec *r, const char *location);

/* 401 and nothing of ours. */
int refuse_plainly(request_rec *r);

/* What another module refuses at the place of this trusted login gets a page of ours, with its
 * status and its headers: unless the administrator has a document for it. */
struct trusted_login_t;
void refuse_for_others(request_rec *r, const struct trusted_login_t *login);

/* True where it is such a refusal that there is: its page must not stand at that place, where the
 * other module would refuse it, too. */
bool refuse_is_for_others(const request_t *request);

/* True where nobody will read the refusal: a subrequest's that a handler makes, or one that only
 * looks ahead. */
bool refuse_unseen(const request_t *request, const request_rec *r);

/* True where `r` is the internal route's request. */
bool refuse_is_route(const request_t *request, const request_rec *r);

/* Answers that request. */
int refuse_answer(request_rec *r);

/* An internal redirect to the administrator's document: its status is the refusal's, which the
 * hook could not return. */
void refuse_pass_on_status(request_t *request, request_rec *r);

/* Gives a 401 of ours the header that it must have (RFC 9110, section 15.5.2), of a scheme for
 * which no browser asks its user. */
void refuse_challenge(const request_t *request, request_rec *r);

#endif
