/* SPDX-License-Identifier: Apache-2.0 */
#include "store_contract.h"

#include "store/change.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static store_fixture_t *(*make_store)(apr_pool_t *p);

/* One test's store. */
typedef struct world_t {
    apr_pool_t *p;
    store_fixture_t *fixture;
    store_t *store;
} world_t;

static const store_class_t classes[] = {STORE_FLEETING, STORE_LASTING, STORE_BEHIND};
#define EACH_CLASS(in)                                                                             \
    for (int i_ = 0; i_ < 3; i_++)                                                                 \
        for (store_class_t in = classes[i_], *once_ = &in; once_; once_ = NULL)

#define LATER (apr_time_now() + apr_time_from_sec(600))
#define PAST (apr_time_now() - 1)
#define SOON (apr_time_now() + apr_time_from_sec(2)) /* when what is done before is surely done */

static void wait_until(apr_time_t when)
{
    while (apr_time_now() <= when)
        usleep(1000);
}

static int set_up(void **state)
{
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    world_t *w = apr_pcalloc(p, sizeof(*w));
    w->p = p;
    w->fixture = make_store(p);
    w->store = fixture_open(w->fixture);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world_t *w = *state;
    fixture_close(w->fixture);
    apr_pool_destroy(w->p);
    return 0;
}

static void put(world_t *w, store_class_t in, const char *key, const char *text)
{
    assert_int_equal(store_put(w->store, in, key, text, strlen(text), LATER), STORE_OK);
}

static void is_there(world_t *w, store_class_t in, const char *key, const char *text)
{
    store_record_t record;
    assert_int_equal(store_get(w->store, in, key, w->p, &record), STORE_OK);
    assert_int_equal(record.len, strlen(text));
    assert_memory_equal(record.data, text, record.len);
}

static void is_missing(world_t *w, store_class_t in, const char *key)
{
    store_record_t record;
    assert_int_equal(store_get(w->store, in, key, w->p, &record), STORE_MISSING);
}

/* ---- records -------------------------------------------------------------------------------- */

static void a_record_comes_back_to_the_byte(void **state)
{
    world_t *w = *state;
    static unsigned char data[STORE_RECORD_MAX];
    const apr_size_t lens[] = {0, 1, 300, sizeof(data)};
    store_record_t record;
    for (apr_size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 7 + i / 256);
    EACH_CLASS(in)
    {
        is_missing(w, in, "r:1");
        for (int i = 0; i < 4; i++) {
            apr_time_t expires = i % 2 ? LATER : 0;
            assert_int_equal(store_put(w->store, in, "r:1", data, lens[i], expires), STORE_OK);
            assert_int_equal(store_get(w->store, in, "r:1", w->p, &record), STORE_OK);
            assert_int_equal(record.len, lens[i]);
            assert_memory_equal(record.data, data, lens[i]);
            assert_true(record.expires == expires);
        }
    }
}

static void an_expired_record_is_missing(void **state)
{
    world_t *w = *state;
    store_record_t record;
    EACH_CLASS(in)
    {
        assert_int_equal(store_put(w->store, in, "r", "x", 1, PAST), STORE_OK);
        is_missing(w, in, "r");
        apr_time_t soon = apr_time_now() + 50000;
        assert_int_equal(store_put(w->store, in, "r", "x", 1, soon), STORE_OK);
        wait_until(soon);
        is_missing(w, in, "r");
    }
    put(w, STORE_FLEETING, "t", "x");
    assert_int_equal(store_get(w->store, STORE_FLEETING, "t", w->p, &record), STORE_OK);
    assert_int_equal(store_swap(w->store, STORE_FLEETING, "t", &record, "y", 1, PAST), STORE_OK);
    assert_int_equal(store_take(w->store, STORE_FLEETING, "t", w->p, &record), STORE_MISSING);
}

static void the_classes_are_apart(void **state)
{
    world_t *w = *state;
    put(w, STORE_FLEETING, "r", "fleeting");
    put(w, STORE_LASTING, "r", "lasting");
    put(w, STORE_BEHIND, "r", "behind");
    is_there(w, STORE_FLEETING, "r", "fleeting");
    is_there(w, STORE_LASTING, "r", "lasting");
    is_there(w, STORE_BEHIND, "r", "behind");
    assert_int_equal(store_delete(w->store, STORE_LASTING, "r"), STORE_OK);
    is_missing(w, STORE_LASTING, "r");
    is_there(w, STORE_BEHIND, "r", "behind");
}

static void add_refuses_a_live_record_and_replaces_an_expired_one(void **state)
{
    world_t *w = *state;
    for (int i = 0; i < 2; i++) {
        store_class_t in = classes[i];
        assert_int_equal(store_add(w->store, in, "r", "one", 3, PAST), STORE_OK);
        assert_int_equal(store_add(w->store, in, "r", "two", 3, LATER), STORE_OK);
        assert_int_equal(store_add(w->store, in, "r", "three", 5, LATER), STORE_EXISTS);
        is_there(w, in, "r", "two");
    }
}

