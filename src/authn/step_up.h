/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_STEP_UP_H
#define MPIN_AUTHN_STEP_UP_H

#include "web/request.h"

/* A signed-in user whom a Require mpin-amr refuses is asked for what is missing, where that would
 * let them in. */

/* Notes that a Require asks for one of these amr_t bits, and of trusted logins for these (NULL: any),
 * which the session lacks. True while it is supposed to have them. */
bool step_up_supposed(request_t *request, uint32_t amr, const uint32_t *marks);

/* Would the place let the user in, if they had shown what its Require lines ask for? Then `*demand`,
 * the place's own until then, is what they are asked for. */
bool step_up_helps(request_rec *r, demand_t *demand);

/* While that is found out, no refusal is one. */
static inline bool step_up_is_asking(const request_t *request)
{
    return request->amr_supposed != 0;
}

#endif
