/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "session/revocation.h"
#include "session/revoked.h"
#include "store/sealed.h"
#include "store_fixture.h"

#define HOUR apr_time_from_sec(3600)

/* A session as the log sees it. */
static const unsigned char session[16] = "session", family[16] = "family",
                           identity[16] = "identity", uid[16] = "user", other[16] = "other";
#define VERSION 5
#define SEALED 1000000u

static apr_pool_t *pool;
static store_t *store;
static apr_time_t now;

/* The store's own backend, with reading of the log counted and, when told to, failing. */
static const store_backend_t *real;
static store_backend_t watched;
static _Atomic int reads;
static _Atomic uint64_t read_after;
static bool down;

static store_status_t watched_log_read(void *state, const char *log, uint64_t after,
                                       store_log_reader_t reader, void *baton, uint64_t *last)
{
    atomic_fetch_add(&reads, 1);
    read_after = after;
    return down ? STORE_DOWN : real->log_read(state, log, after, reader, baton, last);
}

static int fresh_store(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    store = fixture_store(pool)->store;
    real = store->backend;
    watched = *real;
    watched.log_read = watched_log_read;
    store->backend = &watched;
    down = false;
    now = apr_time_now();
    return 0;
}

static int drop_store(void **state)
{
    (void)state;
    store->backend = real;
    apr_pool_destroy(pool);
    return 0;
}

static revocations_t *make(void)
{
    revocations_t *made;
    assert_int_equal(revocations_make(&made, store, pool), STORE_OK);
    return made;
}

static void add(revocations_t *revocations, revoke_kind_t kind, const unsigned char *id,
                uint32_t version)
{
    assert_int_equal(revocations_add(revocations, kind, id, version, now, now + HOUR), STORE_OK);
}

static bool hit_with(const revocations_t *revocations, uint32_t version, uint32_t sealed)
{
    return revocations_hit(revocations, session, family, identity, uid, version, sealed, SEALED) !=
           REVOKED_NOT;
}

static bool is_hit(const revocations_t *revocations)
{
    return hit_with(revocations, VERSION, SEALED);
}

static void each_kind_hits_its_own_sessions_and_no_others(void **state)
{
    (void)state;
    static const unsigned char *const ids[] = {[REVOKE_SESSION] = session,
                                               [REVOKE_FAMILY] = family,
                                               [REVOKE_IDENTITY] = identity,
                                               [REVOKE_USER] = uid};
    static const unsigned char strange[16] = "strange";
    for (int kind = REVOKE_SESSION; kind <= REVOKE_USER; kind++) {
        revocations_t *revocations = make();
        for (int id = REVOKE_SESSION; id <= REVOKE_USER; id++)
            if (id != kind)
                add(revocations, (revoke_kind_t)kind, ids[id], VERSION + 1);
        add(revocations, (revoke_kind_t)kind, strange, VERSION + 1);
    }
    revocations_t *revocations = make();
    assert_false(is_hit(revocations));
    for (int kind = REVOKE_SESSION; kind <= REVOKE_USER; kind++) {
        const unsigned char *facts[5];
        for (int id = REVOKE_SESSION; id <= REVOKE_USER; id++)
            facts[id] = id == kind ? strange : other;
        assert_true(revocations_hit(revocations, facts[REVOKE_SESSION], facts[REVOKE_FAMILY],
                                    facts[REVOKE_IDENTITY], facts[REVOKE_USER], VERSION, SEALED,
                                    SEALED));
    }
}

static void a_users_version_hits_lower_ones_only_and_never_falls(void **state)
{
    (void)state;
    revocations_t *revocations = make();
    add(revocations, REVOKE_USER, uid, VERSION);
    assert_true(hit_with(revocations, VERSION - 1, SEALED));
    assert_false(hit_with(revocations, VERSION, SEALED));
    add(revocations, REVOKE_USER, uid, VERSION - 2);
    assert_int_equal(revocations_known(revocations), 1);
    assert_int_equal(revocations_behind(revocations), 0);
    assert_true(hit_with(revocations, VERSION - 1, SEALED));
    assert_false(hit_with(revocations, VERSION, SEALED));
}

