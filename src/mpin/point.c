/* SPDX-License-Identifier: Apache-2.0 */
#include "mpin/point.h"

#include <string.h>

#define UNCOMPRESSED 0x04
#define BLST_FLAG_BITS 0xe0
#define FP_BYTES 48

/* blst also takes compressed points and the identity, told by flags in the first byte of X.
 * MIRACL's encoding knows neither, so a set flag is refused before blst can see it. */
static mpin_status_t check_prefix(const unsigned char *wire)
{
    return wire[0] == UNCOMPRESSED && !(wire[1] & BLST_FLAG_BITS) ? MPIN_ACCEPTED : MPIN_MALFORMED;
}

static mpin_status_t from_blst(BLST_ERROR error)
{
    if (error == BLST_SUCCESS)
        return MPIN_ACCEPTED;
    return error == BLST_BAD_ENCODING ? MPIN_MALFORMED : MPIN_REFUSED;
}

/* Without flags the identity can't be written: (0, 0) is not on the curve. So no check for it
 * stands here. */
mpin_status_t mpin_g1_decode_on_curve(blst_p1_affine *point,
                                      const unsigned char wire[MPIN_G1_BYTES])
{
    mpin_status_t status = check_prefix(wire);
    return status == MPIN_ACCEPTED ? from_blst(blst_p1_deserialize(point, wire + 1)) : status;
}

mpin_status_t mpin_g1_decode(blst_p1_affine *point, const unsigned char wire[MPIN_G1_BYTES])
{
    mpin_status_t status = mpin_g1_decode_on_curve(point, wire);
    if (status == MPIN_ACCEPTED && !blst_p1_affine_in_g1(point))
        status = MPIN_REFUSED;
    return status;
}

mpin_status_t mpin_g2_decode(blst_p2_affine *point, const unsigned char wire[MPIN_G2_BYTES])
{
    mpin_status_t status = check_prefix(wire);
    if (status == MPIN_ACCEPTED)
        status = from_blst(blst_p2_deserialize(point, wire + 1));
    if (status == MPIN_ACCEPTED && !blst_p2_affine_in_g2(point))
        status = MPIN_REFUSED;
    return status;
}

/* Field by field, because blst's own serialisers branch on the coordinates, which here can be
 * secret. */
void mpin_g1_encode(unsigned char wire[MPIN_G1_BYTES], const blst_p1_affine *point)
{
    *wire++ = UNCOMPRESSED;
    blst_bendian_from_fp(wire, &point->x);
    blst_bendian_from_fp(wire + FP_BYTES, &point->y);
}

void mpin_g2_encode(unsigned char wire[MPIN_G2_BYTES], const blst_p2_affine *point)
{
    *wire++ = UNCOMPRESSED;
    blst_bendian_from_fp(wire, &point->x.fp[1]);
    blst_bendian_from_fp(wire + FP_BYTES, &point->x.fp[0]);
    blst_bendian_from_fp(wire + 2 * FP_BYTES, &point->y.fp[1]);
    blst_bendian_from_fp(wire + 3 * FP_BYTES, &point->y.fp[0]);
}

void mpin_identity_point(blst_p1 *point, const unsigned char hash_mpin_id[MPIN_HASH_BYTES])
{
    static const char dst[] = "BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN";
    blst_encode_to_g1(point, hash_mpin_id, MPIN_HASH_BYTES, (const byte *)dst, sizeof dst - 1, NULL,
                      0);
}

void mpin_permit_point(blst_p1 *point, uint32_t date,
                       const unsigned char hash_mpin_id[MPIN_HASH_BYTES])
{
    static const char dst[] = "BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN_TP";
    unsigned char message[4 + MPIN_HASH_BYTES] = {(unsigned char)(date >> 24),
                                                  (unsigned char)(date >> 16),
                                                  (unsigned char)(date >> 8), (unsigned char)date};
    memcpy(message + 4, hash_mpin_id, MPIN_HASH_BYTES);
    blst_encode_to_g1(point, message, sizeof message, (const byte *)dst, sizeof dst - 1, NULL, 0);
}
