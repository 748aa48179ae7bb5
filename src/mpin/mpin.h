/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_MPIN_MPIN_H
#define MPIN_MPIN_MPIN_H

#include <stdint.h>

/* The mathematics of M-Pin on BLS12-381, suite "BLS12381-MPIN-NU": MIRACL Core's, bit for bit.
 *
 * A master share s makes sQ for the server and s*H(ID) for each identity. A client proves that it
 * holds s*H(ID) by U = x*H(ID) and, once it knows the server's random y, V = -(x+y)*s*H(ID); the
 * server accepts iff e(V, Q) * e(U + y*H(ID), sQ) = 1. Q is the generator of G2.
 *
 * H is RFC 9380 encode_to_curve (BLS12381G1_XMD:SHA-256_SSWU_NU_) of SHA-256(decoded mpinId).
 * Points have one encoding, 04 || X || Y, big-endian; in G2 each coordinate is its imaginary half,
 * then its real half.
 *
 * Before any of this is called, sodium_init() has succeeded. Everything is reentrant. A scalar that
 * is secret meets no branch and no address; copies of secrets are wiped. */
#define MPIN_G1_BYTES 97
#define MPIN_G2_BYTES 193
#define MPIN_SCALAR_BYTES 32      /* big-endian; the form in which we keep s and y */
#define MPIN_WIRE_SCALAR_BYTES 48 /* y on the wire: the same, with 16 zero bytes before it */
#define MPIN_HASH_BYTES 32

typedef enum {
    MPIN_ACCEPTED = 0,
    MPIN_WRONG_PIN, /* well-formed, but no proof for this identity, U and y */
    MPIN_MALFORMED, /* not the one encoding that we take */
    MPIN_REFUSED    /* off the curve or subgroup, the identity, or a scalar outside [1, r-1] */
} mpin_status_t;

/* A scalar, uniform in [1, r-1], from the system's generator: a master share, or y. */
void mpin_random_scalar(unsigned char scalar[MPIN_SCALAR_BYTES]);

/* MPIN_ACCEPTED: in [1, r-1]. */
mpin_status_t mpin_check_scalar(const unsigned char scalar[MPIN_SCALAR_BYTES]);

/* a - b, of two scalars; MPIN_REFUSED where they are the same. `difference` may be one of them. */
mpin_status_t mpin_subtract(const unsigned char a[MPIN_SCALAR_BYTES],
                            const unsigned char b[MPIN_SCALAR_BYTES],
                            unsigned char difference[MPIN_SCALAR_BYTES]);

/* The secrets that a D-TA issues, from its master share: s*H(ID) for a client, s*Q for a server,
 * s*H_T(date, ID) as the time permit of a UTC day number. The output counts only when MPIN_ACCEPTED
 * comes back; MPIN_REFUSED: the master share is no scalar. */
mpin_status_t mpin_client_secret(const unsigned char master[MPIN_SCALAR_BYTES],
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 unsigned char secret[MPIN_G1_BYTES]);
mpin_status_t mpin_server_secret(const unsigned char master[MPIN_SCALAR_BYTES],
                                 unsigned char secret[MPIN_G2_BYTES]);
mpin_status_t mpin_time_permit(const unsigned char master[MPIN_SCALAR_BYTES], uint32_t date,
                               const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                               unsigned char permit[MPIN_G1_BYTES]);

/* The sum of two D-TAs' shares: client secrets and time permits in G1, server secrets in G2. Both
 * shares are checked as mpin_check_g1 does; MPIN_REFUSED too where the sum is the identity. */
mpin_status_t mpin_recombine_g1(const unsigned char a[MPIN_G1_BYTES],
                                const unsigned char b[MPIN_G1_BYTES],
                                unsigned char sum[MPIN_G1_BYTES]);
mpin_status_t mpin_recombine_g2(const unsigned char a[MPIN_G2_BYTES],
                                const unsigned char b[MPIN_G2_BYTES],
                                unsigned char sum[MPIN_G2_BYTES]);

/* The verifier of one server secret: the lines of its two Miller loops, computed once. It is a
 * secret (sQ with a stolen token tries all PINs), so it lives in pages of its own (keys/locked.h),
 * read-only from birth, shared by all threads. NULL where the server secret fails the checks or
 * memory is out. */
typedef struct mpin_server_t mpin_server_t;
mpin_server_t *mpin_server_make(const unsigned char server_secret[MPIN_G2_BYTES]);
void mpin_server_free(mpin_server_t *server);

/* Is this a point that we would take as U, UT or V: encoding, curve, subgroup, not the identity? */
mpin_status_t mpin_check_g1(const unsigned char point[MPIN_G1_BYTES]);

/* Judges a proof. MPIN_REFUSED also where U + y*H(ID) is the identity. */
mpin_status_t mpin_verify(const mpin_server_t *server,
                          const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                          const unsigned char u[MPIN_G1_BYTES],
                          const unsigned char y[MPIN_SCALAR_BYTES],
                          const unsigned char v[MPIN_G1_BYTES]);

/* H(ID), which is the same at every login. */
void mpin_identity(const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                   unsigned char identity[MPIN_G1_BYTES]);

/* As mpin_verify, for two points that have been kept where nobody else writes (a sealed record):
 * H(ID) of mpin_identity, and a U that mpin_check_g1 has accepted. Both are still decoded and on
 * the curve, but the hash and U's subgroup check, each one login's twentieth, are not paid twice. A
 * U that never had the check can't make a false proof pass: the pairing maps any part of small
 * order to 1. Somebody who could write another H(ID) could be anybody, so its record's seal counts
 * as much as that of a session. */
mpin_status_t mpin_verify_kept(const mpin_server_t *server,
                               const unsigned char identity[MPIN_G1_BYTES],
                               const unsigned char u[MPIN_G1_BYTES],
                               const unsigned char y[MPIN_SCALAR_BYTES],
                               const unsigned char v[MPIN_G1_BYTES]);

/* H(ID) + H_T(date, ID), which a proof with a time permit, of UT = x*(H(ID) + H_T(date, ID)), takes in
 * the place of H(ID). */
void mpin_identity_on(uint32_t date, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                      unsigned char identity[MPIN_G1_BYTES]);

/* One proof of a batch, as mpin_verify_kept takes it: the bytes are the caller's. `status` is its
 * judgement. */
typedef struct mpin_proof_t {
    const unsigned char *identity; /* MPIN_G1_BYTES: of mpin_identity, or of mpin_identity_on */
    const unsigned char *u, *v;    /* MPIN_G1_BYTES */
    const unsigned char *y;        /* MPIN_SCALAR_BYTES */
    mpin_status_t status;
} mpin_proof_t;

/* Judges each of `count` proofs, at most MPIN_BATCH_MAX, as mpin_verify_kept does, but that a false
 * one is accepted with a probability of at most 2^-125 (mpin/batch.c). Of 64 right ones each costs a
 * quarter of what it would alone; wrong ones make none dearer than alone by more than a tenth. */
#define MPIN_BATCH_MAX 64
void mpin_verify_batch(const mpin_server_t *server, mpin_proof_t *const proofs[], int count);

#endif
