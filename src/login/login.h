/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_LOGIN_H
#define MPIN_LOGIN_LOGIN_H

#include "session/demand.h"
#include "web/facts.h"

/* Pages and forms: rows of the route table. Each writes its answer itself and returns NULL, or
 * returns a refusal that becomes the error page. */
result_t *login_page(facts_t *facts);      /* GET /login */
result_t *login_password(facts_t *facts);  /* POST /login: username, password, csrf */
result_t *logout_page(facts_t *facts);     /* GET /logout shows a button */
result_t *logout_submit(facts_t *facts);   /* POST /logout: csrf */
result_t *login_step(facts_t *facts);      /* GET /login/step: what a second step asks */
result_t *login_step_done(facts_t *facts); /* POST /login/step: factor, code, csrf */
result_t *login_step_send(facts_t *facts); /* POST /login/step/send: factor, csrf */
/* POST /login/passkey ({step}): what the browser asks a passkey; /login/passkey/verify ({credential,
 * return}) has its answer, and says where to go on: {user, location}. */
result_t *login_passkey(facts_t *facts);
result_t *login_passkey_verify(facts_t *facts);
result_t *login_asset(facts_t *facts);  /* GET /mpin.js, /mpin/...: files built in */
result_t *login_mobile(facts_t *facts); /* GET /m, which leads to /m/index.html: for phones */

/* The error page for a refusal of ours; used for page routes, and by authn for 403 and 503. */
int login_error_page(request_rec *r, const result_t *result);

/* Where a person who must log in is sent: the login page's path, with the way back in its query. */
const char *login_begin(request_rec *r, const demand_t *demand, bool post_lost);

/* The same at a page of the administrator's that leads to the login page of another host. */
const char *login_begin_at(request_rec *r, const char *page, const demand_t *demand,
                           bool post_lost);

/* The login page itself as the answer to a POST that could not be let in ("your data were not
 * sent"), 401. */
int login_page_for_post(request_rec *r, const demand_t *demand);

/* A page that leads out of the frame in which it is shown, to the login, 401. */
int login_page_for_frame(request_rec *r, const demand_t *demand);

/* The page that goes with a 401 to another web server, which may hand it on: it leads to `login`, out of
 * a frame where it is in one. */
int login_page_for_asker(request_rec *r, const char *login);

#endif
