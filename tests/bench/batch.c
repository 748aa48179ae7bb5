/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch of proofs costs. `batch [adx] N:BAD:PLACE ...` judges N proofs, of which BAD have a
 * wrong PIN and stand `first`, `last`, `spread` or at `random` places; callgrind writes one part for
 * each, named so, and `batch time N:BAD:PLACE ...` prints microseconds a proof. "single" is one
 * proof by mpin_verify_kept. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>
#include "../unit/mpin_client.h"

#define PIN 1234
#define MIN_SECONDS 0.5

typedef struct sample_t {
    unsigned char identity[MPIN_G1_BYTES], u[MPIN_G1_BYTES], y[MPIN_SCALAR_BYTES];
    unsigned char good[MPIN_G1_BYTES], bad[MPIN_G1_BYTES];
} sample_t;

static sample_t samples[MPIN_BATCH_MAX];
static mpin_proof_t proofs[MPIN_BATCH_MAX];
static mpin_proof_t *batch[MPIN_BATCH_MAX];
static mpin_server_t *server;

/* As in verify.c. */
extern int __blst_platform_cap __attribute__((weak));
#define BLST_CAP_ADX 1

static void make_sample(sample_t *sample, const unsigned char *master)
{
    unsigned char hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES], secret[MPIN_G1_BYTES],
        token[MPIN_G1_BYTES];
    randombytes_buf(hash, sizeof hash);
    mpin_random_scalar(x);
    mpin_random_scalar(sample->y);
    mpin_identity(hash, sample->identity);
    mpin_client_secret(master, hash, secret);
    client_token(secret, hash, PIN, token);
    client_pass1(hash, x, sample->u);
    client_pass2(token, hash, PIN, x, sample->y, sample->good);
    client_pass2(token, hash, PIN + 1, x, sample->y, sample->bad);
}

static int prepare(int most)
{
    unsigned char master[MPIN_SCALAR_BYTES], secret[MPIN_G2_BYTES];
    mpin_random_scalar(master);
    mpin_server_secret(master, secret);
    for (int i = 0; i < most; i++) {
        make_sample(&samples[i], master);
        proofs[i] = (mpin_proof_t){.identity = samples[i].identity,
                                   .u = samples[i].u,
                                   .y = samples[i].y,
                                   .v = samples[i].good};
        batch[i] = &proofs[i];
    }
    server = mpin_server_make(secret);
    return server != NULL;
}

static void spoil(int count, int bad, const char *place)
{
    int order[MPIN_BATCH_MAX];
    for (int i = 0; i < count; i++) {
        order[i] = strcmp(place, "last") == 0 ? count - 1 - i : i;
        proofs[i].v = samples[i].good;
    }
    for (int i = count - 1; i > 0 && strcmp(place, "random") == 0; i--) {
        int j = (int)randombytes_uniform((uint32_t)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (int i = 0; i < bad; i++) {
        int at = strcmp(place, "spread") == 0 ? i * count / bad : order[i];
        proofs[at].v = samples[at].bad;
    }
}

static int judged_right(int count)
{
    for (int i = 0; i < count; i++) {
        mpin_status_t right = proofs[i].v == samples[i].good ? MPIN_ACCEPTED : MPIN_WRONG_PIN;
        if (proofs[i].status != right)
            return 0;
    }
    return 1;
}

static void judge(int count)
{
    if (count > 0)
        mpin_verify_batch(server, batch, count);
    else
        proofs[0].status =
            mpin_verify_kept(server, proofs[0].identity, proofs[0].u, proofs[0].y, proofs[0].v);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const char *name, int count, int timed)
{
    double start = seconds(), spent;
    long runs = 0;
    CALLGRIND_TOGGLE_COLLECT;
    do {
        judge(count);
        runs++;
        spent = seconds() - start;
    } while (timed && spent < MIN_SECONDS);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
    if (timed)
        printf("%-16s %9.1f us\n", name, 1e6 * spent / (double)(runs * (count ? count : 1)));
}

int main(int argc, char **argv)
{
    int timed = 0;
    if (sodium_init() < 0 || !prepare(MPIN_BATCH_MAX))
        return 1;
    for (int i = 1; i < argc; i++) {
        int count = 0, bad = 0;
        char place[16] = "first";
        if (strcmp(argv[i], "time") == 0) {
            timed = 1;
            continue;
        }
        if (strcmp(argv[i], "adx") == 0) {
            if (&__blst_platform_cap)
                __blst_platform_cap |= BLST_CAP_ADX;
            continue;
        }
        if (strcmp(argv[i], "single") != 0 &&
            (sscanf(argv[i], "%d:%d:%15s", &count, &bad, place) != 3 || count < 1 ||
             count > MPIN_BATCH_MAX || bad > count))
            return 2;
        spoil(count ? count : 1, bad, place);
        measure(argv[i], count, timed);
        if (!judged_right(count ? count : 1))
            return 3;
    }
    mpin_server_free(server);
    return 0;
}
