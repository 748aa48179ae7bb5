/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_REQUIRE_H
#define MPIN_AUTHN_REQUIRE_H

#include <apr_pools.h>

/* Require mpin-amr VALUE..., Require mpin-max-age TIME. For use inside RequireAny and RequireAll;
 * MPinLoginMethods and MPinReauthAfter send people to the login by themselves, these do not. */
void require_register(apr_pool_t *p);

#endif