static void swap_needs_the_record_that_was_seen(void **state)
{
    world_t *w = *state;
    store_record_t seen;
    for (int i = 0; i < 2; i++) {
        store_class_t in = classes[i];
        put(w, in, "r", "one");
        assert_int_equal(store_get(w->store, in, "r", w->p, &seen), STORE_OK);
        assert_int_equal(store_swap(w->store, in, "r", &seen, "two", 3, LATER), STORE_OK);
        assert_int_equal(store_swap(w->store, in, "r", &seen, "three", 5, LATER), STORE_CHANGED);
        is_there(w, in, "r", "two");
        put(w, in, "r", "one"); /* the same words again are another record */
        assert_int_equal(store_swap(w->store, in, "r", &seen, "three", 5, LATER), STORE_CHANGED);
        assert_int_equal(store_get(w->store, in, "r", w->p, &seen), STORE_OK);
        assert_int_equal(store_delete(w->store, in, "r"), STORE_OK);
        assert_int_equal(store_swap(w->store, in, "r", &seen, "three", 5, LATER), STORE_CHANGED);
        is_missing(w, in, "r");
    }
}

static void take_gives_a_record_once(void **state)
{
    world_t *w = *state;
    store_record_t record;
    for (int i = 0; i < 2; i++) {
        put(w, classes[i], "r", "once");
        assert_int_equal(store_take(w->store, classes[i], "r", w->p, &record), STORE_OK);
        assert_memory_equal(record.data, "once", 4);
        assert_int_equal(store_take(w->store, classes[i], "r", w->p, &record), STORE_MISSING);
        is_missing(w, classes[i], "r");
    }
}

static void deleting_nothing_is_well(void **state)
{
    world_t *w = *state;
    EACH_CLASS(in)
    {
        assert_int_equal(store_delete(w->store, in, "r"), STORE_OK);
        put(w, in, "r", "x");
        assert_int_equal(store_delete(w->store, in, "r"), STORE_OK);
        is_missing(w, in, "r");
        assert_int_equal(store_delete(w->store, in, "r"), STORE_OK);
    }
}

static void keys_and_records_have_limits(void **state)
{
    world_t *w = *state;
    static char data[STORE_RECORD_MAX + 1];
    char key[STORE_KEY_MAX + 2];
    const char **members;
    memset(key, 'k', sizeof(key));
    key[STORE_KEY_MAX + 1] = 0;
    EACH_CLASS(in)
    {
        const char *bad[] = {"", "a b", "a\n", "\xc3\xa9", key};
        for (int i = 0; i < 5; i++) {
            assert_int_equal(store_put(w->store, in, bad[i], "x", 1, 0), STORE_DOWN);
            assert_int_equal(store_member_add(w->store, in, "s", bad[i], 3, 0), STORE_DOWN);
        }
        assert_int_equal(store_put(w->store, in, "r", data, sizeof(data), 0), STORE_DOWN);
        put(w, in, key + 1, "longest");
        is_there(w, in, key + 1, "longest");
        assert_int_equal(store_member_add(w->store, in, "s", key + 1, 3, 0), STORE_OK);
        assert_int_equal(store_members(w->store, in, "s", w->p, &members), STORE_OK);
        assert_string_equal(members[0], key + 1);
    }
}

static void a_record_is_no_counter_and_no_set(void **state)
{
    world_t *w = *state;
    store_record_t record;
    const char **members;
    int64_t total;
    EACH_CLASS(in)
    {
        put(w, in, "r", "x");
        assert_int_equal(store_count(w->store, in, "r", 1, LATER, &total), STORE_DOWN);
        assert_int_equal(store_count(w->store, in, "r", 0, LATER, &total), STORE_DOWN);
        assert_int_equal(store_member_add(w->store, in, "r", "m", 3, LATER), STORE_DOWN);
        assert_int_equal(store_members(w->store, in, "r", w->p, &members), STORE_DOWN);
        is_there(w, in, "r", "x");
        assert_int_equal(store_count(w->store, in, "c", 1, LATER, &total), STORE_OK);
        assert_int_equal(store_get(w->store, in, "c", w->p, &record), STORE_DOWN);
    }
}

/* ---- counters ------------------------------------------------------------------------------- */

static int64_t count(world_t *w, store_class_t in, const char *key, int64_t n, apr_time_t expires)
{
    int64_t total = -1;
    assert_int_equal(store_count(w->store, in, key, n, expires, &total), STORE_OK);
    return total;
}

