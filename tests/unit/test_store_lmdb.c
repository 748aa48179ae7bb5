/* SPDX-License-Identifier: Apache-2.0 */
/* LMDB keeps every promise of store.h, and these of its own: what a writer of the store can do,
 * what happens when a part of it is full, and what is swept. */
#include <apr_general.h>
#include <apr_strings.h>
#include <lmdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "store_fixture.h"

#define LATER (apr_time_now() + apr_time_from_sec(600))
#define PAST (apr_time_now() - 1)

static int set_up(void **state)
{
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    store_fixture_t *f = fixture_make(p);
    f->settings.quota = STORE_QUOTA_MIN;
    fixture_open(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    store_fixture_t *f = *state;
    fixture_close(f);
    apr_pool_destroy(f->home);
    return 0;
}

/* ---- a writer of the store ------------------------------------------------------------------- */

/* One part of a closed store, as somebody who can write its files sees it. */
typedef struct raw_t {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
} raw_t;

static raw_t raw_open(store_fixture_t *f, const char *part)
{
    raw_t raw;
    fixture_close(f);
    const char *dir = f->settings.url + strlen("lmdb:");
    char path[300];
    apr_snprintf(path, sizeof(path), "%s/%s", dir, part);
    assert_int_equal(mdb_env_create(&raw.env), 0);
    mdb_env_set_mapsize(raw.env, (size_t)1 << 30);
    assert_int_equal(mdb_env_open(raw.env, path, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(raw.env, NULL, 0, &raw.txn), 0);
    assert_int_equal(mdb_dbi_open(raw.txn, NULL, 0, &raw.dbi), 0);
    return raw;
}

static void raw_close(store_fixture_t *f, raw_t *raw)
{
    assert_int_equal(mdb_txn_commit(raw->txn), 0);
    mdb_env_close(raw->env);
    fixture_open(f);
}

/* Keys as the backend makes them; `len` for those of a log, with 0 and a number. */
static void raw_put(raw_t *raw, const void *key, size_t len, const void *value, size_t value_len)
{
    MDB_val k = {len, (void *)(uintptr_t)key}, v = {value_len, (void *)(uintptr_t)value};
    assert_int_equal(mdb_put(raw->txn, raw->dbi, &k, &v, 0), 0);
}

static size_t raw_get(raw_t *raw, const void *key, size_t len, unsigned char value[512])
{
    MDB_val k = {len, (void *)(uintptr_t)key}, v;
    assert_int_equal(mdb_get(raw->txn, raw->dbi, &k, &v), 0);
    assert_true(v.mv_size <= 512);
    memcpy(value, v.mv_data, v.mv_size);
    return v.mv_size;
}

static size_t raw_entries(store_fixture_t *f, const char *part)
{
    MDB_stat stat;
    raw_t raw = raw_open(f, part);
    mdb_stat(raw.txn, raw.dbi, &stat);
    raw_close(f, &raw);
    return stat.ms_entries;
}

static bool count_entry(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                        apr_time_t expires)
{
    (void)sequence;
    (void)data;
    (void)len;
    (void)expires;
    ++*(int *)baton;
    return true;
}

static void never_opens(store_fixture_t *f, const char *key)
{
    store_record_t record;
    const char **members;
    store_status_t status = store_get(f->store, STORE_LASTING, key, f->p, &record);
    assert_true(status == STORE_DOWN || status == STORE_MISSING);
    status = store_take(f->store, STORE_LASTING, key, f->p, &record);
    assert_true(status == STORE_DOWN || status == STORE_MISSING);
    status = store_members(f->store, STORE_LASTING, key, f->p, &members);
    assert_true(status == STORE_DOWN || !members[0]);
}

static void forged_swapped_or_copied_store_record_never_logs_in(void **state)
{
    store_fixture_t *f = *state;
    unsigned char mine[512], other[512], entry[512];
    uint64_t sequence, last;
    int entries = 0, said = fixture_logged("MPIN0103");
    store_put(f->store, STORE_LASTING, "user:mine", "mallory", 7, LATER);
    store_put(f->store, STORE_LASTING, "user:other", "alice", 5, LATER);
    store_put(f->store, STORE_BEHIND, "user:mine", "mallory", 7, LATER);
    store_put(f->store, STORE_LASTING, "user:old", "alice", 5, PAST);
    store_member_add(f->store, STORE_LASTING, "set:mine", "m", 3, LATER);
    store_log_append(f->store, "log", "first", 5, LATER, &sequence);
    store_log_append(f->store, "log", "second", 6, LATER, &sequence);

    raw_t raw = raw_open(f, "lasting");
    size_t len = raw_get(&raw, "luser:mine", 10, mine);
    for (size_t i = 0; i < len; i++) { /* every byte changed */
        char key[16];
        mine[i] ^= 0x40;
        raw_put(&raw, key, (size_t)apr_snprintf(key, sizeof(key), "lforged:%d", (int)i), mine, len);
        mine[i] ^= 0x40;
        raw_put(&raw, key, (size_t)apr_snprintf(key, sizeof(key), "lcut:%d", (int)i), mine, i);
    }
    raw_put(&raw, "lcopied", 7, mine, len);
    raw_put(&raw, "luser:other", 11, mine, len); /* over another one */
    len = raw_get(&raw, "buser:mine", 10, other);
    raw_put(&raw, "lfrom-behind", 12, other, len);
    len = raw_get(&raw, "lset:mine", 9, other);
    other[0] = 'd';
    raw_put(&raw, "lset:mine", 9, other, len); /* as another kind */
    len = raw_get(&raw, "luser:old", 9, other);
    memset(other + 1, 0, 8);
    raw_put(&raw, "luser:old", 9, other, len); /* made to live for ever */
    len = raw_get(&raw, "glog\0\0\0\0\0\0\0\0\1", 13, entry);
    raw_put(&raw, "glog\0\0\0\0\0\0\0\0\2", 13, entry, len);
    raw_close(f, &raw);

    for (int i = 0; i < (int)len; i++) {
        never_opens(f, apr_psprintf(f->p, "forged:%d", i));
        never_opens(f, apr_psprintf(f->p, "cut:%d", i));
    }
    const char *keys[] = {"copied", "user:other", "from-behind", "set:mine", "user:old"};
    for (int i = 0; i < 5; i++)
        never_opens(f, keys[i]);
    assert_int_equal(store_log_read(f->store, "log", 0, f->p, count_entry, &entries, &last),
                     STORE_DOWN);
    assert_int_equal(fixture_logged("MPIN0103"), said + 1); /* once a minute */
}

/* ---- full ------------------------------------------------------------------------------------ */

static int fill(store_fixture_t *f, store_class_t in, apr_time_t expires)
{
    static char data[STORE_RECORD_MAX];
    int n = 0;
    for (apr_size_t len = sizeof(data); len; len /= 2) { /* the last room is for small ones */
        store_status_t status = STORE_OK;
        while (status == STORE_OK)
            status =
                store_put(f->store, in, apr_psprintf(f->p, "flood:%d", n++), data, len, expires);
        assert_int_equal(status, STORE_FULL);
        n--;
    }
    return n;
}

static void flood_of_pending_records_leaves_sessions_and_logout_working(void **state)
{
    store_fixture_t *f = *state;
    store_record_t seen;
    const char **members;
    uint64_t sequence;
    int before = fixture_logged("MPIN0104");
    store_put(f->store, STORE_FLEETING, "mine", "x", 1, LATER);
    const char *next = apr_psprintf(f->p, "flood:%d", fill(f, STORE_FLEETING, LATER));
    assert_int_equal(store_add(f->store, STORE_FLEETING, next, "x", 1, LATER), STORE_FULL);
    assert_int_equal(fixture_logged("MPIN0104"), before + 1);

    /* People who come in have room, and leave what the others need. */
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            store_add(f->store, STORE_COMING_IN, apr_psprintf(f->p, "login:%d", i), "x", 1, LATER),
            STORE_OK);
    assert_int_equal(store_get(f->store, STORE_FLEETING, "login:7", f->p, &seen), STORE_OK);
    assert_int_equal(store_take(f->store, STORE_COMING_IN, "login:8", f->p, &seen), STORE_OK);
    int in = 0;
    static const char large[4000];
    while (store_put(f->store, STORE_COMING_IN, apr_psprintf(f->p, "in:%d", in), large,
                     sizeof(large), LATER) == STORE_OK)
        in++;
    assert_true(in > 50);
    for (int i = 0; i < 200; i++) {
        const char *key = apr_psprintf(f->p, "sessions:%d", i % 50);
        assert_int_equal(store_member_add(f->store, STORE_BEHIND, key, "session", 9, LATER),
                         STORE_OK);
        assert_int_equal(store_put(f->store, STORE_LASTING, key, "x", 1, LATER), STORE_OK);
        assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
    }
    assert_int_equal(store_members(f->store, STORE_BEHIND, "sessions:1", f->p, &members), STORE_OK);
    assert_string_equal(members[0], "session");
    /* Nothing was forgotten, and what is there can be changed and goes. */
    assert_int_equal(store_get(f->store, STORE_FLEETING, "flood:0", f->p, &seen), STORE_OK);
    assert_int_equal(store_get(f->store, STORE_FLEETING, "mine", f->p, &seen), STORE_OK);
    assert_int_equal(store_swap(f->store, STORE_FLEETING, "mine", &seen, "yy", 2, LATER), STORE_OK);
    assert_int_equal(store_take(f->store, STORE_FLEETING, "mine", f->p, &seen), STORE_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(store_delete(f->store, STORE_FLEETING, apr_psprintf(f->p, "flood:%d", i)),
                         STORE_OK);
    while (in-- > 0)
        store_delete(f->store, STORE_COMING_IN, apr_psprintf(f->p, "in:%d", in));
    assert_int_equal(store_put(f->store, STORE_FLEETING, "new", "x", 1, LATER), STORE_OK);
}

static void a_full_lasting_part_still_takes_changes_and_revocations(void **state)
{
    store_fixture_t *f = *state;
    store_record_t seen;
    uint64_t sequence;
    int64_t total;
    store_put(f->store, STORE_LASTING, "mine", "x", 1, LATER);
    store_count(f->store, STORE_LASTING, "failures", 1, LATER, &total);
    int there = fill(f, STORE_LASTING, LATER);
    const char *next = apr_psprintf(f->p, "flood:%d", there);
    assert_int_equal(store_add(f->store, STORE_LASTING, next, "x", 1, LATER), STORE_FULL);
    assert_int_equal(store_count(f->store, STORE_LASTING, "failures", 1, LATER, &total), STORE_OK);
    assert_int_equal(total, 2);
    assert_int_equal(store_get(f->store, STORE_LASTING, "mine", f->p, &seen), STORE_OK);
    assert_int_equal(store_swap(f->store, STORE_LASTING, "mine", &seen, "y", 1, LATER), STORE_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(store_log_append(f->store, "log", "logout", 6, LATER, &sequence),
                         STORE_OK);
    assert_int_equal(store_put(f->store, STORE_FLEETING, "pass1", "x", 1, LATER), STORE_OK);
    for (int i = 0; i < there / 10; i++)
        assert_int_equal(store_delete(f->store, STORE_LASTING, apr_psprintf(f->p, "flood:%d", i)),
                         STORE_OK);
    assert_int_equal(store_add(f->store, STORE_LASTING, "new", "x", 1, LATER), STORE_OK);
}

/* ---- sweeping -------------------------------------------------------------------------------- */

static void swept(store_fixture_t *f, const char *part, size_t left)
{
    size_t there = 0;
    for (int tries = 0; tries < 20; tries++) {
        sleep(1);
        if ((there = raw_entries(f, part)) <= left)
            break;
        sleep(1);
    }
    assert_int_equal(there, left);
}

static void expired_records_are_swept_and_others_stay(void **state)
{
    store_fixture_t *f = *state;
    store_record_t record;
    uint64_t sequence;
    int64_t total;
    for (int i = 0; i < 3000; i++)
        store_put(f->store, STORE_FLEETING, apr_psprintf(f->p, "r:%d", i), "x", 1,
                  i % 100 ? PAST : LATER);
    for (int i = 0; i < 20; i++) {
        store_put(f->store, STORE_LASTING, apr_psprintf(f->p, "r:%d", i), "x", 1,
                  i % 10 ? PAST : LATER);
        store_count(f->store, STORE_LASTING, apr_psprintf(f->p, "c:%d", i), 1, i % 10 ? PAST : 0,
                    &total);
        store_log_append(f->store, "log", "x", 1, PAST, &sequence);
    }
    sleep(2);
    swept(f, "fleeting", 30);
    swept(f, "lasting", 2 + 2 + 1); /* and the log's newest number */
    assert_int_equal(store_get(f->store, STORE_FLEETING, "r:100", f->p, &record), STORE_OK);
    assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
    assert_int_equal(sequence, 21); /* numbers never fall */
}

static void a_full_part_has_room_again_when_records_expire(void **state)
{
    store_fixture_t *f = *state;
    store_status_t status = STORE_FULL;
    fill(f, STORE_FLEETING, apr_time_now() + apr_time_from_sec(2));
    for (int tries = 0; tries < 100 && status == STORE_FULL; tries++) {
        usleep(100000);
        status = store_put(f->store, STORE_FLEETING, "new", "x", 1, LATER);
    }
    assert_int_equal(status, STORE_OK);
}

static void behind_records_are_moved_to_the_lasting_part(void **state)
{
    store_fixture_t *f = *state;
    store_record_t record;
    for (int i = 0; i < 600; i++)
        store_put(f->store, STORE_BEHIND, apr_psprintf(f->p, "r:%d", i), "x", 1, LATER);
    store_delete(f->store, STORE_BEHIND, "r:5");
    assert_int_equal(raw_entries(f, "fleeting"), 0); /* closing moves them */
    assert_int_equal(raw_entries(f, "lasting"), 599);
    assert_int_equal(store_delete(f->store, STORE_BEHIND, "r:6"), STORE_OK);
    assert_int_equal(store_get(f->store, STORE_BEHIND, "r:6", f->p, &record), STORE_MISSING);
    assert_int_equal(raw_entries(f, "lasting"), 598);
}

/* ---- the generation -------------------------------------------------------------------------- */

typedef struct follower_t {
    store_t *store;
    apr_pool_t *p;
    uint64_t known;
    bool stop;
} follower_t;

static void *follow(void *baton)
{
    follower_t *follower = baton;
    uint64_t at = store_generation(follower->store) - 1, last = 0;
    int entries = 0;
    while (!__atomic_load_n(&follower->stop, __ATOMIC_RELAXED)) {
        uint64_t now = store_generation(follower->store);
        if (now == at)
            continue;
        store_log_read(follower->store, "log", last, follower->p, count_entry, &entries, &last);
        at = now;
        __atomic_store_n(&follower->known, last, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* LMDB shows a new transaction's number before readers can see the transaction. */
static void who_follows_the_generation_misses_no_entry(void **state)
{
    store_fixture_t *f = *state;
    follower_t follower = {.store = f->store, .p = f->p};
    pthread_t thread;
    uint64_t sequence;
    pthread_create(&thread, NULL, follow, &follower);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
        int waited = 0;
        while (__atomic_load_n(&follower.known, __ATOMIC_ACQUIRE) < sequence && waited < 5000) {
            usleep(1000);
            waited++;
        }
        assert_true(waited < 5000);
    }
    __atomic_store_n(&follower.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(forged_swapped_or_copied_store_record_never_logs_in),
        TEST(flood_of_pending_records_leaves_sessions_and_logout_working),
        TEST(a_full_lasting_part_still_takes_changes_and_revocations),
        TEST(expired_records_are_swept_and_others_stay),
        TEST(a_full_part_has_room_again_when_records_expire),
        TEST(behind_records_are_moved_to_the_lasting_part),
        TEST(who_follows_the_generation_misses_no_entry),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("store on lmdb", tests, NULL, NULL);
}
