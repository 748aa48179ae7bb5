/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs that came together, judged together.
 *
 * Proof i is right iff E_i = e(V_i, Q) * e(U_i + y_i*H_i, sQ) is 1. Pairings are bilinear, so
 * e(sum of w_i*V_i, Q) * e(sum of w_i*(U_i + y_i*H_i), sQ) is the product of all E_i^w_i: one
 * pairing product for any number of proofs. All E lie in a group of prime order r. Hence:
 *
 * - Right proofs give 1, whatever the weights. None is ever taken for a wrong one.
 * - One proof by itself gives 1 iff it is right: w_i is not 0 modulo r. So a batch that is halved
 *   down to one proof is judged exactly, and a product of a half, which is that of the whole
 *   divided by that of the other half, is exact too.
 * - Several with a false one, j, among them: whatever the others and their weights are, at most one
 *   w_j modulo r makes the product 1, and of 2^128 weights, all equally likely, at most one is it
 *   (mpin/weigh.h). A proof stands in at most 6 ranges of two and more (64, 32, .. 2), so a false
 *   one is accepted with a probability of at most 6/2^128 < 2^-125; any of a batch with 63/2^128.
 *
 * The weights are drawn when all proofs have been copied here, so no proof can depend on them; they
 * serve one batch, are independent of all others, and no answer depends on them but in those cases.
 * So whoever tries often, and learns from each answer, gains no more than the sum of the
 * probabilities. The time that a batch takes depends on its weights, and may give them away when
 * nothing can be done with them any more; it also tells those in the batch whether there was a wrong
 * PIN in it, not whose. A batch with a weight of 0 would not ask one of its proofs: it is judged one
 * by one.
 *
 * The curve has points of small order (3 and 11 among others), which the pairing maps to 1. Each V
 * is checked to have no part of one by itself, as in mpin_verify_kept: a check of their weighted sum
 * would miss a part of order 3 one time in three. A kept U has had its check. Should one have such a
 * part, it would count as 1 in E, and so do sums of such parts with any weights: it can't make up
 * for an error of another proof, and there is nothing that two of them could cancel.
 *
 * Each halving takes one product, and so N wrong proofs take N of them, as one by one; the weights
 * are what they cost in addition: a twentieth, where y*H by itself is saved. */
#include "mpin/mpin.h"

#include <sodium.h>
#include <stdbool.h>
#include "mpin/weigh.h"

/* Those proofs of a batch that are well-formed, in the order in which they came. */
typedef struct batch_t {
    const mpin_server_t *server;
    int count;
    mpin_proof_t *proof[MPIN_BATCH_MAX];
    mpin_points_t points[MPIN_BATCH_MAX];
    mpin_weight_t weight[MPIN_BATCH_MAX];
    mpin_sides_t sides[MPIN_BATCH_MAX];
} batch_t;

static void read_proofs(batch_t *batch, mpin_proof_t *const proofs[], int count)
{
    batch->count = 0;
    for (int i = 0; i < count; i++) {
        mpin_proof_t *proof = proofs[i];
        proof->status = mpin_points_read(&batch->points[batch->count], proof->identity, proof->u,
                                         proof->y, proof->v);
        if (proof->status != MPIN_ACCEPTED)
            continue;
        proof->status = MPIN_WRONG_PIN; /* until it is shown right */
        batch->proof[batch->count++] = proof;
    }
}

static void judge_by_itself(const batch_t *batch, int at)
{
    batch->proof[at]->status = mpin_points_judge(batch->server, &batch->points[at]);
}

static void accept_range(const batch_t *batch, int from, int count)
{
    for (int i = from; i < from + count; i++)
        batch->proof[i]->status = MPIN_ACCEPTED;
}

/* False where a weight is 0, which a working generator draws once in 2^122 batches. */
static bool draw_weights(batch_t *batch)
{
    size_t used = (size_t)batch->count * sizeof *batch->weight;
    randombytes_buf(batch->weight, used);
    for (int i = 0; i < batch->count; i++) {
        if (batch->weight[i][0] == 0 && batch->weight[i][1] == 0)
            return false;
    }
    return true;
}

static void add_sides(const batch_t *batch, int from, int count, mpin_sides_t *sum)
{
    *sum = batch->sides[from];
    for (int i = from + 1; i < from + count; i++) {
        blst_p1_add_or_double(&sum->v, &sum->v, &batch->sides[i].v);
        blst_p1_add_or_double(&sum->c, &sum->c, &batch->sides[i].c);
    }
}

/* e(sum of w*V, Q) * e(sum of w*(U + y*H), sQ) */
static void pair_range(const batch_t *batch, int from, int count, blst_fp12 *product)
{
    mpin_sides_t sum;
    add_sides(batch, from, count, &sum);
    blst_p1 points[] = {sum.v, sum.c};
    blst_p1_affine affine[2];
    mpin_to_affine(affine, points, 2);
    mpin_pairings(product, &batch->server->q, &affine[0], &batch->server->sq, &affine[1]);
}

/* U + y*H can only be the identity where the weighted one is, and what that is called is
 * mpin_points_judge's to say. */
static void judge_wrong(const batch_t *batch, int at)
{
    if (blst_p1_is_inf(&batch->sides[at].c))
        judge_by_itself(batch, at);
}

/* The product of the second half is what is left when that of the first is taken out. */
static void judge_range(const batch_t *batch, int from, int count, const blst_fp12 *product)
{
    if (blst_fp12_is_one(product)) {
        accept_range(batch, from, count);
        return;
    }
    if (count == 1) {
        judge_wrong(batch, from);
        return;
    }
    int half = count / 2;
    blst_fp12 first, second;
    pair_range(batch, from, half, &first);
    judge_range(batch, from, half, &first);

    blst_fp12_conjugate(&first); /* the inverse, after a final exponentiation */
    blst_fp12_mul(&second, product, &first);
    judge_range(batch, from + half, count - half, &second);
}

static void judge_together(batch_t *batch)
{
    blst_fp12 product;
    for (int i = 0; i < batch->count; i++)
        mpin_weigh(&batch->sides[i], &batch->points[i], batch->weight[i]);
    pair_range(batch, 0, batch->count, &product);
    judge_range(batch, 0, batch->count, &product);
}

void mpin_verify_batch(const mpin_server_t *server, mpin_proof_t *const proofs[], int count)
{
    batch_t batch;
    batch.server = server;
    read_proofs(&batch, proofs, count);
    if (batch.count >= 2 && draw_weights(&batch)) {
        judge_together(&batch);
    } else {
        for (int i = 0; i < batch.count; i++)
            judge_by_itself(&batch, i);
    }
    sodium_memzero(batch.weight, (size_t)batch.count * sizeof *batch.weight);
}
