/* SPDX-License-Identifier: Apache-2.0 */
/* Several changes that are made together: all of them or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "store/all_or_none.h"
#include "store_fixture.h"

#define LATER (apr_time_now() + apr_time_from_sec(600))
#define PAST (apr_time_now() - 1)

static int set_up(void **state)
{
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    *state = fixture_store(p);
    return 0;
}

static int tear_down(void **state)
{
    store_fixture_t *f = *state;
    fixture_close(f);
    apr_pool_destroy(f->home);
    return 0;
}

static void put(store_fixture_t *f, const char *key, const char *text)
{
    assert_int_equal(store_put(f->store, STORE_LASTING, key, text, strlen(text), 0), STORE_OK);
}

static store_record_t get(store_fixture_t *f, const char *key)
{
    store_record_t record;
    assert_int_equal(store_get(f->store, STORE_LASTING, key, f->p, &record), STORE_OK);
    return record;
}

static void is_there(store_fixture_t *f, const char *key, const char *text)
{
    const store_record_t record = get(f, key);
    assert_int_equal(record.len, strlen(text));
    assert_memory_equal(record.data, text, record.len);
}

static void is_missing(store_fixture_t *f, const char *key)
{
    store_record_t record;
    assert_int_equal(store_get(f->store, STORE_LASTING, key, f->p, &record), STORE_MISSING);
}

static int members(store_fixture_t *f, const char *key)
{
    const char **list;
    int count = 0;
    assert_int_equal(store_members(f->store, STORE_LASTING, key, f->p, &list), STORE_OK);
    while (list[count])
        count++;
    return count;
}

/* ---- what is made ---------------------------------------------------------------------------- */

static void all_of_them_are_made(void **state)
{
    store_fixture_t *f = *state;
    put(f, "old", "one");
    put(f, "taken", "t");
    put(f, "gone", "g");
    assert_int_equal(store_member_add(f->store, STORE_LASTING, "set", "leaves", 9, 0), STORE_OK);
    const store_record_t seen = get(f, "old");
    store_together_t *all = store_together(f->store, f->p);
    together_add(all, "new", "two", 3, LATER);
    together_swap(all, "old", &seen, "three", 5, 0);
    together_take(all, "taken");
    together_delete(all, "gone");
    together_delete(all, "never-was");
    together_member_add(all, "set", "comes", 1 + 1, 0);
    together_member_remove(all, "set", "leaves");
    together_member_add(all, "other", "comes", 1, LATER);
    is_missing(f, "new"); /* until it is committed */
    assert_int_equal(together_commit(all), STORE_OK);
    is_there(f, "new", "two");
    is_there(f, "old", "three");
    is_missing(f, "taken");
    is_missing(f, "gone");
    assert_int_equal(members(f, "set"), 1);
    assert_int_equal(members(f, "other"), 1);
}

static void nothing_together_is_well(void **state)
{
    store_fixture_t *f = *state;
    assert_int_equal(together_commit(store_together(f->store, f->p)), STORE_OK);
}

static void a_later_one_sees_what_an_earlier_one_has_made(void **state)
{
    store_fixture_t *f = *state;
    store_together_t *all = store_together(f->store, f->p);
    together_add(all, "r", "one", 3, 0);
    together_take(all, "r");
    together_add(all, "r", "two", 3, 0);
    together_member_add(all, "set", "a", 2, 0);
    together_member_add(all, "set", "b", 2, 0);
    assert_int_equal(together_commit(all), STORE_OK);
    is_there(f, "r", "two");
    assert_int_equal(members(f, "set"), 2);
}

/* ---- conditions ------------------------------------------------------------------------------ */

typedef store_piece_t *(*refused_t)(store_together_t *all, store_fixture_t *f);

static store_piece_t *add_what_is_there(store_together_t *all, store_fixture_t *f)
{
    (void)f;
    return together_add(all, "there", "x", 1, 0);
}

