/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_MPIN_WEIGH_H
#define MPIN_MPIN_WEIGH_H

#include <stdint.h>
#include "mpin/proof.h"

/* A weight of 128 bits, by which a proof counts in a batch: (a, b) stands for a + b*z^2, where z is
 * the curve's parameter. As 2^64 < z^2 and a + b*z^2 < 2^192 < r, no two pairs stand for one number
 * modulo r, and only (0, 0) for 0. Multiplying a point by z^2 costs one multiplication in the field,
 * so weights of this form take half the doublings of others. */
typedef uint64_t mpin_weight_t[2];

/* Both sides of the check of one proof, or of several in one. */
typedef struct mpin_sides_t {
    blst_p1 v; /* w*V */
    blst_p1 c; /* w*(U + y*H) */
} mpin_sides_t;

/* Time and addresses depend on the weight. */
void mpin_weigh(mpin_sides_t *sides, const mpin_points_t *proof, const mpin_weight_t weight);

/* One inversion for all. The identity becomes (0, 0); one of it among the points would make nothing
 * of all of them in blst_p1s_to_affine. */
void mpin_to_affine(blst_p1_affine *affine, blst_p1 *points, int count);

#endif
