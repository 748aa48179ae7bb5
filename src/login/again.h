/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_AGAIN_H
#define MPIN_LOGIN_AGAIN_H

#include "web/facts.h"

/* A form that was posted when a session had expired is sent again once a person says so (web/kept.h). */

/* Keeps what the request posts, if it may be kept; then request_t's `kept_page` leads to it. Reads the
 * body, so: in a handler. */
void again_keep(request_rec *r, const prelogin_t *prelogin);

/* GET /login/again/ID: what would be sent, and the button that sends it; POST throws it away. */
result_t *again_page(facts_t *facts);
result_t *again_drop(facts_t *facts);

/* The answer to a button whose form is not there any more, or whose session has expired meanwhile. */
result_t *again_gone(facts_t *facts);

/* The field of a place's query that says what is to be sent there; it is the last one. */
#define AGAIN_FIELD "mpin-again"

#endif