static store_piece_t *swap_what_has_changed(store_together_t *all, store_fixture_t *f)
{
    const store_record_t seen = get(f, "there");
    put(f, "there", "here");
    return together_swap(all, "there", &seen, "x", 1, 0);
}

static store_piece_t *swap_what_has_gone(store_together_t *all, store_fixture_t *f)
{
    put(f, "goes", "x");
    const store_record_t seen = get(f, "goes");
    assert_int_equal(store_delete(f->store, STORE_LASTING, "goes"), STORE_OK);
    return together_swap(all, "goes", &seen, "x", 1, 0);
}

static store_piece_t *take_what_is_missing(store_together_t *all, store_fixture_t *f)
{
    (void)f;
    return together_take(all, "missing");
}

static store_piece_t *take_what_has_expired(store_together_t *all, store_fixture_t *f)
{
    assert_int_equal(store_put(f->store, STORE_LASTING, "expired", "x", 1, PAST), STORE_OK);
    return together_take(all, "expired");
}

static store_piece_t *add_to_what_is_full(store_together_t *all, store_fixture_t *f)
{
    (void)f;
    return together_member_add(all, "full", "second", 1, 0);
}

static store_piece_t *add_to_what_is_no_set(store_together_t *all, store_fixture_t *f)
{
    (void)f;
    return together_member_add(all, "there", "member", 9, 0);
}

static void one_that_is_refused_refuses_all(void **state)
{
    static const struct {
        refused_t add;
        store_status_t status;
    } cases[] = {{add_what_is_there, STORE_EXISTS},      {swap_what_has_changed, STORE_CHANGED},
                 {swap_what_has_gone, STORE_CHANGED},    {take_what_is_missing, STORE_MISSING},
                 {take_what_has_expired, STORE_MISSING}, {add_to_what_is_full, STORE_FULL},
                 {add_to_what_is_no_set, STORE_DOWN}};
    store_fixture_t *f = *state;
    put(f, "there", "here");
    put(f, "kept", "here");
    assert_int_equal(store_member_add(f->store, STORE_LASTING, "full", "first", 1, 0), STORE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int refused_first = 0; refused_first < 2; refused_first++) {
            store_together_t *all = store_together(f->store, f->p);
            store_piece_t *refused = refused_first ? cases[i].add(all, f) : NULL;
            store_piece_t *fine = together_add(all, "new", "x", 1, 0);
            together_take(all, "kept");
            together_member_add(all, "set", "a", 1, 0);
            if (!refused)
                refused = cases[i].add(all, f);
            assert_int_equal(together_commit(all), cases[i].status);
            assert_true(together_refused(refused));
            assert_false(together_refused(fine));
            is_missing(f, "new");
            is_there(f, "kept", "here");
            is_there(f, "there", "here");
            assert_int_equal(members(f, "set"), 0);
            assert_int_equal(members(f, "full"), 1);
        }
    assert_false(together_refused(NULL));
}

static void what_was_refused_can_be_committed_again(void **state)
{
    store_fixture_t *f = *state;
    assert_int_equal(store_member_add(f->store, STORE_LASTING, "set", "first", 1, 0), STORE_OK);
    store_together_t *all = store_together(f->store, f->p);
    together_add(all, "new", "x", 1, 0);
    store_piece_t *place = together_member_add(all, "set", "second", 1, 0);
    assert_int_equal(together_commit(all), STORE_FULL);
    assert_true(together_refused(place));
    together_member_max(place, 2);
    assert_int_equal(together_commit(all), STORE_OK);
    assert_false(together_refused(place));
    is_there(f, "new", "x");
    assert_int_equal(members(f, "set"), 2);
}

static void what_does_not_fit_is_never_made(void **state)
{
    static const char large[STORE_RECORD_MAX + 1];
    store_fixture_t *f = *state;
    for (int i = 0; i < 4; i++) {
        store_together_t *all = store_together(f->store, f->p);
        together_add(all, "fits", "x", 1, 0);
        if (i == 0)
            together_add(all, "not printable", "x", 1, 0);
        else if (i == 1)
            together_add(all, "long", large, sizeof large, 0);
        else if (i == 2)
            together_member_add(all, "set", "no member", 9, 0);
        else
            together_delete(all, "");
        together_member_add(all, "set", "fits", 9, 0);
        assert_int_equal(together_commit(all), STORE_DOWN);
        is_missing(f, "fits");
        assert_int_equal(members(f, "set"), 0);
    }
}

