/* SPDX-License-Identifier: Apache-2.0 */
/* The server's check of a proof. */
#include "mpin/mpin.h"

#include <sodium.h>
#include "mpin/pairing.h"
#include "mpin/point.h"

struct mpin_server_t {
    mpin_lines_t q;
    mpin_lines_t sq;
};

mpin_server_t *mpin_server_make(const unsigned char server_secret[MPIN_G2_BYTES])
{
    mpin_server_t *server = NULL;
    blst_p2_affine sq;
    if (mpin_g2_decode(&sq, server_secret) == MPIN_ACCEPTED)
        server = sodium_malloc(sizeof *server);
    if (server) {
        blst_precompute_lines(server->q.line, blst_p2_affine_generator());
        blst_precompute_lines(server->sq.line, &sq);
        sodium_mprotect_readonly(server);
    }
    sodium_memzero(&sq, sizeof sq);
    return server;
}

void mpin_server_free(mpin_server_t *server)
{
    sodium_free(server);
}

mpin_status_t mpin_check_g1(const unsigned char point[MPIN_G1_BYTES])
{
    blst_p1_affine decoded;
    return mpin_g1_decode(&decoded, point);
}

/* e(V, Q) * e(U + y*H, sQ) = 1, for H = H(ID) or H(ID) + H_T. `y` is public by now, so blst_p1_mult
 * may take it. */
static mpin_status_t judge_proof(const mpin_server_t *server, const blst_p1 *h,
                                 const blst_p1_affine *u, const unsigned char y[MPIN_SCALAR_BYTES],
                                 const unsigned char v[MPIN_G1_BYTES])
{
    blst_scalar challenge;
    blst_scalar_from_bendian(&challenge, y);
    if (!blst_sk_check(&challenge))
        return MPIN_REFUSED;

    blst_p1_affine answer;
    mpin_status_t status = mpin_g1_decode(&answer, v);
    if (status != MPIN_ACCEPTED)
        return status;

    blst_p1 sum;
    blst_p1_mult(&sum, h, challenge.b, 8 * sizeof challenge.b);
    blst_p1_add_or_double_affine(&sum, &sum, u);
    if (blst_p1_is_inf(&sum))
        return MPIN_REFUSED;

    blst_p1_affine challenged;
    blst_p1_to_affine(&challenged, &sum);
    return mpin_pairings_cancel(&server->q, &answer, &server->sq, &challenged) ? MPIN_ACCEPTED
                                                                               : MPIN_WRONG_PIN;
}

mpin_status_t mpin_verify(const mpin_server_t *server,
                          const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                          const unsigned char u[MPIN_G1_BYTES],
                          const unsigned char y[MPIN_SCALAR_BYTES],
                          const unsigned char v[MPIN_G1_BYTES])
{
    blst_p1_affine commitment;
    mpin_status_t status = mpin_g1_decode(&commitment, u);
    if (status != MPIN_ACCEPTED)
        return status;

    blst_p1 h;
    mpin_identity_point(&h, hash_mpin_id);
    return judge_proof(server, &h, &commitment, y, v);
}

void mpin_identity(const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                   unsigned char identity[MPIN_G1_BYTES])
{
    blst_p1 h;
    blst_p1_affine affine;
    mpin_identity_point(&h, hash_mpin_id);
    blst_p1_to_affine(&affine, &h);
    mpin_g1_encode(identity, &affine);
}

static void identity_with_permit(blst_p1 *sum, uint32_t date,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES])
{
    blst_p1 permit;
    mpin_identity_point(sum, hash_mpin_id);
    mpin_permit_point(&permit, date, hash_mpin_id);
    blst_p1_add_or_double(sum, sum, &permit);
}

void mpin_identity_on(uint32_t date, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                      unsigned char identity[MPIN_G1_BYTES])
{
    blst_p1 sum;
    blst_p1_affine affine;
    identity_with_permit(&sum, date, hash_mpin_id);
    blst_p1_to_affine(&affine, &sum);
    mpin_g1_encode(identity, &affine);
}

mpin_status_t mpin_verify_kept(const mpin_server_t *server,
                               const unsigned char identity[MPIN_G1_BYTES],
                               const unsigned char u[MPIN_G1_BYTES],
                               const unsigned char y[MPIN_SCALAR_BYTES],
                               const unsigned char v[MPIN_G1_BYTES])
{
    blst_p1_affine commitment, kept;
    mpin_status_t status = mpin_g1_decode_on_curve(&commitment, u);
    if (status == MPIN_ACCEPTED)
        status = mpin_g1_decode_on_curve(&kept, identity);
    if (status != MPIN_ACCEPTED)
        return status;

    blst_p1 h;
    blst_p1_from_affine(&h, &kept);
    return judge_proof(server, &h, &commitment, y, v);
}

mpin_status_t mpin_verify_permit(const mpin_server_t *server,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 const unsigned char ut[MPIN_G1_BYTES], uint32_t date,
                                 const unsigned char y[MPIN_SCALAR_BYTES],
                                 const unsigned char v[MPIN_G1_BYTES])
{
    blst_p1_affine commitment;
    mpin_status_t status = mpin_g1_decode(&commitment, ut);
    if (status != MPIN_ACCEPTED)
        return status;

    blst_p1 h;
    identity_with_permit(&h, date, hash_mpin_id);
    return judge_proof(server, &h, &commitment, y, v);
}
