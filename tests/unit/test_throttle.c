/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "people/throttle.h"
#include "store/sealed.h"
#include "store_fixture.h"

#define OFFICE "198.51.100.7"

static apr_pool_t *pool;
static store_fixture_t *store;
static throttle_t throttle;
static apr_time_t window;              /* a minute that no other test has used */
static known_t browser, other_browser; /* both know John, Anna and her address */

static caller_t caller_at(const char *address, const known_t *known, apr_time_t now)
{
    return (caller_t){.now = now, .address = address, .known = known};
}

/* A caller who tries an account is known as its user, and as anybody where there is none. */
static const char *known_as(const char *account)
{
    return account ? account : THROTTLE_ANYBODY;
}

static int reserve_with(const throttle_t *with, const char *address, const char *account,
                        const known_t *known, apr_time_t now)
{
    const caller_t caller = caller_at(address, known, now);
    int wait;
    assert_int_equal(throttle_reserve(with, &caller, account, known_as(account), &wait, pool),
                     STORE_OK);
    return wait;
}

static int wait_with(const throttle_t *with, const char *address, const char *account,
                     const known_t *known, apr_time_t now)
{
    const caller_t caller = caller_at(address, known, now);
    int wait;
    assert_int_equal(throttle_wait(with, &caller, account, known_as(account), &wait, pool),
                     STORE_OK);
    return wait;
}

static int reserve(const char *address, const char *account, const known_t *known)
{
    return reserve_with(&throttle, address, account, known, window);
}

static int waits(const char *address, const char *account, const known_t *known)
{
    return wait_with(&throttle, address, account, known, window);
}

static void release(const char *address, const char *account, const known_t *known)
{
    const caller_t caller = caller_at(address, known, window);
    throttle_release(&throttle, &caller, account, known_as(account), pool);
}

/* Failures until one is refused. */
static int failures_from(const char *address, const char *account, const known_t *known)
{
    int count = 0;
    while (count < 100000 && reserve(address, account, known) == 0)
        count++;
    return count;
}

static void thirty_failures_of_an_address_pass(void **state)
{
    (void)state;
    assert_int_equal(failures_from("192.0.2.1", NULL, NULL), 30);
    assert_int_equal(waits("192.0.2.1", NULL, NULL), 60);
    assert_int_equal(waits("192.0.2.2", NULL, NULL), 0);
}

static void ten_failures_of_an_account_pass_whatever_the_address(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(reserve(apr_psprintf(pool, "192.0.2.%d", i), "john", NULL), 0);
    assert_int_equal(reserve("192.0.2.77", "john", NULL), 60);
    assert_int_equal(waits("192.0.2.77", "john", NULL), 60);
    assert_int_equal(waits("192.0.2.77", "John", NULL), 60); /* a provider may take both for one */
    assert_int_equal(waits("192.0.2.77", "jon", NULL), 0);
}

static void refused_reservation_reserves_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        reserve("192.0.2.3", "john", NULL);
    for (int i = 0; i < 100; i++)
        assert_int_equal(reserve("192.0.2.4", "john", NULL), 60);
    assert_int_equal(failures_from("192.0.2.4", NULL, NULL), 30);
}

static void looking_charges_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(waits("192.0.2.5", "john", NULL), 0);
    assert_int_equal(failures_from("192.0.2.5", "john", NULL), 10);
}

