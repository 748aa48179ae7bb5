/* SPDX-License-Identifier: Apache-2.0 */
/* The server's check of a proof. */
#include "mpin/mpin.h"

#include <sodium.h>
#include "keys/locked.h"
#include "mpin/point.h"
#include "mpin/proof.h"

mpin_server_t *mpin_server_make(const unsigned char server_secret[MPIN_G2_BYTES])
{
    mpin_server_t *server = NULL;
    blst_p2_affine sq;
    if (mpin_g2_decode(&sq, server_secret) == MPIN_ACCEPTED)
        server = locked_make(sizeof *server);
    if (server) {
        blst_precompute_lines(server->q.line, blst_p2_affine_generator());
        blst_precompute_lines(server->sq.line, &sq);
        locked_seal(server, sizeof *server);
    }
    sodium_memzero(&sq, sizeof sq);
    return server;
}

void mpin_server_free(mpin_server_t *server)
{
    locked_free(server, sizeof *server);
}

mpin_status_t mpin_check_g1(const unsigned char point[MPIN_G1_BYTES])
{
    blst_p1_affine decoded;
    return mpin_g1_decode(&decoded, point);
}

static mpin_status_t read_y_and_v(mpin_points_t *points, const unsigned char y[MPIN_SCALAR_BYTES],
                                  const unsigned char v[MPIN_G1_BYTES])
{
    blst_scalar_from_bendian(&points->y, y);
    if (!blst_sk_check(&points->y))
        return MPIN_REFUSED;
    return mpin_g1_decode(&points->v, v);
}

/* e(V, Q) * e(U + y*H, sQ) = 1, for H = H(ID) or H(ID) + H_T. `y` is public by now, so blst_p1_mult
 * may take it. */
mpin_status_t mpin_points_judge(const mpin_server_t *server, const mpin_points_t *points)
{
    blst_p1 sum;
    blst_p1_mult(&sum, &points->h, points->y.b, 8 * sizeof points->y.b);
    blst_p1_add_or_double_affine(&sum, &sum, &points->u);
    if (blst_p1_is_inf(&sum))
        return MPIN_REFUSED;

    blst_p1_affine challenged;
    blst_p1_to_affine(&challenged, &sum);
    return mpin_pairings_cancel(&server->q, &points->v, &server->sq, &challenged) ? MPIN_ACCEPTED
                                                                                  : MPIN_WRONG_PIN;
}

mpin_status_t mpin_verify(const mpin_server_t *server,
                          const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                          const unsigned char u[MPIN_G1_BYTES],
                          const unsigned char y[MPIN_SCALAR_BYTES],
                          const unsigned char v[MPIN_G1_BYTES])
{
    mpin_points_t points;
    mpin_status_t status = mpin_g1_decode(&points.u, u);
    if (status == MPIN_ACCEPTED)
        status = read_y_and_v(&points, y, v);
    if (status != MPIN_ACCEPTED)
        return status;

    mpin_identity_point(&points.h, hash_mpin_id);
    return mpin_points_judge(server, &points);
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

void mpin_identity_on(uint32_t date, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                      unsigned char identity[MPIN_G1_BYTES])
{
    blst_p1 sum, permit;
    blst_p1_affine affine;
    mpin_identity_point(&sum, hash_mpin_id);
    mpin_permit_point(&permit, date, hash_mpin_id);
    blst_p1_add_or_double(&sum, &sum, &permit);
    blst_p1_to_affine(&affine, &sum);
    mpin_g1_encode(identity, &affine);
}

mpin_status_t mpin_points_read(mpin_points_t *points, const unsigned char identity[MPIN_G1_BYTES],
                               const unsigned char u[MPIN_G1_BYTES],
                               const unsigned char y[MPIN_SCALAR_BYTES],
                               const unsigned char v[MPIN_G1_BYTES])
{
    blst_p1_affine kept;
    mpin_status_t status = mpin_g1_decode_on_curve(&points->u, u);
    if (status == MPIN_ACCEPTED)
        status = mpin_g1_decode_on_curve(&kept, identity);
    if (status != MPIN_ACCEPTED)
        return status;

    blst_p1_from_affine(&points->h, &kept);
    return read_y_and_v(points, y, v);
}

mpin_status_t mpin_verify_kept(const mpin_server_t *server,
                               const unsigned char identity[MPIN_G1_BYTES],
                               const unsigned char u[MPIN_G1_BYTES],
                               const unsigned char y[MPIN_SCALAR_BYTES],
                               const unsigned char v[MPIN_G1_BYTES])
{
    mpin_points_t points;
    mpin_status_t status = mpin_points_read(&points, identity, u, y, v);
    return status == MPIN_ACCEPTED ? mpin_points_judge(server, &points) : status;
}
