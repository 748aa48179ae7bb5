/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of src/rps/together.c in a module that is made for measuring: each proof is judged by
 * itself as soon as it comes, by as many workers as there are. */
#include "rps/together.h"

together_t *together_make(int places, apr_pool_t *p)
{
    (void)places;
    return apr_pcalloc(p, 1);
}

int together_places(void)
{
    return 1;
}

int together_waiting(together_t *together)
{
    (void)together;
    return 0;
}

company_t together_judge(together_t *together, const mpin_server_t *server, mpin_proof_t *proof)
{
    (void)together;
    proof->status = mpin_verify_kept(server, proof->identity, proof->u, proof->y, proof->v);
    return (company_t){.proofs = 1};
}
