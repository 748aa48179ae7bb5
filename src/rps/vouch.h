/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_VOUCH_H
#define MPIN_RPS_VOUCH_H

#include "rps/application.h"

/* Registration by an application's word, at an RPS of other applications (MPinService rps). */

/* Asks the application about a registration that is kept and not active yet; `verify` has all but
 * the key, which is the same whenever it is asked. NULL, and `*active` says whether it is now. Else
 * the refusal, and the registration stays. */
result_t *vouch_registration(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                             const verify_t *verify, const char *reg_ott, bool *active,
                             apr_pool_t *p);

#endif
