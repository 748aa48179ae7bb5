/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_CALLBACK_H
#define MPIN_LOGIN_CALLBACK_H

#include <httpd.h>

#include "site/trusted_logins.h"

/* What a provider answers comes to the other module's callback, which leads on to the place of the
 * login. Where it does not like the answer, mod_auth_openidc shows a page of its own, which leads
 * nowhere, as if all were well (200): ours, with another try, takes its place. */
void callback_register(void);
void callback_await(request_rec *r, const trusted_login_t *login);

#endif
