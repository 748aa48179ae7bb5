/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_MPIN_PAIRING_H
#define MPIN_MPIN_PAIRING_H

#include <blst.h>
#include <stdbool.h>

/* The lines of one G2 point's Miller loop, from blst_precompute_lines. */
#define MPIN_LINES 68
typedef struct mpin_lines_t {
    blst_fp6 line[MPIN_LINES];
} mpin_lines_t;

/* e(p, q) * e(p2, q2). A p of small order, or the identity as blst_p1_to_affine writes it, (0, 0),
 * counts as 1. */
void mpin_pairings(blst_fp12 *product, const mpin_lines_t *q, const blst_p1_affine *p,
                   const mpin_lines_t *q2, const blst_p1_affine *p2);

/* True iff that product is 1. */
bool mpin_pairings_cancel(const mpin_lines_t *q, const blst_p1_affine *p, const mpin_lines_t *q2,
                          const blst_p1_affine *p2);

#endif
