/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "people_fixture.h"

#define LIMIT 3

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static apr_time_t now;

static identity_t device(const char *name)
{
    user_t user = fixture_user(fixture, name, pool);
    return fixture_device(fixture, &user, pool);
}

static identity_t stored(const identity_t *identity)
{
    identity_t found;
    assert_int_equal(people_identity(people, identity->handle, &found, pool), STORE_OK);
    return found;
}

/* Consecutive failures as the next attempt sees them. */
static uint32_t consecutive(const identity_t *identity)
{
    identity_t found = stored(identity);
    uint32_t count;
    assert_int_equal(people_failures(people, &found, &count, pool), STORE_OK);
    return count;
}

static uint32_t wrong_pin(identity_t *identity, apr_time_t when)
{
    uint32_t count;
    assert_int_equal(people_failed(people, identity, LIMIT, when, &count, pool), STORE_OK);
    return count;
}

static void right_pin(const identity_t *seen)
{
    assert_int_equal(people_succeeded(people, seen, now, pool), STORE_OK);
}

static void third_consecutive_failure_locks(void **state)
{
    (void)state;
    identity_t identity = device("locks");
    assert_int_equal(consecutive(&identity), 0);
    assert_int_equal(wrong_pin(&identity, now), 1);
    assert_int_equal(identity.state, IDENTITY_ACTIVE);
    assert_int_equal(wrong_pin(&identity, now), 2);
    assert_int_equal(stored(&identity).state, IDENTITY_ACTIVE);
    assert_int_equal(wrong_pin(&identity, now), 3);
    assert_int_equal(identity.state, IDENTITY_LOCKED);
    assert_int_equal(stored(&identity).state, IDENTITY_LOCKED);
}

static void locked_identity_counts_no_further(void **state)
{
    (void)state;
    identity_t identity = device("locked");
    for (int i = 0; i < LIMIT; i++)
        wrong_pin(&identity, now);
    assert_int_equal(wrong_pin(&identity, now), LIMIT);
    assert_int_equal(stored(&identity).failures, LIMIT);
}

static void success_clears_what_came_before_it(void **state)
{
    (void)state;
    identity_t identity = device("clears");
    wrong_pin(&identity, now);
    wrong_pin(&identity, now);
    right_pin(&identity);
    assert_int_equal(consecutive(&identity), 0);
    assert_int_equal(wrong_pin(&identity, now), 1);
    assert_int_equal(wrong_pin(&identity, now), 2);
    assert_int_equal(identity.state, IDENTITY_ACTIVE);
    assert_int_equal(stored(&identity).cleared, 2);
    assert_int_equal(stored(&identity).failures, 4);
}

static void success_keeps_failures_added_meanwhile(void **state)
{
    (void)state;
    identity_t identity = device("meanwhile");
    wrong_pin(&identity, now);
    identity_t seen = identity; /* the attempt begins */
    wrong_pin(&identity, now);
    right_pin(&seen);
    assert_int_equal(consecutive(&identity), 1);
}

static void stale_success_takes_nothing_back(void **state)
{
    (void)state;
    identity_t identity = device("stale");
    wrong_pin(&identity, now);
    identity_t early = identity;
    wrong_pin(&identity, now);
    right_pin(&identity);
    right_pin(&early); /* saw less, and comes later */
    assert_int_equal(consecutive(&identity), 0);
}

static void success_without_failures_writes_nothing(void **state)
{
    (void)state;
    identity_t identity = device("quiet");
    uint64_t before = store_generation(fixture->store->store);
    right_pin(&identity);
    assert_int_equal(store_generation(fixture->store->store), before);
}

/* A thief who has the token but not the PIN guesses between the owner's sign-ins. */
static void interleaved_success_does_not_refill_guesses(void **state)
{
    (void)state;
    identity_t identity = device("interleaved");
    int guesses = 0;
    while (stored(&identity).state == IDENTITY_ACTIVE) {
        if (consecutive(&identity) == LIMIT - 1) {
            identity_t seen = stored(&identity);
            right_pin(&seen);
        }
        wrong_pin(&identity, now + apr_time_from_sec(guesses));
        assert_true(++guesses <= RECENT_FAILURES);
    }
    assert_int_equal(guesses, RECENT_FAILURES);
    assert_int_equal(people_recent_failures(&identity, now), RECENT_FAILURES);
}

static void user_is_to_be_told_at_ten_failures(void **state)
{
    (void)state;
    identity_t identity = device("told");
    for (int i = 1; i <= TELL_FAILURES; i++) {
        wrong_pin(&identity, now);
        right_pin(&identity);
        assert_int_equal(people_recent_failures(&identity, now), i);
    }
    assert_int_equal(identity.state, IDENTITY_ACTIVE);
}

