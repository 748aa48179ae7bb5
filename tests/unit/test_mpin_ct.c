/* SPDX-License-Identifier: Apache-2.0 */
/* No branch and no address depends on a secret scalar. Memcheck reports every branch and address
 * that depends on undefined bytes, so the secrets are marked undefined (A. Langley's ctgrind).
 * Outside valgrind the program starts itself again under it; without valgrind, or in a sanitizer's
 * build, the tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/memcheck.h>
#include "mpin/mpin.h"

static unsigned char master[MPIN_SCALAR_BYTES];
static unsigned char hash[MPIN_HASH_BYTES];

/* Runs `statement` with the master share undefined; gives the number of reports that it draws. */
#define REPORTS(reports, statement)                                                                \
    do {                                                                                           \
        unsigned before = VALGRIND_COUNT_ERRORS;                                                   \
        VALGRIND_MAKE_MEM_UNDEFINED(master, sizeof master);                                        \
        statement;                                                                                 \
        VALGRIND_MAKE_MEM_DEFINED(master, sizeof master);                                          \
        reports = VALGRIND_COUNT_ERRORS - before;                                                  \
    } while (0)

/* blst takes its ADX path where CPUID announces it. Valgrind's doesn't, though valgrind runs it. */
extern int __blst_platform_cap __attribute__((weak));
#define BLST_CAP_ADX 1

static int take_plain_path(void **state)
{
    (void)state;
    mpin_random_scalar(master);
    randombytes_buf(hash, sizeof hash);
    return 0;
}

static int take_adx_path(void **state)
{
#ifdef __x86_64__
    if (&__blst_platform_cap)
        __blst_platform_cap |= BLST_CAP_ADX;
#endif
    return take_plain_path(state);
}

/* The control: if these drew no report, the tests below could not fail. */
static void a_branch_on_a_secret_is_reported(void **state)
{
    (void)state;
    unsigned reports;
    volatile unsigned taken = 0;
    VALGRIND_PRINTF("two reports follow, of a test that wants them\n");
    REPORTS(reports, if (master[0] & 1) taken++);
    assert_int_equal(reports, 1);
}

static void an_address_from_a_secret_is_reported(void **state)
{
    (void)state;
    static const unsigned char table[256] = {1};
    unsigned reports;
    volatile unsigned char found;
    REPORTS(reports, found = table[master[0]]);
    (void)found;
    assert_int_equal(reports, 1);
}

static void client_secret_does_the_same_for_every_master_share(void **state)
{
    (void)state;
    unsigned reports;
    unsigned char secret[MPIN_G1_BYTES];
    mpin_status_t status;
    REPORTS(reports, status = mpin_client_secret(master, hash, secret));
    assert_int_equal(reports, 0);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(secret, sizeof secret);
    assert_int_equal(status, MPIN_ACCEPTED);
    assert_int_equal(mpin_check_g1(secret), MPIN_ACCEPTED);
}

static void time_permit_does_the_same_for_every_master_share(void **state)
{
    (void)state;
    unsigned reports;
    unsigned char permit[MPIN_G1_BYTES];
    mpin_status_t status;
    REPORTS(reports, status = mpin_time_permit(master, 20000, hash, permit));
    assert_int_equal(reports, 0);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(permit, sizeof permit);
    assert_int_equal(status, MPIN_ACCEPTED);
    assert_int_equal(mpin_check_g1(permit), MPIN_ACCEPTED);
}

static void server_secret_does_the_same_for_every_master_share(void **state)
{
    (void)state;
    unsigned reports;
    unsigned char secret[MPIN_G2_BYTES];
    mpin_status_t status;
    REPORTS(reports, status = mpin_server_secret(master, secret));
    assert_int_equal(reports, 0);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(secret, sizeof secret);
    assert_int_equal(status, MPIN_ACCEPTED);
    mpin_server_t *server = mpin_server_make(secret);
    assert_non_null(server);
    mpin_server_free(server);
}

static void a_difference_does_the_same_for_every_master_share(void **state)
{
    (void)state;
    unsigned reports;
    unsigned char part[MPIN_SCALAR_BYTES], rest[MPIN_SCALAR_BYTES];
    mpin_status_t status;
    mpin_random_scalar(part);
    REPORTS(reports, status = mpin_subtract(master, part, rest));
    assert_int_equal(reports, 0);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(rest, sizeof rest);
    assert_int_equal(status, MPIN_ACCEPTED);
    assert_int_equal(mpin_check_scalar(rest), MPIN_ACCEPTED);
}

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define ON(path, test)                                                                             \
    {                                                                                              \
#test "_on_the_" #path, test, take_##path, NULL, NULL                                      \
    }

int main(int argc, char **argv)
{
    (void)argc;
    if (!RUNNING_ON_VALGRIND) {
        if (!SANITIZED)
            execlp("valgrind", "valgrind", "--quiet", argv[0], (char *)NULL);
        puts("1..0 # SKIP no valgrind, or a build that can't run in it");
        return 0;
    }
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        ON(plain_path, a_branch_on_a_secret_is_reported),
        ON(plain_path, an_address_from_a_secret_is_reported),
        ON(plain_path, client_secret_does_the_same_for_every_master_share),
        ON(plain_path, time_permit_does_the_same_for_every_master_share),
        ON(plain_path, server_secret_does_the_same_for_every_master_share),
        ON(plain_path, a_difference_does_the_same_for_every_master_share),
        ON(adx_path, client_secret_does_the_same_for_every_master_share),
        ON(adx_path, time_permit_does_the_same_for_every_master_share),
        ON(adx_path, server_secret_does_the_same_for_every_master_share),
        ON(adx_path, a_difference_does_the_same_for_every_master_share),
    };
    return cmocka_run_group_tests_name("mpin_ct", tests, NULL, NULL);
}
