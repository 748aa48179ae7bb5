/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_MPIN_POINT_H
#define MPIN_MPIN_POINT_H

#include <blst.h>
#include "mpin/mpin.h"

/* Points between the wire and blst, and the points that identities stand for. */

/* MPIN_ACCEPTED: a point of the subgroup of order r, and not the identity. */
mpin_status_t mpin_g1_decode(blst_p1_affine *point, const unsigned char wire[MPIN_G1_BYTES]);
mpin_status_t mpin_g2_decode(blst_p2_affine *point, const unsigned char wire[MPIN_G2_BYTES]);

/* The same without the subgroup check, for a point that has had it. */
mpin_status_t mpin_g1_decode_on_curve(blst_p1_affine *point,
                                      const unsigned char wire[MPIN_G1_BYTES]);

/* Neither looks at the coordinates' values; the identity has no encoding and must not come here. */
void mpin_g1_encode(unsigned char wire[MPIN_G1_BYTES], const blst_p1_affine *point);
void mpin_g2_encode(unsigned char wire[MPIN_G2_BYTES], const blst_p2_affine *point);

/* H(ID) and H_T(date, ID). */
void mpin_identity_point(blst_p1 *point, const unsigned char hash_mpin_id[MPIN_HASH_BYTES]);
void mpin_permit_point(blst_p1 *point, uint32_t date,
                       const unsigned char hash_mpin_id[MPIN_HASH_BYTES]);

#endif
