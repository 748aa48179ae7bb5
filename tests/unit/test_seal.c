/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/hkdf.h"
#include "keys/seal.h"
#include "sample_keys.h"

#define DAY apr_time_from_sec(86400)
#define TEXT "the quick brown fox"
#define TEXT_LEN (sizeof TEXT - 1)
#define BLOB_LEN (TEXT_LEN + SEAL_OVERHEAD)

static apr_pool_t *pool;
static keys_t *keys;
static const apr_time_t now = 20000 * DAY + apr_time_from_sec(3600);

static bool opens(const sealer_t *sealer, apr_time_t at, const unsigned char *blob, apr_size_t len)
{
    unsigned char text[64];
    return sealer_open(sealer, at, "aad", 3, blob, len, text) && !memcmp(text, TEXT, TEXT_LEN);
}

static void seal(const sealer_t *sealer, apr_time_t at, unsigned char blob[BLOB_LEN])
{
    assert_true(sealer_seal(sealer, at, "aad", 3, TEXT, TEXT_LEN, blob));
}

static void unhex(const char *hex, unsigned char *bytes)
{
    size_t len;
    assert_int_equal(sodium_hex2bin(bytes, 100, hex, strlen(hex), NULL, &len, NULL), 0);
}

static void hkdf_gives_the_keys_of_rfc_5869(void **state)
{
    (void)state;
    unsigned char ikm[80], salt[80], info[80], expected[82], key[82];

    memset(ikm, 0x0b, 22);
    unhex("000102030405060708090a0b0c", salt);
    unhex("f0f1f2f3f4f5f6f7f8f9", info);
    unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
          expected);
    hkdf_sha256(ikm, 22, salt, 13, info, 10, key, 42);
    assert_memory_equal(key, expected, 42);

    for (int i = 0; i < 80; i++) {
        ikm[i] = (unsigned char)i;
        salt[i] = (unsigned char)(0x60 + i);
        info[i] = (unsigned char)(0xb0 + i);
    }
    unhex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
          "5e590e09"
          "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
          expected);
    hkdf_sha256(ikm, 80, salt, 80, info, 80, key, 82);
    assert_memory_equal(key, expected, 82);

    memset(ikm, 0x0b, 22);
    unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
          expected);
    hkdf_sha256(ikm, 22, salt, 0, info, 0, key, 42);
    assert_memory_equal(key, expected, 42);
}

static void what_one_library_seals_the_other_opens(void **state)
{
    (void)state;
    sealer_t *sodium = sealer_make(keys, "session", 1, pool);
    sealer_t *openssl = sealer_make_openssl(keys, "session", 1, pool);
    unsigned char blob[BLOB_LEN];

    if (!crypto_aead_aes256gcm_is_available())
        skip();
    seal(sodium, now, blob);
    assert_true(opens(openssl, now, blob, BLOB_LEN));
    seal(openssl, now, blob);
    assert_true(opens(sodium, now, blob, BLOB_LEN));
    blob[BLOB_LEN - 1] ^= 1;
    assert_false(opens(sodium, now, blob, BLOB_LEN));
    assert_false(opens(openssl, now, blob, BLOB_LEN));
}

/* Every test below runs on both libraries. */
static sealer_t *(*const makers[])(const keys_t *, const char *, int,
                                   apr_pool_t *) = {sealer_make, sealer_make_openssl, NULL};

