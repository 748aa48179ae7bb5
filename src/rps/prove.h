#ifndef MPIN_RPS_PROVE_H
#define MPIN_RPS_PROVE_H

#include "rps/pending.h"

/* Proof of a name (docs/identity.md, "Proof of a name"). Does the caller prove this canonical name,
 * in one of the configured ways? NULL, and `pending` says how: origin, and for a session uid and
 * its own facts, for a mailbox `silent`. Else the refusal: 403 proof_too_old with `login_url` where
 * only the session's proof is too old. */
result_t *prove_name(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                     apr_pool_t *p);

/* The worth of the caller's session for a name: a session alone makes nothing that outlives it
 * (docs/security.md, "A proof has an age"). */
typedef enum {
    SESSION_PROVES_NOT = 0, /* somebody else's, or one that never proved the name */
    SESSION_PROVED_ONCE,    /* it did, longer ago than DEMAND_LASTING_AGE */
    SESSION_PROVES
} session_proof_t;
store_status_t prove_weigh_session(rps_t *rps, const caller_t *caller, const char *name,
                                   session_proof_t *proof, apr_pool_t *p);

#endif