static void failures_of_30_days_ago_are_forgotten(void **state)
{
    (void)state;
    identity_t identity = device("forgotten");
    for (int i = 0; i < RECENT_FAILURES - 1; i++) {
        wrong_pin(&identity, now - 30 * DAY);
        right_pin(&identity);
    }
    assert_int_equal(people_recent_failures(&identity, now - DAY), RECENT_FAILURES - 1);
    assert_int_equal(people_recent_failures(&identity, now), 0);
    wrong_pin(&identity, now);
    assert_int_equal(identity.state, IDENTITY_ACTIVE);
    assert_int_equal(people_recent_failures(&identity, now), 1);
}

static void clock_set_back_forgets_no_failure(void **state)
{
    (void)state;
    identity_t identity = device("clock");
    wrong_pin(&identity, now);
    wrong_pin(&identity, now - 300 * DAY);
    assert_int_equal(people_recent_failures(&identity, now - 300 * DAY), 2);
    assert_int_equal(people_recent_failures(&identity, now), 1);
}

static void unlock_restores_the_same_token(void **state)
{
    (void)state;
    identity_t identity = device("unlocked");
    wrong_pin(&identity, now);
    right_pin(&identity); /* cleared less than the unlocking will */
    for (int i = 0; i < LIMIT; i++)
        wrong_pin(&identity, now);
    assert_int_equal(people_unlock_identity(people, identity.handle, pool), STORE_OK);
    identity_t after = stored(&identity);
    assert_int_equal(after.state, IDENTITY_ACTIVE);
    assert_memory_equal(after.handle, identity.handle, HANDLE_BYTES);
    assert_memory_equal(after.uid, identity.uid, UID_BYTES);
    assert_int_equal(consecutive(&identity), 0);
    assert_int_equal(people_recent_failures(&after, now), 1 + LIMIT);
    assert_int_equal(wrong_pin(&identity, now), 1);
    assert_int_equal(consecutive(&identity), 1);
    assert_int_equal(identity.state, IDENTITY_ACTIVE);
}

static void unlock_keeps_the_30_day_count(void **state)
{
    (void)state;
    identity_t identity = device("counted");
    while (stored(&identity).state == IDENTITY_ACTIVE) {
        wrong_pin(&identity, now);
        if (identity.state == IDENTITY_ACTIVE)
            right_pin(&identity);
    }
    assert_int_equal(people_unlock_identity(people, identity.handle, pool), STORE_OK);
    assert_int_equal(stored(&identity).state, IDENTITY_ACTIVE);
    assert_int_equal(wrong_pin(&identity, now), 1);
    assert_int_equal(identity.state, IDENTITY_LOCKED);
}

static void first_success_revokes_what_the_identity_replaces(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "replaces", pool);
    identity_t old = fixture_device(fixture, &user, pool), fresh = fixture_identity(&user);
    memcpy(fresh.replaces, old.handle, HANDLE_BYTES);
    assert_int_equal(people_add_identity(people, &fresh, pool), STORE_OK);
    wrong_pin(&fresh, now);
    assert_int_equal(stored(&old).state, IDENTITY_ACTIVE);
    right_pin(&fresh);
    assert_int_equal(stored(&old).state, IDENTITY_REVOKED);
    assert_true(fixture_session_ended(fixture, user.uid, 1, old.handle));
    identity_t after = stored(&fresh);
    assert_true(sodium_is_zero(after.replaces, HANDLE_BYTES));
    assert_int_equal(after.state, IDENTITY_ACTIVE);
}

static void identity_replaces_only_its_own_users(void **state)
{
    (void)state;
    identity_t victim = device("victim");
    user_t user = fixture_user(fixture, "robber", pool);
    identity_t fresh = fixture_identity(&user);
    memcpy(fresh.replaces, victim.handle, HANDLE_BYTES);
    assert_int_equal(people_add_identity(people, &fresh, pool), STORE_OK);
    right_pin(&fresh);
    assert_int_equal(stored(&victim).state, IDENTITY_ACTIVE);

    fresh = fixture_identity(&user);
    randombytes_buf(fresh.replaces, HANDLE_BYTES);
    assert_int_equal(people_add_identity(people, &fresh, pool), STORE_OK);
    right_pin(&fresh); /* of one that is unknown */
}

/* ---- across processes ------------------------------------------------------------------------ */

#define CHILDREN 4
#define EACH 4

