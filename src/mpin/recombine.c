/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of two D-TAs added. */
#include "mpin/mpin.h"

#include <sodium.h>
#include "mpin/point.h"

mpin_status_t mpin_recombine_g1(const unsigned char a[MPIN_G1_BYTES],
                                const unsigned char b[MPIN_G1_BYTES],
                                unsigned char sum[MPIN_G1_BYTES])
{
    struct {
        blst_p1_affine a, b, sum;
        blst_p1 jacobian;
    } secret;

    mpin_status_t status = mpin_g1_decode(&secret.a, a);
    if (status == MPIN_ACCEPTED)
        status = mpin_g1_decode(&secret.b, b);
    if (status != MPIN_ACCEPTED)
        goto done;

    blst_p1_from_affine(&secret.jacobian, &secret.a);
    blst_p1_add_or_double_affine(&secret.jacobian, &secret.jacobian, &secret.b);
    if (blst_p1_is_inf(&secret.jacobian)) {
        status = MPIN_REFUSED;
        goto done;
    }
    blst_p1_to_affine(&secret.sum, &secret.jacobian);
    mpin_g1_encode(sum, &secret.sum);
done:
    sodium_memzero(&secret, sizeof secret);
    return status;
}

mpin_status_t mpin_recombine_g2(const unsigned char a[MPIN_G2_BYTES],
                                const unsigned char b[MPIN_G2_BYTES],
                                unsigned char sum[MPIN_G2_BYTES])
{
    struct {
        blst_p2_affine a, b, sum;
        blst_p2 jacobian;
    } secret;

    mpin_status_t status = mpin_g2_decode(&secret.a, a);
    if (status == MPIN_ACCEPTED)
        status = mpin_g2_decode(&secret.b, b);
    if (status != MPIN_ACCEPTED)
        goto done;

    blst_p2_from_affine(&secret.jacobian, &secret.a);
    blst_p2_add_or_double_affine(&secret.jacobian, &secret.jacobian, &secret.b);
    if (blst_p2_is_inf(&secret.jacobian)) {
        status = MPIN_REFUSED;
        goto done;
    }
    blst_p2_to_affine(&secret.sum, &secret.jacobian);
    mpin_g2_encode(sum, &secret.sum);
done:
    sodium_memzero(&secret, sizeof secret);
    return status;
}
