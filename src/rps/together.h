/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_TOGETHER_H
#define MPIN_RPS_TOGETHER_H

#include <apr_pools.h>
#include "mpin/mpin.h"

/* Where a process judges its proofs. So many workers at most do that at a time, and the others are
 * free for short requests; a proof that comes meanwhile waits, and whoever is next takes all that
 * wait along, as a batch costs a fraction of one by one (docs/performance.md, "Logins at once").
 * Nobody waits for company: a proof that comes while a place is free is judged at once. */
typedef struct together_t together_t;

/* One a process, or before it forks: then each child has its own. `places`: so many workers judge
 * at a time, 1 at least. */
together_t *together_make(int places, apr_pool_t *p);

/* Half of the processors that this process may use, 1 at least. */
int together_places(void);

/* What a judgement had around it, for the log. */
typedef struct company_t {
    int proofs;  /* judged in one, with this one; 0: another worker did it */
    int judging; /* workers that judged when this one began, with it */
} company_t;

/* Judges a proof as mpin_verify_batch does, alone or with those that wait for the same server's
 * judgement. Turns go to the oldest first. The caller is kept until the proof has its status. */
company_t together_judge(together_t *together, const mpin_server_t *server, mpin_proof_t *proof);

/* Proofs that are in line just now. */
int together_waiting(together_t *together);

#endif
