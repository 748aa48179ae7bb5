/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_LOGIN_FORM_H
#define MPIN_LOGIN_LOGIN_FORM_H

#include "login/page.h"
#include "web/facts.h"

/* What the forms share: values, and the tokens that are bound to the pre-login cookie. */

/* The values of the login form for a state (`entry` NULL: none): password, pin, insecure, csrf,
 * state, post_lost. */
void form_show(page_values_t *page, const prelogin_t *prelogin, const prelogin_entry_t *entry);

/* Whether the posted field `csrf` is the token of `id` (the pre-login state's or the session's) for
 * `purpose`. */
bool form_token_ok(const facts_t *facts, const unsigned char id[16], const char *purpose);

#endif
