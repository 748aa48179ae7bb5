/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_TOKEN_OWNER_H
#define MPIN_WEB_TOKEN_OWNER_H

#include "people/tokens.h"
#include "session/caller.h"
#include "web/request.h"

/* May the owner of a token, who is active, still sign in here? A token outlives sessions, so it is held
 * against what a sign-in by a passkey is: MPinRegisterAllow and MPinTrustedMaxAge. NULL; 403
 * not_allowed or trusted_too_old; 503 where an application or the store does not say. */
result_t *token_owner_refusal(request_rec *r, const request_t *request, const user_t *owner);

/* The former alone, when a token is made. */
result_t *token_owner_listed(const site_t *site, const caller_t *caller, const char *name,
                             apr_pool_t *p);

#endif
