/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_CHECK_H
#define MPIN_AUTHN_CHECK_H

#include "web/request.h"

/* True where AuthType MPin governs the request. */
bool check_governs(const request_rec *r);

/* The session, when we signed this very request (not just its browser) in; else NULL. */
const session_t *check_user(const request_rec *r);

/* Has a program's token let it in? */
bool check_is_token(const request_rec *r);

#endif