static void wait_ends_with_the_window(void **state)
{
    (void)state;
    failures_from("192.0.2.6", NULL, NULL);
    const apr_time_t second = APR_USEC_PER_SEC;
    static const struct {
        int at, wait;
    } expected[] = {{0, 60}, {1, 59}, {42, 18}, {59, 1}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(
            wait_with(&throttle, "192.0.2.6", NULL, NULL, window + expected[i].at * second),
            expected[i].wait);
    assert_int_equal(wait_with(&throttle, "192.0.2.6", NULL, NULL, window + 60 * second - 1), 1);
    assert_int_equal(wait_with(&throttle, "192.0.2.6", NULL, NULL, window + 60 * second), 0);
}

/* Else who sends just before a window ends, and is counted just after, guesses without limit. */
static void counter_outlives_its_window(void **state)
{
    (void)state;
    throttle_t short_one = {.store = store->store,
                            .address = {30, APR_USEC_PER_SEC},
                            .account = {10, APR_USEC_PER_SEC}};
    const apr_time_t over = apr_time_now() - 2 * APR_USEC_PER_SEC;
    for (int i = 0; i < 10; i++)
        assert_int_equal(reserve_with(&short_one, "192.0.2.9", "late", NULL, over), 0);
    assert_int_equal(reserve_with(&short_one, "192.0.2.9", "late", NULL, over), 1);
}

static void released_reservation_can_be_taken_again(void **state)
{
    (void)state;
    assert_int_equal(failures_from("192.0.2.8", NULL, NULL), 30);
    release("192.0.2.8", NULL, NULL);
    assert_int_equal(reserve("192.0.2.8", NULL, NULL), 0);
    assert_int_equal(reserve("192.0.2.8", NULL, NULL), 60);
}

static void office_of_500_behind_one_nat_signs_in(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        const char *account = apr_psprintf(pool, "worker%d", i);
        assert_int_equal(reserve(OFFICE, account, NULL), 0);
        release(OFFICE, account, NULL);
        if (i % 25 == 0) /* 20 of them mistype first */
            assert_int_equal(reserve(OFFICE, account, NULL), 0);
    }
    assert_int_equal(waits(OFFICE, "worker7", NULL), 0);
}

static void stranger_cannot_block_a_known_browser(void **state)
{
    (void)state;
    assert_int_equal(failures_from("203.0.113.9", "anna@example.org", NULL), 10);
    assert_int_equal(failures_from(OFFICE, NULL, NULL), 30); /* and her own address as well */
    assert_true(waits(OFFICE, "anna@example.org", NULL) > 0);
    assert_int_equal(waits(OFFICE, "anna@example.org", &browser), 0);
    assert_int_equal(reserve(OFFICE, "anna@example.org", &browser), 0);
    release(OFFICE, "anna@example.org", &browser);
    assert_int_equal(waits(OFFICE, NULL, &browser), 0);
}

static void known_browser_guesses_no_more_than_others(void **state)
{
    (void)state;
    assert_int_equal(failures_from("192.0.2.1", "john", &browser), 10);
    assert_int_equal(failures_from("192.0.2.2", "john", &browser), 0);
    assert_int_equal(waits("192.0.2.1", "john", &other_browser), 0);
    assert_int_equal(waits("192.0.2.1", "anna", &browser), 0);
    assert_int_equal(waits("192.0.2.1", "john", NULL), 0);
    assert_int_equal(failures_from("192.0.2.1", NULL, &browser), 30);
}

/* ... nor does it leave the address's bucket by naming a user that it has never signed in. */
static void all_spellings_of_a_name_share_a_bucket(void **state)
{
    (void)state;
    static const char *const spelling[] = {"erika", "Erika", "ERIKA", "eriKA"};
    for (int i = 0; i < 10; i++)
        assert_int_equal(reserve_with(&throttle, apr_psprintf(pool, "10.9.0.%d", i),
                                      spelling[i % 4], NULL, window),
                         0);
    assert_true(reserve_with(&throttle, "10.9.1.1", "erIKA", NULL, window) > 0);
    assert_int_equal(reserve_with(&throttle, "10.9.1.1", "erik", NULL, window), 0);
}

static void browser_is_known_as_its_own_users_only(void **state)
{
    (void)state;
    known_t johns = {.id = {0}};
    const caller_t caller = caller_at("192.0.2.3", &johns, window);
    const char *const strangers[] = {"anna", NULL};
    int wait;
    known_add(&johns, "john");
    assert_int_equal(failures_from("192.0.2.3", NULL, NULL), 30);
    for (size_t i = 0; i < 2; i++) {
        throttle_wait(&throttle, &caller, NULL, strangers[i], &wait, pool);
        assert_int_equal(wait, 60);
        throttle_reserve(&throttle, &caller, NULL, strangers[i], &wait, pool);
        assert_int_equal(wait, 60);
    }
    throttle_wait(&throttle, &caller, NULL, "john", &wait, pool);
    assert_int_equal(wait, 0);
    throttle_wait(&throttle, &caller, NULL, THROTTLE_ANYBODY, &wait, pool);
    assert_int_equal(wait, 0);
}

static store_status_t trouble;
static int edits; /* the second one fails, and where that is full, its slot too */

static store_status_t troubled_edit(void *state, store_class_t in, const store_editing_t *all,
                                    int count)
{
    edits++;
    return edits == 2 || (edits == 3 && trouble == STORE_FULL)
               ? trouble
               : store_lmdb.edit(state, in, all, count);
}

