/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_PROVIDERS_H
#define MPIN_WEB_PROVIDERS_H

#include <httpd.h>
#include <mod_auth.h>

#include "base/log.h"
#include "site/accounts.h"

/* httpd's authn providers, called as mod_auth_basic calls them. */

/* Asks one. While it works, r->user is the name and r->ap_auth_type is Basic, as some rely on;
 * afterwards both are what they were. `*called` is what the provider has made of r->user
 * (AuthLDAPRemoteUserAttribute), else `user`. */
authn_status providers_check(request_rec *r, const password_provider_t *provider, const char *user,
                             const char *password, const char **called);

/* One log line, once a minute at most: this provider is in trouble, and what to look at. */
void providers_complain(const log_sink_t *log, const password_provider_t *provider);

#endif
