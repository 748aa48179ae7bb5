/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_TOGETHER_H
#define MPIN_RPS_TOGETHER_H

#include <apr_pools.h>
#include "mpin/mpin.h"

/* Where a process judges its proofs (docs/performance.md, "Logins at once"). So many workers of a
 * server at most do that at a time, and the processors that are left are for short requests. A
 * proof that comes meanwhile waits, and whoever is next takes along all that wait, as a batch costs
 * a fraction of one by one. Nobody waits for company: where a place is free, a proof is judged at
 * once. */
typedef struct together_t together_t;

/* Before the processes fork: they share the places, and each has its own line. NULL when memory is
 * out. */
together_t *together_make(int places, apr_pool_t *p);

/* Half of the processors that this process may use, 1 at least. */
int together_places(void);

/* What a judgement had around it, for the log. */
typedef struct company_t {
    int proofs; /* judged in one, with this one; 0: another worker did it */
    int place;  /* in which, from 0 on */
} company_t;

/* Judges a proof as mpin_verify_batch does, alone or with those that wait for the same server's
 * judgement. Turns go to the oldest of a process first. The caller is kept until the proof has its
 * status. */
company_t together_judge(together_t *together, const mpin_server_t *server, mpin_proof_t *proof);

/* Proofs that are in line in this process just now. */
int together_waiting(together_t *together);

#endif