static void count_adds_and_never_falls_below_zero(void **state)
{
    world_t *w = *state;
    for (int i = 0; i < 2; i++) {
        store_class_t in = classes[i];
        assert_int_equal(count(w, in, "c", 0, 0), 0);
        assert_int_equal(count(w, in, "c", -3, LATER), 0);
        assert_int_equal(count(w, in, "c", 2, LATER), 2);
        assert_int_equal(count(w, in, "c", 5, LATER), 7);
        assert_int_equal(count(w, in, "c", 0, 0), 7);
        assert_int_equal(count(w, in, "c", -3, LATER), 4);
        assert_int_equal(count(w, in, "c", INT64_MIN, LATER), 0);
        assert_int_equal(count(w, in, "c", INT64_MAX, LATER), INT64_MAX);
        assert_int_equal(count(w, in, "c", 1, LATER), INT64_MAX);
        assert_int_equal(store_delete(w->store, in, "c"), STORE_OK);
        assert_int_equal(count(w, in, "c", 0, 0), 0);
    }
}

static void a_counter_lives_until_the_later_expiry(void **state)
{
    world_t *w = *state;
    apr_time_t soon = SOON;
    for (int i = 0; i < 2; i++) {
        store_class_t in = classes[i];
        count(w, in, "short", 1, soon);
        count(w, in, "longer", 1, soon);
        count(w, in, "longer", 1, LATER);
        count(w, in, "kept", 1, LATER);
        count(w, in, "kept", 1, soon);
        count(w, in, "ever", 1, 0);
        count(w, in, "ever", 1, soon);
    }
    wait_until(soon);
    for (int i = 0; i < 2; i++) {
        store_class_t in = classes[i];
        assert_int_equal(count(w, in, "short", 0, 0), 0);
        assert_int_equal(count(w, in, "short", 5, LATER), 5);
        assert_int_equal(count(w, in, "longer", 0, 0), 2);
        assert_int_equal(count(w, in, "kept", 0, 0), 2);
        assert_int_equal(count(w, in, "ever", 0, 0), 2);
    }
}

/* ---- sets ----------------------------------------------------------------------------------- */

static void members_are(world_t *w, store_class_t in, const char *key, const char *all)
{
    const char **members;
    char *text = apr_pstrdup(w->p, "");
    assert_int_equal(store_members(w->store, in, key, w->p, &members), STORE_OK);
    for (; *members; members++)
        text = apr_pstrcat(w->p, text, *members, " ", NULL);
    assert_string_equal(text, all);
}

static store_status_t add(world_t *w, store_class_t in, const char *member, apr_time_t expires)
{
    return store_member_add(w->store, in, "s", member, 3, expires);
}

static void a_set_has_its_live_members(void **state)
{
    world_t *w = *state;
    apr_time_t soon = SOON;
    EACH_CLASS(in)
    {
        members_are(w, in, "s", "");
        assert_int_equal(store_member_remove(w->store, in, "s", "a"), STORE_OK);
        assert_int_equal(add(w, in, "a", LATER), STORE_OK);
        assert_int_equal(add(w, in, "b", 0), STORE_OK);
        assert_int_equal(add(w, in, "c", soon), STORE_OK);
        members_are(w, in, "s", "a b c ");
        assert_int_equal(add(w, in, "d", LATER), STORE_FULL);
        assert_int_equal(add(w, in, "b", LATER), STORE_OK);
    }
    wait_until(soon);
    EACH_CLASS(in)
    {
        members_are(w, in, "s", "a b ");
        assert_int_equal(add(w, in, "d", PAST), STORE_OK); /* c has left room */
        members_are(w, in, "s", "a b ");
        assert_int_equal(store_member_remove(w->store, in, "s", "a"), STORE_OK);
        assert_int_equal(store_member_remove(w->store, in, "s", "a"), STORE_OK);
        members_are(w, in, "s", "b ");
        assert_int_equal(store_member_remove(w->store, in, "s", "b"), STORE_OK);
        members_are(w, in, "s", "");
    }
}

static void adding_a_member_again_renews_it(void **state)
{
    world_t *w = *state;
    apr_time_t soon = SOON;
    EACH_CLASS(in)
    {
        assert_int_equal(add(w, in, "a", soon), STORE_OK);
        assert_int_equal(add(w, in, "a", LATER), STORE_OK);
        assert_int_equal(add(w, in, "b", LATER), STORE_OK);
        assert_int_equal(add(w, in, "b", soon), STORE_OK);
    }
    wait_until(soon);
    EACH_CLASS(in)
    {
        members_are(w, in, "s", "a ");
    }
}

static void a_set_is_full_when_its_record_is(void **state)
{
    world_t *w = *state;
    char member[STORE_KEY_MAX + 1];
    store_status_t status = STORE_OK;
    int fitted = 0;
    memset(member, 'm', STORE_KEY_MAX);
    member[STORE_KEY_MAX] = 0;
    while (status == STORE_OK && fitted < 1000) {
        apr_snprintf(member, 4, "%03d", fitted);
        member[3] = 'm';
        status = store_member_add(w->store, STORE_FLEETING, "s", member, 1000, LATER);
        fitted += status == STORE_OK;
    }
    assert_int_equal(status, STORE_FULL);
    assert_int_equal(fitted, STORE_RECORD_MAX / (STORE_KEY_MAX + 9));
}

