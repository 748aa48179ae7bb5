/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ALLOWED_H
#define MPIN_RPS_ALLOWED_H

#include "rps/room.h"

/* Does MPinRegisterAllow list this canonical name? (Asked when it registers and at every PIN
 * login.) NULL: yes. Else the refusal: 403 not_allowed with `no` for a message, also where there is
 * no such directive; where an application is to say and does not, 429 or 500. */
result_t *rps_not_allowed(rps_t *rps, const caller_t *caller, const char *name, const char *no,
                          apr_pool_t *p);

#endif
