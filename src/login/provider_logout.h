/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_PROVIDER_LOGOUT_H
#define MPIN_LOGIN_PROVIDER_LOGOUT_H

#include <httpd.h>

#include "site/trusted_logins.h"

/* Back-channel logout (OpenID Connect Back-Channel Logout 1.0): mod_auth_openidc judges the logout
 * token, and ends its own session; ours that came of it end here, by what the token names. Nothing
 * of the token is believed that mod_auth_openidc has not read and taken: it says so by an empty user
 * (docs/trusted.md, "OpenID Connect"). */

/* A request for the callback of a login begins: is it such a logout? Then its body is listened to,
 * as the other module reads it. */
void provider_logout_await(request_rec *r, const trusted_login_t *login);

/* A hook, as soon as the other module has judged the request. */
int login_provider_logout(request_rec *r);

#endif
