/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_TRUSTED_H
#define MPIN_LOGIN_TRUSTED_H

#include "login/page.h"
#include "login/way.h"
#include "site/trusted_logins.h"

/* Signing in by another Apache module (docs/trusted.md, "What is trusted for what"). */
#define TRUSTED_WAIT 600 /* seconds that somebody has at the provider */

/* ---- the way there (trusted_begin.c) ---- */

/* GET /login/with/NAME: a row of the route table. */
result_t *login_with(facts_t *facts);

/* The list `trusted` of a page: what the way takes of them; true where there is one. */
bool trusted_show(page_values_t *page, const way_t *way);

/* Where somebody is led at once, as there is nothing else to choose (`auto`); NULL: they choose. Only
 * once, and nobody who has just left, or was refused. */
const char *trusted_at_once(const facts_t *facts, const way_t *way);

/* What the pre-login cookie awaits by now is kept, and a page of ours leads to the place, with
 * "anew=1" or "refresh=1". NULL, or the refusal. */
result_t *trusted_lead(facts_t *facts, const trusted_login_t *login, const char *flag);

/* POST /refresh: csrf (form_sent_by_our_pages): the provider's news of who is signed in. */
result_t *login_refresh(facts_t *facts);

/* ---- strangers' links (trusted_led.c) ---- */

/* Where /login/with/NAME leads; `flag` goes along ("anew=1", or ""). */
const char *trusted_place(const facts_t *facts, const trusted_login_t *login, const char *flag);

/* Is it somebody else's link that leads to the place, or below it, which may bring a password? The row
 * that says so, before the other module sees it; NULL for any other request. */
bool trusted_is_led(const request_rec *r, const trusted_login_t *login);
const struct route_t *login_led_row(const request_rec *r);

/* ---- the way back (trusted_land.c) ---- */

/* A hook of the front door: the handler "mpin-trusted-login". */
int login_trusted_handler(request_rec *r);

/* 403: this browser asks for nobody there. `why` is for the log. */
result_t *trusted_unasked(const facts_t *facts, const char *why);

/* ---- nobody is signed in (trusted_failed.c) ---- */

/* Says "Login failed!" and why, with another try. NULL. */
result_t *trusted_failed(facts_t *facts, const trusted_login_t *login, result_t *why);

/* The same of what has nothing to do with what is under way, which goes on. */
result_t *trusted_failed_beside(facts_t *facts, const trusted_login_t *login, result_t *why);

/* The same of an answer that the other module has not liked: no word of the provider's. */
result_t *trusted_failed_there(facts_t *facts, const trusted_login_t *login);

/* The answer in the place of what another module has refused there with that status. */
int login_trusted_refused(request_rec *r, const trusted_login_t *login, int status);

/* A provider's "no" at the callback of one: the row that answers it, NULL for any other request.
 * mod_auth_openidc takes one that names its issuer for the beginning of a sign-in. */
const struct route_t *login_denied_row(const request_rec *r);

/* ---- linking one to an account (trusted_link.c) ---- */

/* Somebody who is signed in, and has asked for it by a form, goes there to link it to their account.
 * NULL, or the refusal. */
result_t *trusted_begin_link(facts_t *facts, const trusted_login_t *login);

/* Is that login the account's own, whose name it has given? */
bool trusted_is_own(const trusted_login_t *login, const char *name);

/* NULL, or why (NAME, subject), by the name that it alone would make, cannot be linked to that user.
 * `*there`: it is linked to them already, or their own. */
result_t *trusted_link_refusal(const facts_t *facts, const char *name, bool *there);

#endif