static void everybody_is_hit_who_was_sealed_up_to_that_second(void **state)
{
    (void)state;
    revocations_t *revocations = make();
    uint32_t second = (uint32_t)apr_time_sec(now);
    add(revocations, REVOKE_ALL, NULL, 0);
    assert_true(hit_with(revocations, VERSION, second - 100));
    assert_true(hit_with(revocations, VERSION, second));
    assert_false(hit_with(revocations, VERSION, second + 1));
}

static void another_child_knows_with_its_next_request(void **state)
{
    (void)state;
    revocations_t *here = make(), *there = make();
    add(here, REVOKE_SESSION, session, 0);
    assert_true(is_hit(here));
    assert_false(is_hit(there));
    assert_true(revocations_refresh(there));
    assert_true(is_hit(there));
    assert_true(is_hit(make()));
}

static void the_log_is_read_only_when_the_store_has_moved(void **state)
{
    (void)state;
    revocations_t *here = make(), *there = make();
    int before = atomic_load(&reads);
    for (int i = 0; i < 100; i++)
        assert_true(revocations_refresh(there));
    assert_int_equal(atomic_load(&reads), before);
    add(here, REVOKE_SESSION, session, 0);
    for (int i = 0; i < 100; i++)
        assert_true(revocations_refresh(there));
    assert_int_equal(atomic_load(&reads), before + 1);
    add(here, REVOKE_SESSION, family, 0);
    assert_true(revocations_refresh(there));
    assert_int_equal(read_after, 1); /* what it has read it doesn't read again */
}

/* Moves the store's generation by another log's entry. */
static void write_something(void)
{
    uint64_t sequence;
    assert_int_equal(store_log_append(store, "another", "x", 1, now + HOUR, &sequence), STORE_OK);
}

static void stale_revocations_fail_closed(void **state)
{
    (void)state;
    revocations_t *early = make(), *late;
    write_something();
    down = true;
    assert_false(revocations_refresh(early));
    assert_false(revocations_refresh(early));

    assert_int_equal(revocations_make(&late, store, pool), STORE_DOWN);
    assert_false(revocations_refresh(late));

    down = false;
    assert_true(revocations_refresh(early));
    assert_true(revocations_refresh(late));
}

/* Nothing has been written yet, so that the generation is still its first. */
static void a_child_that_could_not_load_an_empty_store_lets_nobody_in(void **state)
{
    (void)state;
    revocations_t *late;
    down = true;
    assert_int_equal(revocations_make(&late, store, pool), STORE_DOWN);
    assert_false(revocations_refresh(late));
}

static void an_entry_that_is_not_understood_is_not_passed_over(void **state)
{
    static const apr_size_t lengths[] = {21, 20, 22, 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const unsigned char entry[22] = {i ? REVOKE_SESSION : REVOKE_ALL + 1};
        uint64_t sequence;
        revocations_t *early = make(), *late;
        assert_int_equal(
            store_log_append(store, "revocations", entry, lengths[i], now + HOUR, &sequence),
            STORE_OK);
        assert_false(revocations_refresh(early));
        assert_false(revocations_refresh(early));
        assert_int_equal(revocations_make(&late, store, pool), STORE_DOWN);
        drop_store(state);
        fresh_store(state);
    }
}

static bool keep_expiry(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                        apr_time_t expires)
{
    (void)sequence;
    (void)data;
    (void)len;
    *(apr_time_t *)baton = expires;
    return true;
}

static void an_entry_outlives_the_cookies_that_it_can_hit(void **state)
{
    (void)state;
    apr_time_t expires = 0;
    uint64_t last;
    add(make(), REVOKE_SESSION, session, 0);
    store_log_read(store, "revocations", 0, pool, keep_expiry, &expires, &last);
    assert_true(expires >= now + HOUR + apr_time_from_sec(SEAL_SKEW));
}

static apr_time_t expiry_of_added(revoke_kind_t kind, const unsigned char *id)
{
    apr_time_t expires = 0;
    uint64_t last;
    add(make(), kind, id, 0);
    store_log_read(store, "revocations", 0, pool, keep_expiry, &expires, &last);
    return expires;
}

static void an_entry_lives_as_long_as_the_longest_session_ever_noted(void **state)
{
    (void)state;
    assert_true(expiry_of_added(REVOKE_FAMILY, family) < now + 2 * HOUR);
    assert_int_equal(revocations_note_longest(make(), 8 * HOUR, pool), STORE_OK);
    assert_int_equal(revocations_note_longest(make(), 2 * HOUR, pool), STORE_OK);
    assert_true(expiry_of_added(REVOKE_SESSION, session) < now + 2 * HOUR);
    assert_true(expiry_of_added(REVOKE_FAMILY, family) > now + 8 * HOUR);
    assert_true(expiry_of_added(REVOKE_IDENTITY, identity) > now + 8 * HOUR);
    assert_true(expiry_of_added(REVOKE_USER, uid) > now + 8 * HOUR);
}

