/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs that came together, judged together. */
#include "mpin/mpin.h"

void mpin_verify_batch(const mpin_server_t *server, mpin_proof_t *const proofs[], int count)
{
    for (int i = 0; i < count; i++) {
        mpin_proof_t *proof = proofs[i];
        proof->status = mpin_verify_kept(server, proof->identity, proof->u, proof->y, proof->v);
    }
}