static void a_changed_bit_anywhere_does_not_open(void **state)
{
    (void)state;
    for (int m = 0; makers[m]; m++) {
        sealer_t *sealer = makers[m](keys, "session", 1, pool);
        unsigned char blob[BLOB_LEN];
        seal(sealer, now, blob);
        for (apr_size_t bit = 0; bit < 8 * BLOB_LEN; bit++) {
            blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_false(opens(sealer, now, blob, BLOB_LEN));
            blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        assert_true(opens(sealer, now, blob, BLOB_LEN));
    }
}

static void a_shorter_or_longer_blob_does_not_open(void **state)
{
    (void)state;
    for (int m = 0; makers[m]; m++) {
        sealer_t *sealer = makers[m](keys, "session", 1, pool);
        unsigned char blob[BLOB_LEN + 1] = {0};
        seal(sealer, now, blob);
        for (apr_size_t len = 0; len <= BLOB_LEN + 1; len++) {
            /* Its own allocation, so that a read past the end is seen by a sanitizer. */
            unsigned char *copy = malloc(len + !len);
            memcpy(copy, blob, len);
            assert_int_equal(opens(sealer, now, copy, len), len == BLOB_LEN);
            free(copy);
        }
    }
}

static void other_data_purpose_or_root_does_not_open(void **state)
{
    (void)state;
    for (int m = 0; makers[m]; m++) {
        sealer_t *sealer = makers[m](keys, "session", 1, pool);
        sealer_t *foreign =
            makers[m](sample_keys_of(SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("09") "\n"), pool),
                      "session", 1, pool);
        unsigned char blob[BLOB_LEN], text[TEXT_LEN];
        seal(sealer, now, blob);
        assert_true(sealer_open(sealer, now, "aad", 3, blob, BLOB_LEN, text));
        assert_false(sealer_open(sealer, now, "aae", 3, blob, BLOB_LEN, text));
        assert_false(sealer_open(sealer, now, "aad", 2, blob, BLOB_LEN, text));
        assert_false(opens(makers[m](keys, "pre-login", 1, pool), now, blob, BLOB_LEN));
        assert_false(opens(foreign, now, blob, BLOB_LEN));
    }
}

static void what_does_not_open_leaves_no_text(void **state)
{
    (void)state;
    for (int m = 0; makers[m]; m++) {
        sealer_t *sealer = makers[m](keys, "session", 1, pool);
        unsigned char blob[BLOB_LEN], text[TEXT_LEN] = {0};
        seal(sealer, now, blob);
        blob[BLOB_LEN - 1] ^= 1;
        assert_false(sealer_open(sealer, now, "aad", 3, blob, BLOB_LEN, text));
        assert_true(sodium_is_zero(text, sizeof text));
    }
}

static void an_empty_text_can_be_sealed(void **state)
{
    (void)state;
    for (int m = 0; makers[m]; m++) {
        sealer_t *sealer = makers[m](keys, "session", 1, pool);
        unsigned char blob[SEAL_OVERHEAD], text[1];
        assert_true(sealer_seal(sealer, now, "aad", 3, "", 0, blob));
        assert_true(sealer_open(sealer, now, "aad", 3, blob, sizeof blob, text));
        blob[SEAL_OVERHEAD - 1] ^= 1;
        assert_false(sealer_open(sealer, now, "aad", 3, blob, sizeof blob, text));
    }
}

static void a_blob_opens_for_its_days_and_never_from_the_future(void **state)
{
    (void)state;
    const apr_time_t midnight = 20000 * DAY, second = apr_time_from_sec(1);
    unsigned char blob[BLOB_LEN];
    sealer_t *one = sealer_make(keys, "session", 1, pool),
             *any = sealer_make(keys, "session", -1, pool);
    sealer_t *none = sealer_make(keys, "session", 0, pool);

    seal(one, midnight + 5 * second, blob);
    assert_true(opens(one, midnight + 2 * DAY - second, blob, BLOB_LEN));
    assert_false(opens(one, midnight + 2 * DAY, blob, BLOB_LEN));
    assert_true(opens(none, midnight + DAY - second, blob, BLOB_LEN));
    assert_false(opens(none, midnight + DAY, blob, BLOB_LEN));
    assert_true(opens(any, midnight + 3000 * DAY, blob, BLOB_LEN));

    assert_true(opens(one, midnight - SEAL_SKEW * second, blob, BLOB_LEN));
    assert_true(opens(any, midnight - SEAL_SKEW * second, blob, BLOB_LEN));
    assert_false(opens(one, midnight - (SEAL_SKEW + 1) * second, blob, BLOB_LEN));
    assert_false(opens(any, midnight - (SEAL_SKEW + 1) * second, blob, BLOB_LEN));
}

static void a_retired_root_key_opens_until_it_is_removed(void **state)
{
    (void)state;
    unsigned char blob[BLOB_LEN];
    seal(sealer_make(sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1), pool), "session", 1, pool), now,
         blob);

    sealer_t *rotated = sealer_make(sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool),
                                    "session", 1, pool);
    assert_true(opens(rotated, now, blob, BLOB_LEN));
    assert_false(
        opens(sealer_make(sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_2), pool), "session", 1, pool),
              now, blob, BLOB_LEN));

    seal(rotated, now, blob);
    assert_int_equal(blob[1], 2);
}

