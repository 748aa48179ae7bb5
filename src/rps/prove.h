/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PROVE_H
#define MPIN_RPS_PROVE_H

#include "rps/pending.h"

/* Proof of a name (docs/identity.md, "Proof of a name"). Does the caller prove this canonical name,
 * in one of the configured ways? NULL, and `pending` says how: origin, and for a session uid and
 * user_version, for a mailbox `silent`. Else the refusal. */
result_t *prove_name(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                     apr_pool_t *p);

#endif
