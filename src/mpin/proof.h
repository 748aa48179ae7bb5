/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_MPIN_PROOF_H
#define MPIN_MPIN_PROOF_H

#include <blst.h>
#include "mpin/mpin.h"
#include "mpin/pairing.h"

/* A verifier and a proof from within, for those who judge one and those who judge many. */

struct mpin_server_t {
    mpin_lines_t q;
    mpin_lines_t sq;
};

/* A proof, decoded: V is in the subgroup, y in [1, r-1], `h` affine (its Z is 1) where it was kept,
 * U as its caller checked it. */
typedef struct mpin_points_t {
    blst_p1 h;
    blst_p1_affine u, v;
    blst_scalar y;
} mpin_points_t;

/* What mpin_verify_kept does, in its two halves. */
mpin_status_t mpin_points_read(mpin_points_t *points, const unsigned char identity[MPIN_G1_BYTES],
                               const unsigned char u[MPIN_G1_BYTES],
                               const unsigned char y[MPIN_SCALAR_BYTES],
                               const unsigned char v[MPIN_G1_BYTES]);
mpin_status_t mpin_points_judge(const mpin_server_t *server, const mpin_points_t *points);

#endif
