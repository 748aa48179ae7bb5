/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_CHECK_H
#define MPIN_AUTHN_CHECK_H

#include "web/request.h"

/* The session, when we signed this very request (not just its browser) in; else NULL. */
const session_t *check_user(const request_rec *r);

/* Has a program's token let it in? */
bool check_is_token(const request_rec *r);

/* What the place of the request asks for; and the session that meets it, which is then the
 * request's user, NULL for none. For a page of ours that answers by it. */
demand_t check_demand(const request_rec *r);
const session_t *check_admit(request_rec *r);

#endif
