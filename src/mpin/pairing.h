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

/* True iff e(p, q) * e(p2, q2) = 1. Neither p is the identity; all lie in their subgroups. */
bool mpin_pairings_cancel(const mpin_lines_t *q, const blst_p1_affine *p, const mpin_lines_t *q2,
                          const blst_p1_affine *p2);

#endif
