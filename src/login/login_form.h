/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_LOGIN_FORM_H
#define MPIN_LOGIN_LOGIN_FORM_H

#include "login/page.h"
#include "login/way.h"

/* What the forms share: values, and the tokens that are bound to the pre-login cookie. */

/* The values of the login form: password, pin, insecure, csrf, return, for, by, long_way,
 * login_url, post_lost, too_long. */
void form_show(page_values_t *page, const prelogin_t *prelogin, const way_t *way);

/* Is a way more than the fields of a form take? */
bool form_way_is_long(const way_t *way);

/* The purpose of the token that all forms of a signed-in person's have: to sign out, and to change
 * the account. */
#define SESSION_FORMS "session"

/* Whether the posted field `csrf` is the token of `id` (the pre-login state's or the session's) for
 * `purpose`. */
bool form_token_ok(const facts_t *facts, const unsigned char id[16], const char *purpose);

/* Whether the browser itself says that a page of this origin sent the form. */
bool form_sent_by_our_pages(const request_rec *r);

/* Whether a page of ours, opened by this browser, posted the form. Its token tells; so does a
 * browser that says itself which site sent it (another tab may have got the cookie that counts). */
bool form_is_ours(const facts_t *facts, const char *purpose);

#endif