static void what_they_leave_is_sealed(void **state)
{
    store_fixture_t *f = *state;
    store_together_t *all = store_together(f->store, f->p);
    const char secret[] = "nobody reads this in the file";
    together_add(all, "r", secret, sizeof secret, 0);
    together_member_add(all, "set", "a", 9, 0);
    assert_int_equal(together_commit(all), STORE_OK);
    const store_record_t seen = get(f, "r");
    assert_null(memmem(seen.raw, seen.raw_len, secret, sizeof secret - 1));
    uint64_t records, wrong;
    char key[STORE_KEY_MAX + 1];
    assert_int_equal(store_check(f->store, &records, &wrong, key), STORE_OK);
    assert_int_equal(records, 2);
    assert_int_equal(wrong, 0);
}

/* ---- a full store ---------------------------------------------------------------------------- */

static void fill_up(store_fixture_t *f)
{
    static char data[STORE_RECORD_MAX];
    int n = 0;
    for (apr_size_t len = sizeof data; len; len /= 2)
        while (store_put(f->store, STORE_LASTING, apr_psprintf(f->p, "flood:%d", n), data, len,
                         0) == STORE_OK)
            n++;
}

static void a_full_store_takes_none_of_them_but_changes(void **state)
{
    store_fixture_t *f = *state;
    put(f, "mine", "x");
    assert_int_equal(store_member_add(f->store, STORE_LASTING, "set", "a", 9, 0), STORE_OK);
    fill_up(f);
    const store_record_t seen = get(f, "mine");

    store_together_t *with_new = store_together(f->store, f->p);
    together_swap(with_new, "mine", &seen, "y", 1, 0);
    store_piece_t *set = together_member_add(with_new, "set", "b", 9, 0);
    together_add(with_new, "new", "x", 1, 0);
    assert_int_equal(together_commit(with_new), STORE_FULL);
    assert_false(together_refused(set)); /* it was not the set that is full */
    is_there(f, "mine", "x");
    assert_int_equal(members(f, "set"), 1);

    store_together_t *changes = store_together(f->store, f->p);
    together_swap(changes, "mine", &seen, "y", 1, 0);
    together_member_add(changes, "set", "b", 9, 0);
    assert_int_equal(together_commit(changes), STORE_OK);
    is_there(f, "mine", "y");

    store_together_t *erasures = store_together(f->store, f->p);
    together_take(erasures, "mine");
    together_delete(erasures, "flood:0");
    assert_int_equal(together_commit(erasures), STORE_OK);
    assert_int_equal(together_commit(with_new), STORE_CHANGED);
}

/* ---- at once --------------------------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS 25

typedef struct racer_t {
    store_t *store;
    apr_pool_t *p;
    int number;
    int *won; /* by round */
} racer_t;

