/* SPDX-License-Identifier: Apache-2.0 */
/* Points from strangers: whatever comes, nothing crashes, a point has one encoding only, the two
 * forms of verify agree with mpin_check_g1, a batch with each proof alone, and no proof made without
 * the secret is accepted. */
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/mpin_client.h"
#include "mpin/point.h"

typedef struct login_input_t {
    /* Bit 0: `u`, bit 1: `v` starts with k of the point k*H(ID); bit 2: a batch is tried, too. */
    unsigned char choices;
    unsigned char hash[MPIN_HASH_BYTES];
    unsigned char y[MPIN_SCALAR_BYTES];
    unsigned char u[MPIN_G1_BYTES];
    unsigned char v[MPIN_G1_BYTES];
    unsigned char share[MPIN_G2_BYTES];
} login_input_t;

static void require(int holds)
{
    if (!holds)
        abort();
}

static const mpin_server_t *make_server(void)
{
    static const unsigned char master[MPIN_SCALAR_BYTES] = {"a master share no fuzzer guesses"};
    unsigned char secret[MPIN_G2_BYTES];
    require(sodium_init() >= 0);
    require(mpin_server_secret(master, secret) == MPIN_ACCEPTED);
    return mpin_server_make(secret);
}

/* A fuzzer doesn't hit the curve by itself. */
static void from_scalar(unsigned char point[MPIN_G1_BYTES], const unsigned char *hash)
{
    unsigned char scalar[MPIN_SCALAR_BYTES];
    memcpy(scalar, point, sizeof scalar);
    scalar[0] &= 0x3f;
    if (!sodium_is_zero(scalar, sizeof scalar))
        client_pass1(hash, scalar, point);
}

static void one_encoding(const unsigned char wire[MPIN_G1_BYTES])
{
    blst_p1_affine point;
    unsigned char again[MPIN_G1_BYTES];
    if (mpin_g1_decode_on_curve(&point, wire) != MPIN_ACCEPTED)
        return;
    mpin_g1_encode(again, &point);
    require(memcmp(again, wire, sizeof again) == 0);
}

static void one_encoding_g2(const unsigned char wire[MPIN_G2_BYTES])
{
    blst_p2_affine point;
    unsigned char again[MPIN_G2_BYTES];
    if (mpin_g2_decode(&point, wire) != MPIN_ACCEPTED)
        return;
    mpin_g2_encode(again, &point);
    require(memcmp(again, wire, sizeof again) == 0);
}

/* The proof, one with U and V in each other's place, and one whose H(ID) is U. */
static void batch_agrees(const mpin_server_t *server, const unsigned char *identity,
                         const login_input_t *in)
{
    mpin_proof_t proofs[] = {{.identity = identity, .u = in->u, .v = in->v, .y = in->y},
                             {.identity = identity, .u = in->v, .v = in->u, .y = in->y},
                             {.identity = in->u, .u = identity, .v = in->v, .y = in->y}};
    mpin_proof_t *const batch[] = {&proofs[0], &proofs[1], &proofs[2]};
    mpin_verify_batch(server, batch, 3);
    for (int i = 0; i < 3; i++)
        require(proofs[i].status == mpin_verify_kept(server, proofs[i].identity, proofs[i].u,
                                                     proofs[i].y, proofs[i].v));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const mpin_server_t *server;
    if (!server)
        server = make_server();

    login_input_t in = {0};
    memcpy(&in, data, size < sizeof in ? size : sizeof in);
    if (in.choices & 1)
        from_scalar(in.u, in.hash);
    if (in.choices & 2)
        from_scalar(in.v, in.hash);

    one_encoding(in.u);
    one_encoding(in.v);
    one_encoding_g2(in.share);

    mpin_status_t u = mpin_check_g1(in.u), v = mpin_check_g1(in.v);
    mpin_status_t full = mpin_verify(server, in.hash, in.u, in.y, in.v);
    unsigned char identity[MPIN_G1_BYTES];
    mpin_identity(in.hash, identity);
    mpin_status_t kept = mpin_verify_kept(server, identity, in.u, in.y, in.v);
    require(full != MPIN_ACCEPTED && kept != MPIN_ACCEPTED);
    require(full != MPIN_WRONG_PIN || (u == MPIN_ACCEPTED && v == MPIN_ACCEPTED));
    require(u != MPIN_ACCEPTED || full == kept);
    if (in.choices & 4)
        batch_agrees(server, identity, &in);

    unsigned char sum[MPIN_G1_BYTES];
    if (mpin_recombine_g1(in.u, in.v, sum) == MPIN_ACCEPTED)
        require(mpin_check_g1(sum) == MPIN_ACCEPTED);
    mpin_server_free(mpin_server_make(in.share));
    return 0;
}