static void keys_of_many_days_live_side_by_side(void **state)
{
    (void)state;
    sealer_t *any = sealer_make(keys, "store", -1, pool);
    unsigned char blobs[50][BLOB_LEN];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 50; i++)
            seal(any, now - i * DAY, blobs[i]);
    for (int i = 0; i < 50; i++)
        assert_true(opens(any, now, blobs[i], BLOB_LEN));
}

#define NONCE_LEN 12
#define SEALS 5000
#define THREADS 4
#define WORKERS (THREADS + 2)

static int by_nonce(const void *a, const void *b)
{
    return memcmp(a, b, NONCE_LEN);
}

typedef struct job_t {
    const sealer_t *sealer;
    unsigned char (*nonces)[NONCE_LEN];
} job_t;

static void *seal_many(void *data)
{
    const job_t *job = data;
    unsigned char blob[BLOB_LEN];
    for (int i = 0; i < SEALS; i++) {
        if (!sealer_seal(job->sealer, now, "aad", 3, TEXT, TEXT_LEN, blob))
            abort();
        memcpy(job->nonces[i], blob + 4, NONCE_LEN);
    }
    return NULL;
}

/* A forked child and four threads of the parent, after the generator has been used: a copied state
 * would give the child the parent's nonces. */
static void nonces_differ_across_fork_and_threads(void **state)
{
    (void)state;
    static unsigned char nonces[WORKERS * SEALS][NONCE_LEN];
    const sealer_t *sealer = sealer_make(keys, "session", 1, pool);
    job_t jobs[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        jobs[i] = (job_t){sealer, nonces + i * SEALS};

    int pipe_ends[2];
    unsigned char blob[BLOB_LEN];
    seal(sealer, now, blob);
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (!child) {
        seal_many(&jobs[0]);
        const unsigned char *at = (unsigned char *)jobs[0].nonces;
        for (size_t done = 0; done < SEALS * NONCE_LEN;)
            done += (size_t)write(pipe_ends[1], at + done, SEALS * NONCE_LEN - done);
        _exit(0);
    }
    close(pipe_ends[1]);
    for (size_t done = 0; done < SEALS * NONCE_LEN;) {
        ssize_t got =
            read(pipe_ends[0], (unsigned char *)jobs[0].nonces + done, SEALS * NONCE_LEN - done);
        assert_true(got > 0);
        done += (size_t)got;
    }
    close(pipe_ends[0]);
    waitpid(child, NULL, 0);

    seal_many(&jobs[1]);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_many, &jobs[2 + i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    qsort(nonces, WORKERS * SEALS, NONCE_LEN, by_nonce);
    for (int i = 1; i < WORKERS * SEALS; i++)
        assert_memory_not_equal(nonces[i - 1], nonces[i], NONCE_LEN);
}

/* All threads want the same keys first: each day key is made once and all agree on it. */
static void *open_days(void *data)
{
    const sealer_t *sealer = data;
    unsigned char blob[BLOB_LEN];
    for (int round = 0; round < 200; round++)
        for (int day = 0; day < 20; day++)
            if (!sealer_seal(sealer, now - day * DAY, "aad", 3, TEXT, TEXT_LEN, blob) ||
                !opens(sealer, now, blob, BLOB_LEN))
                abort();
    return NULL;
}

static void threads_share_day_keys_as_they_are_made(void **state)
{
    (void)state;
    sealer_t *sealer = sealer_make(keys, "store", -1, pool);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_days, sealer), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_gives_the_keys_of_rfc_5869),
        cmocka_unit_test(what_one_library_seals_the_other_opens),
        cmocka_unit_test(a_changed_bit_anywhere_does_not_open),
        cmocka_unit_test(a_shorter_or_longer_blob_does_not_open),
        cmocka_unit_test(other_data_purpose_or_root_does_not_open),
        cmocka_unit_test(what_does_not_open_leaves_no_text),
        cmocka_unit_test(an_empty_text_can_be_sealed),
        cmocka_unit_test(a_blob_opens_for_its_days_and_never_from_the_future),
        cmocka_unit_test(a_retired_root_key_opens_until_it_is_removed),
        cmocka_unit_test(keys_of_many_days_live_side_by_side),
        cmocka_unit_test(nonces_differ_across_fork_and_threads),
        cmocka_unit_test(threads_share_day_keys_as_they_are_made),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    keys = sample_keys(pool);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