/* ---- logs ----------------------------------------------------------------------------------- */

typedef struct seen_t {
    char text[200];
    int stop_after;
} seen_t;

static bool note(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                 apr_time_t expires)
{
    seen_t *seen = baton;
    apr_size_t at = strlen(seen->text);
    (void)expires;
    apr_snprintf(seen->text + at, sizeof(seen->text) - at, "%d:%.*s ", (int)sequence, (int)len,
                 (const char *)data);
    return --seen->stop_after != 0;
}

static void log_is(world_t *w, const char *log, uint64_t after, const char *all, uint64_t newest)
{
    seen_t seen = {.stop_after = -1};
    uint64_t last = 99;
    assert_int_equal(store_log_read(w->store, log, after, w->p, note, &seen, &last), STORE_OK);
    assert_string_equal(seen.text, all);
    assert_int_equal(last, newest);
}

static uint64_t append(world_t *w, const char *log, const char *text, apr_time_t expires)
{
    uint64_t sequence = 0;
    assert_int_equal(store_log_append(w->store, log, text, strlen(text), expires, &sequence),
                     STORE_OK);
    return sequence;
}

static void a_log_is_read_in_order_from_where_one_was(void **state)
{
    world_t *w = *state;
    seen_t seen = {.stop_after = 2};
    uint64_t last;
    log_is(w, "log", 0, "", 0);
    assert_int_equal(append(w, "log", "a", LATER), 1);
    assert_int_equal(append(w, "lo", "other", 0), 1);
    assert_int_equal(append(w, "log", "b", PAST), 2);
    assert_int_equal(append(w, "log", "c", 0), 3);
    assert_int_equal(append(w, "logs", "other", 0), 1);
    log_is(w, "log", 0, "1:a 3:c ", 3);
    log_is(w, "log", 1, "3:c ", 3);
    log_is(w, "log", 3, "", 3);
    log_is(w, "log", 9, "", 3);
    log_is(w, "lo", 0, "1:other ", 1);
    assert_int_equal(append(w, "log", "d", LATER), 4);
    assert_int_equal(store_log_read(w->store, "log", 0, w->p, note, &seen, &last), STORE_OK);
    assert_string_equal(seen.text, "1:a 3:c "); /* it wanted two */
    assert_int_equal(last, 4);
}

static void the_generation_moves_with_the_log(void **state)
{
    world_t *w = *state;
    uint64_t before = store_generation(w->store);
    assert_true(store_generation(w->store) == before);
    append(w, "log", "a", LATER);
    uint64_t after = store_generation(w->store);
    assert_true(after != before);
    put(w, STORE_FLEETING, "r", "x");
    assert_true(store_generation(w->store) == after);
}

static void boot_time_is_in_the_past(void **state)
{
    world_t *w = *state;
    apr_time_t booted = store_boot_time(w->store);
    assert_true(booted > 0 && booted < apr_time_now());
}

/* ---- changes: read, decide, write unless somebody was quicker -------------------------------- */

/* A step that appends a letter to what is there, as often as it is asked. */
typedef struct appending_t {
    world_t *w;
    store_class_t in;
    int rounds;
    store_status_t status; /* what it answers */
    bool leaves;           /* it leaves the record as it is */
    int races;             /* rounds in which somebody else is quicker */
    int scratch_live;      /* rounds whose scratch is still there */
    char seen[16];         /* "-": nothing */
} appending_t;

static apr_status_t scratch_went(void *baton)
{
    appending_t *appending = baton;
    appending->scratch_live--;
    return APR_SUCCESS;
}

static store_status_t append_letter(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    appending_t *appending = baton;
    world_t *w = appending->w;
    assert_int_equal(appending->scratch_live, 0);
    appending->scratch_live++;
    apr_pool_cleanup_register(scratch, appending, scratch_went, apr_pool_cleanup_null);
    const int len = change->seen ? (int)change->seen->len : 0;
    const char *text = change->seen ? (const char *)change->seen->data : "";
    apr_snprintf(appending->seen, sizeof(appending->seen), "%.*s", change->seen ? len : 1,
                 change->seen ? text : "-");
    if (appending->rounds++ < appending->races)
        put(w, appending->in, "r", apr_psprintf(scratch, "theirs%d", appending->rounds));
    if (appending->leaves)
        return appending->status;
    change->data = apr_psprintf(scratch, "%.*s+", len, text);
    change->len = (apr_size_t)len + 1;
    change->expires = LATER;
    return appending->status;
}

static store_status_t change(appending_t *appending)
{
    appending->rounds = 0;
    store_status_t status = store_change(appending->w->store, appending->in, "r", append_letter,
                                         appending, appending->w->p);
    assert_int_equal(appending->scratch_live, 0);
    return status;
}