static store_status_t troubled_view(void *state, store_class_t in, const char *key,
                                    store_viewer_t viewer, void *baton)
{
    (void)state, (void)in, (void)key, (void)viewer, (void)baton;
    return trouble;
}

static void store_that_cannot_count_lets_nobody_guess(void **state)
{
    (void)state;
    const store_backend_t *real = store->store->backend;
    store_backend_t troubled = *real;
    const caller_t caller = caller_at("192.0.2.4", NULL, window);
    int wait;
    troubled.edit = troubled_edit;
    troubled.view = troubled_view;
    store->store->backend = &troubled;
    for (int full = 0; full < 2; full++) {
        trouble = full ? STORE_FULL : STORE_DOWN;
        assert_int_equal(throttle_wait(&throttle, &caller, "john", "john", &wait, pool), trouble);
        edits = 0; /* the address's bucket is counted, the account's is not */
        assert_int_equal(throttle_reserve(&throttle, &caller, "john", "john", &wait, pool),
                         trouble);
    }
    store->store->backend = real;
    assert_int_equal(failures_from("192.0.2.4", NULL, NULL), 30); /* and nothing was reserved */
}

static void mapped_addresses_are_ipv4(void **state)
{
    (void)state;
    assert_int_equal(failures_from("::ffff:192.0.2.9", NULL, NULL), 30);
    assert_int_equal(waits("192.0.2.9", NULL, NULL), 60);
    assert_int_equal(waits("::FFFF:C000:209", NULL, NULL), 60);
    assert_int_equal(waits("::ffff:192.0.2.10", NULL, NULL), 0);
}

static void ipv6_neighbours_of_a_64_share_a_bucket(void **state)
{
    (void)state;
    assert_int_equal(failures_from("2001:db8:1:2::1", NULL, NULL), 30);
    assert_int_equal(waits("2001:db8:1:2:ffff:ffff:ffff:ffff", NULL, NULL), 60);
    assert_int_equal(waits("2001:DB8:1:2::5%eth0", NULL, NULL), 60);
    assert_int_equal(waits("2001:db8:1:3::1", NULL, NULL), 0);
}

static void a_48_has_16_times_the_room(void **state)
{
    (void)state;
    int total = 0;
    for (int i = 0; i < 40; i++)
        total += failures_from(apr_psprintf(pool, "2001:db8:9:%x::1", i), NULL, NULL);
    assert_int_equal(total, 16 * 30);
    assert_int_equal(waits("2001:db8:9:ffff::1", NULL, NULL), 60);
    assert_int_equal(waits("2001:db8:a::1", NULL, NULL), 0);
}

static void zones_make_no_new_bucket(void **state)
{
    (void)state;
    assert_int_equal(failures_from("fe80::1%eth0", NULL, NULL), 30);
    assert_int_equal(waits("fe80::1%eth1", NULL, NULL), 60);
    assert_int_equal(waits("fe80::1", NULL, NULL), 60);
}

static void garbage_addresses_share_one_bucket(void **state)
{
    (void)state;
    static const char *const garbage[] = {
        "",
        "%eth0",
        "unknown",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4x",
        "::1::",
        "2001:db8::g",
        "/tmp/socket",
        "192.0.2.1:80",
        "[::1]",
        "192.0.2.1 ",
        "0123456789012345678901234567890123456789012345678901234567890123456789",
    };
    assert_int_equal(failures_from(NULL, NULL, NULL), 30);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_int_equal(waits(garbage[i], NULL, NULL), 60);
    assert_int_equal(waits("192.0.2.1", NULL, NULL), 0);
}