static void in_a_child(store_fixture_t *store, const identity_t *identity,
                       void (*act)(people_t *people, identity_t identity, apr_pool_t *p))
{
    apr_pool_t *p;
    people_fixture_t mine = {.store = store};
    apr_pool_create(&p, NULL);
    fixture_people_over(&mine, fixture_open(store), p);
    act(mine.people, *identity, p);
    fixture_close(store);
    _exit(0);
}

static void add_identity(people_t *with, identity_t identity, apr_pool_t *p)
{
    user_t user;
    if (people_claim(with, identity.name, now, &user, p) != STORE_OK)
        _exit(1);
    memcpy(identity.uid, user.uid, UID_BYTES);
    if (people_add_identity(with, &identity, p) != STORE_OK)
        _exit(1);
}

static void fail_often(people_t *with, identity_t identity, apr_pool_t *p)
{
    uint32_t count;
    for (int i = 0; i < EACH; i++)
        if (people_failed(with, &identity, 1000, now, &count, p) != STORE_OK)
            _exit(1);
}

static void succeed_once(people_t *with, identity_t identity, apr_pool_t *p)
{
    if (people_identity(with, identity.handle, &identity, p) != STORE_OK ||
        people_succeeded(with, &identity, now, p) != STORE_OK)
        _exit(1);
}

static void all_ended_well(int children)
{
    for (int i = 0; i < children; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
}

static void processes_lose_no_failure_and_see_each_others_successes(void **state)
{
    (void)state;
    store_fixture_t *store = fixture_make(pool);
    user_t user = {.name = "shared"};
    identity_t identity = fixture_identity(&user), found;
    people_fixture_t mine = {.store = store};
    uint32_t count;

    if (fork() == 0)
        in_a_child(store, &identity, add_identity);
    all_ended_well(1);
    for (int c = 0; c < CHILDREN; c++)
        if (fork() == 0)
            in_a_child(store, &identity, fail_often);
    all_ended_well(CHILDREN);
    if (fork() == 0)
        in_a_child(store, &identity, succeed_once);
    all_ended_well(1);

    fixture_people_over(&mine, fixture_open(store), pool);
    assert_int_equal(people_identity(mine.people, identity.handle, &found, pool), STORE_OK);
    assert_int_equal(found.failures, CHILDREN * EACH);
    assert_int_equal(people_failures(mine.people, &found, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
    fixture_close(store);
}

static void broken_record_of_a_success_is_a_store_failure(void **state)
{
    (void)state;
    identity_t identity = device("cleared");
    uint32_t count;
    char key[64] = "cleared:";
    wrong_pin(&identity, now);
    sodium_bin2hex(key + 8, sizeof key - 8, identity.handle, HANDLE_BYTES);
    static const struct {
        const char *bytes;
        apr_size_t len;
    } bad[] = {
        {"", 0},
        {"\1\0\0\0", 4},
        {"\1\0\0\0\1\0", 6},
        {"\2\0\0\0\1", 5},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            store_put(fixture->store->store, STORE_BEHIND, key, bad[i].bytes, bad[i].len, 0),
            STORE_OK);
        assert_int_equal(people_failures(people, &identity, &count, pool), STORE_DOWN);
        assert_int_equal(people_failed(people, &identity, LIMIT, now, &count, pool), STORE_DOWN);
    }
    /* More than there are failures: the store was set back. Never less than none. */
    assert_int_equal(store_put(fixture->store->store, STORE_BEHIND, key, "\1\0\0\0\7", 5, 0),
                     STORE_OK);
    assert_int_equal(people_failures(people, &identity, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return -1;
    now = apr_time_now();
    fixture = fixture_people(pool);
    people = fixture->people;
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
        cmocka_unit_test(third_consecutive_failure_locks),
        cmocka_unit_test(locked_identity_counts_no_further),
        cmocka_unit_test(success_clears_what_came_before_it),
        cmocka_unit_test(success_keeps_failures_added_meanwhile),
        cmocka_unit_test(stale_success_takes_nothing_back),
        cmocka_unit_test(success_without_failures_writes_nothing),
        cmocka_unit_test(interleaved_success_does_not_refill_guesses),
        cmocka_unit_test(user_is_to_be_told_at_ten_failures),
        cmocka_unit_test(failures_of_30_days_ago_are_forgotten),
        cmocka_unit_test(clock_set_back_forgets_no_failure),
        cmocka_unit_test(unlock_restores_the_same_token),
        cmocka_unit_test(unlock_keeps_the_30_day_count),
        cmocka_unit_test(first_success_revokes_what_the_identity_replaces),
        cmocka_unit_test(identity_replaces_only_its_own_users),
        cmocka_unit_test(processes_lose_no_failure_and_see_each_others_successes),
        cmocka_unit_test(broken_record_of_a_success_is_a_store_failure),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