static void a_change_sees_what_is_there_and_writes_what_it_wants(void **state)
{
    for (int i = 0; i < 2; i++) {
        appending_t appending = {.w = *state, .in = classes[i]};
        assert_int_equal(change(&appending), STORE_OK);
        assert_string_equal(appending.seen, "-");
        is_there(*state, classes[i], "r", "+");
        assert_int_equal(change(&appending), STORE_OK);
        assert_string_equal(appending.seen, "+");
        assert_int_equal(appending.rounds, 1);
        is_there(*state, classes[i], "r", "++");
    }
}

static void a_change_finds_nothing_where_the_record_has_expired(void **state)
{
    world_t *w = *state;
    appending_t appending = {.w = w, .in = STORE_FLEETING};
    assert_int_equal(store_put(w->store, STORE_FLEETING, "r", "x", 1, PAST), STORE_OK);
    assert_int_equal(change(&appending), STORE_OK);
    assert_string_equal(appending.seen, "-");
    is_there(w, STORE_FLEETING, "r", "+");
}

static void a_change_that_wants_nothing_leaves_the_record(void **state)
{
    world_t *w = *state;
    appending_t appending = {.w = w, .in = STORE_FLEETING, .leaves = true};
    assert_int_equal(change(&appending), STORE_OK);
    is_missing(w, STORE_FLEETING, "r");
    put(w, STORE_FLEETING, "r", "x");
    assert_int_equal(change(&appending), STORE_OK);
    is_there(w, STORE_FLEETING, "r", "x");
}

static void a_step_that_refuses_ends_the_change_and_writes_nothing(void **state)
{
    world_t *w = *state;
    const store_status_t refusals[] = {STORE_MISSING, STORE_EXISTS, STORE_CHANGED, STORE_FULL,
                                       STORE_DOWN};
    put(w, STORE_LASTING, "r", "x");
    for (int i = 0; i < 5; i++) {
        appending_t appending = {.w = w, .in = STORE_LASTING, .status = refusals[i]};
        assert_int_equal(change(&appending), refusals[i]);
        assert_int_equal(appending.rounds, 1);
        is_there(w, STORE_LASTING, "r", "x");
    }
}

static void a_change_that_lost_decides_again_from_what_is_there_now(void **state)
{
    for (int i = 0; i < 2; i++) {
        appending_t appending = {.w = *state, .in = classes[i], .races = 2};
        assert_int_equal(change(&appending), STORE_OK);
        assert_int_equal(appending.rounds, 3);
        assert_string_equal(appending.seen, "theirs2");
        is_there(*state, classes[i], "r", "theirs2+");
    }
}

static void a_change_that_always_loses_ends_and_says_so(void **state)
{
    appending_t appending = {.w = *state, .in = STORE_FLEETING, .races = 1000};
    assert_int_equal(change(&appending), STORE_CHANGED);
    assert_int_equal(appending.rounds, STORE_CHANGE_ROUNDS);
}

static void a_change_of_what_does_not_open_is_refused(void **state)
{
    world_t *w = *state;
    appending_t appending = {.w = w, .in = STORE_FLEETING};
    count(w, STORE_FLEETING, "r", 1, LATER);
    assert_int_equal(change(&appending), STORE_DOWN);
    assert_int_equal(appending.rounds, 0);
    assert_int_equal(count(w, STORE_FLEETING, "r", 0, 0), 1);
}

/* ---- over time ------------------------------------------------------------------------------- */

static void everything_survives_a_restart(void **state)
{
    world_t *w = *state;
    EACH_CLASS(in)
    {
        put(w, in, "r", "kept");
        count(w, in, "c", 3, LATER);
        assert_int_equal(add(w, in, "m", LATER), STORE_OK);
        put(w, in, "gone", "x");
        assert_int_equal(store_delete(w->store, in, "gone"), STORE_OK);
    }
    append(w, "log", "a", LATER);
    for (int i = 0; i < 2; i++) {
        fixture_close(w->fixture);
        w->store = fixture_open(w->fixture);
        EACH_CLASS(in)
        {
            is_there(w, in, "r", "kept");
            assert_int_equal(count(w, in, "c", 0, 0), 3);
            members_are(w, in, "s", "m ");
            is_missing(w, in, "gone");
        }
        log_is(w, "log", 0, "1:a ", 1);
    }
}

static void two_openings_in_one_process_are_one_store(void **state)
{
    world_t *w = *state;
    world_t other = {.p = w->p, .fixture = apr_pmemdup(w->p, w->fixture, sizeof(*w->fixture))};
    other.store = fixture_open(other.fixture);
    put(w, STORE_LASTING, "r", "x");
    is_there(&other, STORE_LASTING, "r", "x");
    fixture_close(other.fixture);
    is_there(w, STORE_LASTING, "r", "x");
    put(w, STORE_LASTING, "r", "y");
}