static void entries_that_are_over_leave_memory(void **state)
{
    (void)state;
    revoked_t *revoked = revoked_make(pool);
    unsigned char id[16] = {0};
    const unsigned char lasting[16] = "lasting";
    assert_true(revoked_add(revoked, REVOKE_SESSION, lasting, 7, 1000000, 0));
    /* A hundred sign out each second, and each entry is over after a hundred seconds. */
    for (uint32_t second = 0; second < 1000; second++)
        for (int i = 0; i < 100; i++) {
            randombytes_buf(id, sizeof id);
            assert_true(revoked_add(revoked, REVOKE_SESSION, id, 1, second + 100, second));
        }
    assert_in_range(revoked_count(revoked), 10000, 33000);
    revoked_look_t look = {REVOKE_SESSION, lasting, 0};
    revoked_look(revoked, &look, 1);
    assert_int_equal(look.limit, 7);
}

static void a_hundred_thousand_are_all_known(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    revoked_t *revoked = revoked_make(pool);
    unsigned char(*ids)[16] = malloc(COUNT * sizeof *ids);
    for (int i = 0; i < COUNT; i++) {
        randombytes_buf(ids[i], sizeof ids[i]);
        assert_true(revoked_add(revoked, REVOKE_SESSION, ids[i], 1, 1000, 0));
    }
    assert_int_equal(revoked_count(revoked), COUNT);
    for (int i = 0; i < COUNT; i++) {
        unsigned char near[16];
        memcpy(near, ids[i], sizeof near);
        near[15] ^= 1;
        revoked_look_t looks[] = {
            {REVOKE_SESSION, ids[i], 9}, {REVOKE_SESSION, near, 9}, {REVOKE_FAMILY, ids[i], 9}};
        revoked_look(revoked, looks, 3);
        assert_int_equal(looks[0].limit, 1);
        assert_int_equal(looks[1].limit, 0);
        assert_int_equal(looks[2].limit, 0);
    }
    free(ids);
}

/* ---- threads: one adds, the others never miss what was added before they asked
 * -------------------- */

#define THREADS 3
#define ROUNDS 300

static _Atomic int added;
static unsigned char chain[ROUNDS][16];

static void *ask(void *data)
{
    const revocations_t *revocations = data;
    int seen;
    do {
        seen = atomic_load(&added);
        if (seen && !revocations_hit(revocations, chain[seen - 1], family, identity, uid, VERSION,
                                     SEALED, SEALED))
            abort();
        if (!revocations_refresh(data) || is_hit(revocations))
            abort();
    } while (seen < ROUNDS);
    return NULL;
}

static void threads_see_each_revocation_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    revocations_t *revocations = make();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, revocations), 0);
    for (int i = 0; i < ROUNDS; i++) {
        randombytes_buf(chain[i], 16);
        add(revocations, REVOKE_SESSION, chain[i], 0);
        atomic_store(&added, i + 1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_store, drop_store)
    const struct CMUnitTest tests[] = {
        TEST(each_kind_hits_its_own_sessions_and_no_others),
        TEST(a_users_version_hits_lower_ones_only_and_never_falls),
        TEST(everybody_is_hit_who_was_sealed_up_to_that_second),
        TEST(another_child_knows_with_its_next_request),
        TEST(the_log_is_read_only_when_the_store_has_moved),
        TEST(stale_revocations_fail_closed),
        TEST(a_child_that_could_not_load_an_empty_store_lets_nobody_in),
        TEST(an_entry_that_is_not_understood_is_not_passed_over),
        TEST(an_entry_outlives_the_cookies_that_it_can_hit),
        TEST(an_entry_lives_as_long_as_the_longest_session_ever_noted),
        TEST(entries_that_are_over_leave_memory),
        TEST(a_hundred_thousand_are_all_known),
        TEST(threads_see_each_revocation_at_once),
    };
    apr_initialize();
    atexit(apr_terminate);
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("revocation", tests, NULL, NULL);
}