static void networks_are_a_24_and_a_64(void **state)
{
    (void)state;
    assert_true(throttle_same_network("192.0.2.1", "192.0.2.254"));
    assert_true(throttle_same_network("192.0.2.1", "::ffff:192.0.2.7"));
    assert_true(throttle_same_network("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    assert_false(throttle_same_network("192.0.2.1", "192.0.3.1"));
    assert_false(throttle_same_network("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_false(throttle_same_network("192.0.2.1", "c000:201::"));
    assert_false(throttle_same_network("", "")); /* what is no address is nowhere */
    assert_false(throttle_same_network("unknown", "unknown"));
}

static void extreme_rules_and_times_do_not_overflow(void **state)
{
    (void)state;
    static const throttle_rule_t rules[] = {
        {INT_MAX, INT64_MAX}, {INT_MAX, 1}, {1, 0}, {1, INT64_MIN}, {1, INT64_MAX},
    };
    static const apr_time_t times[] = {0, 1, INT64_MAX / 2, INT64_MAX};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            throttle_t odd = {.store = store->store, .address = rules[r], .account = rules[r]};
            const char *account = apr_psprintf(pool, "odd%d-%d", (int)r, (int)t);
            reserve_with(&odd, "2001:db8::1", account, NULL, times[t]);
            assert_true(wait_with(&odd, "2001:db8::1", account, NULL, times[t]) >= 0);
        }
    throttle_t none = {
        .store = store->store, .address = {0, APR_USEC_PER_SEC}, .account = {0, APR_USEC_PER_SEC}};
    assert_int_equal(reserve_with(&none, "192.0.2.1", "john", NULL, window), 1);
}

#define CHILDREN 6
#define TRIES 20

static void guesses_in_parallel_do_not_outrun_the_limit(void **state)
{
    (void)state;
    store_fixture_t *shared = fixture_make(pool);
    int passed[2], count = 0;
    char byte;
    assert_int_equal(pipe(passed), 0);
    for (int c = 0; c < CHILDREN; c++)
        if (fork() == 0) {
            throttle_t mine = throttle;
            mine.store = fixture_open(shared);
            for (int i = 0; i < TRIES; i++)
                if (reserve_with(&mine, apr_psprintf(pool, "10.0.%d.%d", c, i), "john", NULL,
                                 window) == 0 &&
                    write(passed[1], "x", 1) != 1)
                    _exit(1);
            fixture_close(shared);
            _exit(0);
        }
    close(passed[1]);
    while (read(passed[0], &byte, 1) == 1)
        count++;
    close(passed[0]);
    for (int c = 0; c < CHILDREN; c++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count, 10);
}

static int next_window(void **state)
{
    static int used;
    (void)state;
    window = (apr_time_sec(apr_time_now()) / 60 + 2 + used++) * apr_time_from_sec(60);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return -1;
    store = fixture_store(pool);
    known_add(&browser, "john");
    known_add(&browser, "anna");
    known_add(&browser, "anna@example.org");
    other_browser = browser;
    other_browser.id[0]++;
    throttle = (throttle_t){.store = store->store,
                            .address = {30, apr_time_from_sec(60)},
                            .account = {10, apr_time_from_sec(60)}};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(guesses_in_parallel_do_not_outrun_the_limit, next_window),
        cmocka_unit_test_setup(thirty_failures_of_an_address_pass, next_window),
        cmocka_unit_test_setup(ten_failures_of_an_account_pass_whatever_the_address, next_window),
        cmocka_unit_test_setup(refused_reservation_reserves_nothing, next_window),
        cmocka_unit_test_setup(looking_charges_nothing, next_window),
        cmocka_unit_test_setup(wait_ends_with_the_window, next_window),
        cmocka_unit_test_setup(counter_outlives_its_window, next_window),
        cmocka_unit_test_setup(released_reservation_can_be_taken_again, next_window),
        cmocka_unit_test_setup(office_of_500_behind_one_nat_signs_in, next_window),
        cmocka_unit_test_setup(stranger_cannot_block_a_known_browser, next_window),
        cmocka_unit_test_setup(known_browser_guesses_no_more_than_others, next_window),
        cmocka_unit_test_setup(all_spellings_of_a_name_share_a_bucket, next_window),
        cmocka_unit_test_setup(browser_is_known_as_its_own_users_only, next_window),
        cmocka_unit_test_setup(store_that_cannot_count_lets_nobody_guess, next_window),
        cmocka_unit_test_setup(mapped_addresses_are_ipv4, next_window),
        cmocka_unit_test_setup(ipv6_neighbours_of_a_64_share_a_bucket, next_window),
        cmocka_unit_test_setup(a_48_has_16_times_the_room, next_window),
        cmocka_unit_test_setup(zones_make_no_new_bucket, next_window),
        cmocka_unit_test_setup(garbage_addresses_share_one_bucket, next_window),
        cmocka_unit_test(networks_are_a_24_and_a_64),
        cmocka_unit_test_setup(extreme_rules_and_times_do_not_overflow, next_window),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