static void a_forked_child_opens_its_own(void **state)
{
    world_t *w = *state;
    int ended;
    pid_t child = fork();
    if (child == 0) {
        store_t *own = fixture_open(w->fixture);
        _exit(own != w->store && store_put(own, STORE_LASTING, "r", "child's", 7, LATER) == STORE_OK
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    is_there(w, STORE_LASTING, "r", "child's");
    put(w, STORE_LASTING, "r", "parent's");
}

/* ---- races: processes and threads do the same at the same time ------------------------------- */

#define PROCESSES 4
#define THREADS 3
#define WORKERS (PROCESSES * THREADS)
#define ROUNDS 200

typedef struct race_t {
    int won[ROUNDS]; /* how many had it, by round */
    int failed;      /* answers that no race explains */
    uint64_t numbers[WORKERS * ROUNDS];
} race_t;

typedef struct worker_t {
    store_t *store;
    race_t *race;
    apr_pool_t *p;
    int number;
    void (*run)(struct worker_t *worker, int round);
} worker_t;

static void *work(void *baton)
{
    worker_t *worker = baton;
    for (int round = 0; round < ROUNDS; round++)
        worker->run(worker, round);
    return NULL;
}

static void run_process(world_t *w, race_t *race, int process, void (*run)(worker_t *, int))
{
    worker_t workers[THREADS];
    pthread_t threads[THREADS];
    store_t *store = fixture_open(w->fixture);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){store, race, NULL, process * THREADS + i, run};
        apr_pool_create_unmanaged_ex(&workers[i].p, NULL, NULL);
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    fixture_close(w->fixture);
    _exit(0);
}

static race_t *race(world_t *w, void (*run)(worker_t *, int))
{
    race_t *result =
        mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[PROCESSES];
    int ended;
    fixture_close(w->fixture);
    for (int i = 0; i < PROCESSES; i++)
        if ((pids[i] = fork()) == 0)
            run_process(w, result, i, run);
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(pids[i], &ended, 0), pids[i]);
        assert_int_equal(ended, 0);
    }
    w->store = fixture_open(w->fixture);
    assert_int_equal(result->failed, 0);
    return result;
}

static void judge(worker_t *worker, int round, store_status_t status, store_status_t lost)
{
    if (status == STORE_OK)
        __atomic_add_fetch(&worker->race->won[round], 1, __ATOMIC_RELAXED);
    else if (status != lost)
        __atomic_add_fetch(&worker->race->failed, 1, __ATOMIC_RELAXED);
}

static const char *round_key(char key[16], int round)
{
    apr_snprintf(key, 16, "r:%d", round);
    return key;
}

static void add_one(worker_t *worker, int round)
{
    char key[16];
    judge(worker, round,
          store_add(worker->store, round % 8 ? STORE_FLEETING : STORE_LASTING,
                    round_key(key, round), "x", 1, LATER),
          STORE_EXISTS);
}

static void of_many_adds_exactly_one_wins(void **state)
{
    race_t *result = race(*state, add_one);
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(result->won[i], 1);
}

static void take_one(worker_t *worker, int round)
{
    char key[16];
    store_record_t record;
    judge(worker, round,
          store_take(worker->store, round % 8 ? STORE_FLEETING : STORE_LASTING,
                     round_key(key, round), worker->p, &record),
          STORE_MISSING);
}

static void of_many_takes_exactly_one_wins(void **state)
{
    world_t *w = *state;
    char key[16];
    for (int i = 0; i < ROUNDS; i++)
        put(w, i % 8 ? STORE_FLEETING : STORE_LASTING, round_key(key, i), "x");
    race_t *result = race(w, take_one);
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(result->won[i], 1);
}

