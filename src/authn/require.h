/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_REQUIRE_H
#define MPIN_AUTHN_REQUIRE_H

#include <apr_pools.h>

/* Require mpin-amr VALUE..., Require mpin-max-age TIME. For use inside RequireAny and RequireAll.
 * People who lack nothing but a kind of proof are asked for it (authn/step_up.h); those whose proof is
 * too old for mpin-max-age are refused, and MPinReauthAfter asks for a newer one. */
void require_register(apr_pool_t *p);

#endif
