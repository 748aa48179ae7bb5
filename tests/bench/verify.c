/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a PIN login cost: `verify` prints microseconds a step; callgrind counts the
 * instructions of `verify STEP`, which collects nothing but that step, once. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>
#include "../unit/mpin_client.h"
#include "mpin/pairing.h"
#include "mpin/point.h"

#define PIN 1234
#define MIN_SECONDS 0.5

static unsigned char master[MPIN_SCALAR_BYTES], hash[MPIN_HASH_BYTES], server_secret[MPIN_G2_BYTES];
static unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES];
static unsigned char identity[MPIN_G1_BYTES], secret[MPIN_G1_BYTES], token[MPIN_G1_BYTES],
    u[MPIN_G1_BYTES], v[MPIN_G1_BYTES];
static mpin_server_t *server;
static mpin_lines_t lines_q, lines_sq;
static blst_p1_affine point_u, point_v, commitment;
static blst_p2_affine point_sq;
static volatile int outcome;

/* What a PIN login pays for its mathematics: pass1 checks U, pass2 the rest, with H(ID) from an
 * earlier one. */
static void step_login(void)
{
    outcome = mpin_check_g1(u);
    outcome = mpin_verify_kept(server, identity, u, y, v);
}

static void step_verify(void)
{
    outcome = mpin_verify(server, hash, u, y, v);
}

/* The same without decoding and checking U and V: what any M-Pin server must compute. */
static void step_decoded(void)
{
    blst_scalar scalar;
    blst_p1 sum;
    mpin_identity_point(&sum, hash);
    blst_scalar_from_bendian(&scalar, y);
    blst_p1_mult(&sum, &sum, scalar.b, 256);
    blst_p1_add_or_double_affine(&sum, &sum, &point_u);
    blst_p1_to_affine(&commitment, &sum);
    outcome = mpin_pairings_cancel(&lines_q, &point_v, &lines_sq, &commitment);
}

static void step_pairing(void)
{
    outcome = mpin_pairings_cancel(&lines_q, &point_v, &lines_sq, &commitment);
}

/* The pairing without our shared loop, for comparison. */
static void step_blst_pairing(void)
{
    const blst_p2_affine *qs[] = {blst_p2_affine_generator(), &point_sq};
    const blst_p1_affine *ps[] = {&point_v, &commitment};
    blst_fp12 f;
    blst_miller_loop_n(&f, qs, ps, 2);
    blst_final_exp(&f, &f);
    outcome = blst_fp12_is_one(&f);
}

static void step_check_point(void)
{
    outcome = mpin_check_g1(u);
}

static void step_hash(void)
{
    blst_p1 h;
    mpin_identity_point(&h, hash);
}

static void step_client_secret(void)
{
    outcome = mpin_client_secret(master, hash, secret);
}

static void step_server_secret(void)
{
    outcome = mpin_server_secret(master, server_secret);
}

static const struct {
    const char *name;
    void (*run)(void);
} steps[] = {
    {"login", step_login},
    {"verify", step_verify},
    {"verify-decoded", step_decoded},
    {"pairing", step_pairing},
    {"pairing-blst", step_blst_pairing},
    {"check-point", step_check_point},
    {"hash", step_hash},
    {"client-secret", step_client_secret},
    {"server-secret", step_server_secret},
};

/* Valgrind runs the ADX instructions but does not announce them, so that blst would take its slower
 * path and the count would be no login's. tests/bench/run adds "adx" where the processor has them.
 */
extern int __blst_platform_cap __attribute__((weak));
#define BLST_CAP_ADX 1

static void use_adx(void)
{
    if (&__blst_platform_cap)
        __blst_platform_cap |= BLST_CAP_ADX;
}

static int prepare(void)
{
    memset(hash, 0x5a, sizeof hash);
    mpin_identity(hash, identity);
    mpin_random_scalar(master);
    mpin_random_scalar(x);
    mpin_random_scalar(y);
    mpin_client_secret(master, hash, secret);
    mpin_server_secret(master, server_secret);
    server = mpin_server_make(server_secret);
    client_token(secret, hash, PIN, token);
    client_pass1(hash, x, u);
    client_pass2(token, hash, PIN, x, y, v);

    mpin_g1_decode(&point_u, u);
    mpin_g1_decode(&point_v, v);
    mpin_g2_decode(&point_sq, server_secret);
    blst_precompute_lines(lines_q.line, blst_p2_affine_generator());
    blst_precompute_lines(lines_sq.line, &point_sq);
    step_decoded(); /* sets the commitment, and warms up */
    return server && outcome && mpin_verify(server, hash, u, y, v) == MPIN_ACCEPTED;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double microseconds(void (*run)(void))
{
    double start = seconds(), spent;
    long runs = 0;
    do {
        run();
        runs++;
        spent = seconds() - start;
    } while (spent < MIN_SECONDS);
    return 1e6 * spent / (double)runs;
}

static void count(void (*run)(void))
{
    CALLGRIND_TOGGLE_COLLECT;
    run();
    CALLGRIND_TOGGLE_COLLECT;
}

/* verify [STEP time], verify STEP [adx] */
int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL, *how = argc > 2 ? argv[2] : "";
    if (strcmp(how, "adx") == 0)
        use_adx();
    if (sodium_init() < 0 || !prepare())
        return 1;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (only && strcmp(only, steps[i].name) != 0)
            continue;
        if (!only || strcmp(how, "time") == 0)
            printf("%-16s %9.1f us\n", steps[i].name, microseconds(steps[i].run));
        else
            count(steps[i].run);
    }
    mpin_server_free(server);
    return 0;
}