static void count_one(worker_t *worker, int round)
{
    int64_t total = 0;
    judge(worker, round,
          store_count(worker->store, round % 8 ? STORE_FLEETING : STORE_LASTING, "c", 1, LATER,
                      &total),
          STORE_OK);
    worker->race->numbers[worker->number * ROUNDS + round] = (uint64_t)total;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void every_count_has_its_own_total(void **state)
{
    world_t *w = *state;
    race_t *result = race(w, count_one);
    int64_t lasting = WORKERS * (ROUNDS / 8), fleeting = WORKERS * ROUNDS - lasting;
    assert_int_equal(count(w, STORE_LASTING, "c", 0, 0), lasting);
    assert_int_equal(count(w, STORE_FLEETING, "c", 0, 0), fleeting);
    uint64_t *numbers = result->numbers;
    qsort(numbers, WORKERS * ROUNDS, sizeof(*numbers), by_number);
    for (int64_t i = 0; i < fleeting; i++) /* up to `lasting` each total is there twice */
        assert_int_equal(numbers[i < lasting ? 2 * i : lasting + i], i + 1);
}

static void swap_one(worker_t *worker, int round)
{
    store_record_t seen;
    char next[16];
    store_status_t status = STORE_CHANGED;
    while (status == STORE_CHANGED) {
        status = store_get(worker->store, STORE_FLEETING, "n", worker->p, &seen);
        if (status == STORE_OK) {
            apr_snprintf(next, sizeof(next), "%015d", atoi((const char *)seen.data) + 1);
            status =
                store_swap(worker->store, STORE_FLEETING, "n", &seen, next, sizeof(next), LATER);
        }
        apr_pool_clear(worker->p);
    }
    judge(worker, round, status, STORE_OK);
}

static void swaps_lose_no_change(void **state)
{
    world_t *w = *state;
    store_record_t record;
    char zero[16] = "000000000000000";
    store_put(w->store, STORE_FLEETING, "n", zero, sizeof(zero), LATER);
    race(w, swap_one);
    assert_int_equal(store_get(w->store, STORE_FLEETING, "n", w->p, &record), STORE_OK);
    assert_int_equal(atoi((const char *)record.data), WORKERS * ROUNDS);
}

static store_status_t one_more(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    int *number = apr_pcalloc(scratch, sizeof(*number));
    (void)baton;
    if (change->seen)
        memcpy(number, change->seen->data, sizeof(*number));
    ++*number;
    change->data = number;
    change->len = sizeof(*number);
    change->expires = LATER;
    return STORE_OK;
}

static void change_one(worker_t *worker, int round)
{
    char key[16];
    judge(worker, round,
          store_change(worker->store, round % 8 ? STORE_FLEETING : STORE_LASTING,
                       round_key(key, round / 20), one_more, NULL, worker->p),
          STORE_CHANGED);
}

static void every_change_is_made_once_or_told_to_have_lost(void **state)
{
    world_t *w = *state;
    race_t *result = race(w, change_one);
    int won = 0, made = 0;
    for (int i = 0; i < ROUNDS; i++)
        won += result->won[i];
    for (int i = 0; i < 2 * (ROUNDS / 20); i++) {
        char key[16];
        int number;
        store_record_t record;
        assert_int_equal(store_get(w->store, classes[i % 2], round_key(key, i / 2), w->p, &record),
                         STORE_OK);
        assert_int_equal(record.len, sizeof(number));
        memcpy(&number, record.data, sizeof(number));
        made += number;
    }
    assert_int_equal(made, won);
    assert_true(won > WORKERS * ROUNDS * 9 / 10);
}

static void join_one(worker_t *worker, int round)
{
    char key[16], member[16];
    apr_snprintf(member, sizeof(member), "m%d", worker->number);
    judge(worker, round,
          store_member_add(worker->store, round % 2 ? STORE_FLEETING : STORE_BEHIND,
                           round_key(key, round), member, 5, LATER),
          STORE_FULL);
}

static void a_set_never_exceeds_its_limit(void **state)
{
    world_t *w = *state;
    race_t *result = race(w, join_one);
    for (int i = 0; i < ROUNDS; i++) {
        const char **members;
        char key[16];
        int n = 0;
        assert_int_equal(store_members(w->store, i % 2 ? STORE_FLEETING : STORE_BEHIND,
                                       round_key(key, i), w->p, &members),
                         STORE_OK);
        while (members[n])
            n++;
        assert_int_equal(n, 5);
        assert_int_equal(result->won[i], 5);
    }
}

static void append_one(worker_t *worker, int round)
{
    uint64_t sequence = 0;
    if (round % 8)
        return;
    judge(worker, round, store_log_append(worker->store, "log", "x", 1, LATER, &sequence),
          STORE_OK);
    worker->race->numbers[worker->number * ROUNDS + round] = sequence;
}

static void every_log_entry_has_its_own_number(void **state)
{
    race_t *result = race(*state, append_one);
    int entries = WORKERS * (ROUNDS / 8), all = WORKERS * ROUNDS;
    qsort(result->numbers, (size_t)all, sizeof(result->numbers[0]), by_number);
    for (int i = 0; i < entries; i++)
        assert_int_equal(result->numbers[all - entries + i], i + 1);
}

static void put_behind(worker_t *worker, int round)
{
    char key[16];
    apr_snprintf(key, sizeof(key), "b:%d:%d", worker->number, round % 20);
    judge(worker, round, store_put(worker->store, STORE_BEHIND, key, &round, sizeof(round), LATER),
          STORE_OK);
    if (round % 50 == 49)
        usleep(400000); /* so that the batching thread comes in between */
}

static void behind_records_are_never_older_than_the_last_put(void **state)
{
    world_t *w = *state;
    race(w, put_behind);
    for (int worker = 0; worker < WORKERS; worker++)
        for (int i = 0; i < 20; i++) {
            char key[16];
            store_record_t record;
            apr_snprintf(key, sizeof(key), "b:%d:%d", worker, i);
            assert_int_equal(store_get(w->store, STORE_BEHIND, key, w->p, &record), STORE_OK);
            assert_int_equal(*(const int *)record.data, ROUNDS - 20 + i);
        }
}

static void it_says_how_full_it_is(void **state)
{
    world_t *w = *state;
    store_fill_t before[STORE_PARTS], after[STORE_PARTS];
    char data[4096] = "x";
    assert_int_equal(store_fill(w->store, before), STORE_OK);
    assert_true(before[0].quota && before[1].quota);
    for (int i = 0; i < 64; i++)
        store_put(w->store, STORE_LASTING, apr_psprintf(w->p, "fill:%d", i), data, sizeof data,
                  LATER);
    assert_int_equal(store_fill(w->store, after), STORE_OK);
    assert_string_equal(after[0].part, "lasting");
    assert_true(after[0].used >= before[0].used + 64 * (apr_off_t)sizeof data);
    assert_int_equal(after[0].records, before[0].records + 64);
    assert_true(after[1].used <= before[1].used + (apr_off_t)sizeof data);
}

static bool note_key(void *baton, const char *key, store_status_t status,
                     const store_record_t *record, apr_pool_t *scratch)
{
    char *seen = baton;
    (void)scratch;
    assert_int_equal(status, STORE_OK);
    apr_snprintf(seen + strlen(seen), 200 - strlen(seen), "%s=%.*s ", key, (int)record->len,
                 (const char *)record->data);
    return strstr(key, "last") == NULL;
}

static void each_visits_the_live_records_of_a_prefix_in_order(void **state)
{
    world_t *w = *state;
    char seen[200] = "";
    static const char *const keys[] = {"who:b", "who:a", "who", "whom:c", "who:", "xho:d"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(store_put(w->store, STORE_LASTING, keys[i], "1", 1, 0), STORE_OK);
    assert_int_equal(store_put(w->store, STORE_LASTING, "who:old", "1", 1, 1), STORE_OK);
    assert_int_equal(store_put(w->store, STORE_FLEETING, "who:fleeting", "1", 1, 0), STORE_OK);
    assert_int_equal(store_each(w->store, STORE_LASTING, "who:", note_key, seen, w->p), STORE_OK);
    assert_string_equal(seen, "who:=1 who:a=1 who:b=1 ");
    *seen = 0;
    assert_int_equal(store_put(w->store, STORE_LASTING, "who:a-last", "2", 1, 0), STORE_OK);
    assert_int_equal(store_each(w->store, STORE_LASTING, "who:a", note_key, seen, w->p), STORE_OK);
    assert_string_equal(seen, "who:a=1 who:a-last=2 ");
}

int store_contract(const char *backend, store_fixture_t *(*make)(apr_pool_t *p))
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest promises[] = {
        PROMISE(a_record_comes_back_to_the_byte),
        PROMISE(an_expired_record_is_missing),
        PROMISE(the_classes_are_apart),
        PROMISE(add_refuses_a_live_record_and_replaces_an_expired_one),
        PROMISE(swap_needs_the_record_that_was_seen),
        PROMISE(take_gives_a_record_once),
        PROMISE(deleting_nothing_is_well),
        PROMISE(keys_and_records_have_limits),
        PROMISE(a_record_is_no_counter_and_no_set),
        PROMISE(count_adds_and_never_falls_below_zero),
        PROMISE(a_counter_lives_until_the_later_expiry),
        PROMISE(a_set_has_its_live_members),
        PROMISE(adding_a_member_again_renews_it),
        PROMISE(a_set_is_full_when_its_record_is),
        PROMISE(a_log_is_read_in_order_from_where_one_was),
        PROMISE(the_generation_moves_with_the_log),
        PROMISE(boot_time_is_in_the_past),
        PROMISE(a_change_sees_what_is_there_and_writes_what_it_wants),
        PROMISE(a_change_finds_nothing_where_the_record_has_expired),
        PROMISE(a_change_that_wants_nothing_leaves_the_record),
        PROMISE(a_step_that_refuses_ends_the_change_and_writes_nothing),
        PROMISE(a_change_that_lost_decides_again_from_what_is_there_now),
        PROMISE(a_change_that_always_loses_ends_and_says_so),
        PROMISE(a_change_of_what_does_not_open_is_refused),
        PROMISE(each_visits_the_live_records_of_a_prefix_in_order),
        PROMISE(everything_survives_a_restart),
        PROMISE(two_openings_in_one_process_are_one_store),
        PROMISE(a_forked_child_opens_its_own),
        PROMISE(of_many_adds_exactly_one_wins),
        PROMISE(of_many_takes_exactly_one_wins),
        PROMISE(every_count_has_its_own_total),
        PROMISE(swaps_lose_no_change),
        PROMISE(every_change_is_made_once_or_told_to_have_lost),
        PROMISE(a_set_never_exceeds_its_limit),
        PROMISE(every_log_entry_has_its_own_number),
        PROMISE(it_says_how_full_it_is),
        PROMISE(behind_records_are_never_older_than_the_last_put),
    };
    make_store = make;
    apr_initialize();
    return cmocka_run_group_tests_name(backend, promises, NULL, NULL);
}
