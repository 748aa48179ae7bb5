/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_INVITED_H
#define MPIN_RPS_INVITED_H

#include "people/invitation.h"
#include "rps/pending.h"

/* Invitations of administrators (MPinRegister invite), as the page shows them that their links lead
 * to: GET and POST /mpinActivate?i=. */

/* Says whose a link is; nothing changes. 410 link_gone for one that is used up, too old, or of a name
 * that may not come in; 403 other_browser for one that was accepted elsewhere. */
result_t *rps_invitation(rps_t *rps, const caller_t *caller, const char *token,
                         invitation_t *invitation, apr_pool_t *p);

/* Accepts it for the caller's browser, whose pad may set up a PIN for that name. */
result_t *rps_invitation_accept(rps_t *rps, const caller_t *caller, const char *token,
                                apr_pool_t *p);

/* The name for which the caller's browser may set up a PIN by an invitation; NULL for none. */
const char *invited_name(rps_t *rps, const caller_t *caller, apr_pool_t *p);

/* As prove_name, for a name that invited_name has just given. */
result_t *invited_prove(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                        apr_pool_t *p);

/* The registration becomes an identity with what else is in `together`, and so the invitation is
 * used up: `*used` is refused where another has done that. NULL, or the refusal. */
result_t *invited_join(rps_t *rps, const caller_t *caller, const pending_t *pending,
                       store_together_t *together, store_piece_t **used, apr_pool_t *p);

#endif