/* The winner has the name and its set, and a loser leaves nothing. */
static void *race_for_names(void *data)
{
    racer_t *racer = data;
    for (int round = 0; round < ROUNDS; round++) {
        store_together_t *all = store_together(racer->store, racer->p);
        const char *member = apr_psprintf(racer->p, "of-%d", racer->number);
        together_member_add(all, apr_psprintf(racer->p, "devices:%d", round), member, 9, 0);
        together_add(all, apr_psprintf(racer->p, "name:%d", round), member, strlen(member), 0);
        const store_status_t status = together_commit(all);
        if (status == STORE_OK)
            __atomic_add_fetch(&racer->won[round], 1, __ATOMIC_RELAXED);
        else if (status != STORE_EXISTS)
            __atomic_add_fetch(&racer->won[round], 100, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void race_in_threads(store_fixture_t *f, int *won, int first)
{
    racer_t racers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (racer_t){f->store, NULL, first + i, won};
        apr_pool_create_unmanaged_ex(&racers[i].p, NULL, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, race_for_names, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(racers[i].p);
    }
}

static void of_many_at_once_exactly_one_is_made_whole(void **state)
{
    store_fixture_t *f = *state;
    const size_t size = ROUNDS * sizeof(int);
    int *won = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ended;
    fixture_close(f);
    const pid_t pid = fork();
    fixture_open(f);
    race_in_threads(f, won, pid ? 0 : THREADS);
    if (pid == 0) {
        fixture_close(f);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(ended, 0);
    for (int round = 0; round < ROUNDS; round++) {
        const char **list;
        const store_record_t name = get(f, apr_psprintf(f->p, "name:%d", round));
        assert_int_equal(won[round], 1);
        assert_int_equal(store_members(f->store, STORE_LASTING,
                                       apr_psprintf(f->p, "devices:%d", round), f->p, &list),
                         STORE_OK);
        assert_memory_equal(list[0], name.data, name.len);
        assert_null(list[1]);
    }
    munmap(won, size);
}

/* ---- a kill ---------------------------------------------------------------------------------- */

static void make_pairs_until_killed(store_fixture_t *f, int *made)
{
    fixture_open(f);
    for (int i = *made;; i++) {
        store_together_t *all = store_together(f->store, f->p);
        together_add(all, apr_psprintf(f->p, "user:%d", i), "x", 1, 0);
        together_member_add(all, apr_psprintf(f->p, "devices:%d", i), "a", 1, 0);
        together_add(all, apr_psprintf(f->p, "name:%d", i), "x", 1, 0);
        if (together_commit(all) != STORE_OK)
            _exit(1);
        __atomic_store_n(made, i + 1, __ATOMIC_RELEASE);
    }
}

static bool there(store_fixture_t *f, const char *kind, int i)
{
    store_record_t record;
    return store_get(f->store, STORE_LASTING, apr_psprintf(f->p, "%s:%d", kind, i), f->p,
                     &record) == STORE_OK;
}

/* Killed a little later each time; what was answered for is there, and the last is whole or not. */
static void a_kill_leaves_all_or_nothing(void **state)
{
    store_fixture_t *f = *state;
    int *made = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fixture_close(f);
    for (int kill_at = 0; kill_at < 20; kill_at++) {
        const int before = *made;
        int ended;
        const pid_t pid = fork();
        if (pid == 0)
            make_pairs_until_killed(f, made);
        while (__atomic_load_n(made, __ATOMIC_ACQUIRE) == before)
            usleep(100);
        usleep((useconds_t)kill_at * 137);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &ended, 0), pid);
        assert_true(WIFSIGNALED(ended));

        fixture_open(f);
        for (int i = before; i <= *made; i++) {
            const bool is = there(f, "user", i);
            assert_int_equal(is, there(f, "name", i));
            assert_int_equal(is, members(f, apr_psprintf(f->p, "devices:%d", i)));
            assert_true(is || i == *made);
        }
        *made += there(f, "user", *made);
        fixture_close(f);
    }
    munmap(made, sizeof *made);
    fixture_open(f);
}

int main(void)
{
#define OF_A_STORE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        OF_A_STORE(all_of_them_are_made),
        OF_A_STORE(nothing_together_is_well),
        OF_A_STORE(a_later_one_sees_what_an_earlier_one_has_made),
        OF_A_STORE(one_that_is_refused_refuses_all),
        OF_A_STORE(what_was_refused_can_be_committed_again),
        OF_A_STORE(what_does_not_fit_is_never_made),
        OF_A_STORE(what_they_leave_is_sealed),
        OF_A_STORE(a_full_store_takes_none_of_them_but_changes),
        OF_A_STORE(of_many_at_once_exactly_one_is_made_whole),
        OF_A_STORE(a_kill_leaves_all_or_nothing),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("store together", tests, NULL, NULL);
}
