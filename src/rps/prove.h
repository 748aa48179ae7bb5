/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PROVE_H
#define MPIN_RPS_PROVE_H

#include "rps/pending.h"

/* Proof of a name (docs/identity.md, "Proof of a name"). Does the caller prove this canonical name,
 * in one of the configured ways? NULL, and `pending` says how: origin, and for a session uid and
 * its own facts, for a mailbox `silent`. Else the refusal: 403 proof_too_old with `login_url` where
 * only the session's proof is too old. */
result_t *prove_name(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                     apr_pool_t *p);

/* The worth of a session for a name: it was proven by password or passkey, or at another provider, and by any
 * sign-in not longer ago than DEMAND_LASTING_AGE; for a session alone makes nothing that outlives it
 * (docs/security.md, "A proof has an age"). A PIN alone adds no devices. */
typedef enum {
    SESSION_PROVES_NOT = 0, /* nobody's, somebody else's, or one that never proved the name */
    SESSION_PROVED_ONCE,    /* too long ago */
    SESSION_PROVES
} session_proof_t;
session_proof_t prove_weigh_session(const rps_settings_t *settings, const session_t *session,
                                    const char *name, apr_time_t now);

#endif
