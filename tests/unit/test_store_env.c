/* SPDX-License-Identifier: Apache-2.0 */
/* One LMDB environment: processes that die inside it, a map that is full, a process that stops in
 * the middle of a write. */
#include <apr_general.h>
#include <apr_strings.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "store/lmdb_env.h"
#include "store_fixture.h"

#define MAP ((apr_size_t)1 << 20)

typedef struct world_t {
    apr_pool_t *p;
    store_fixture_t *fixture;
    lmdb_env_settings_t settings;
    lmdb_env_t *env;
} world_t;

static void open_env(world_t *w)
{
    const char *why = NULL;
    assert_int_equal(lmdb_env_open(&w->env, &w->settings, w->p, &why), STORE_OK);
}

static int set_up(void **state)
{
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    world_t *w = apr_pcalloc(p, sizeof(*w));
    w->p = p;
    w->fixture = fixture_make(p);
    w->settings = (lmdb_env_settings_t){
        .dir = apr_pstrcat(p, w->fixture->dir, "/env", NULL),
        .name = "tested",
        .flags = MDB_NOSYNC,
        .map = MAP,
        .quota = (apr_off_t)MAP / 2,
        .reserve = (apr_off_t)MAP / 4,
        .log = w->fixture->settings.log,
    };
    assert_int_equal(mkdir(w->settings.dir, 0700), 0);
    open_env(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world_t *w = *state;
    lmdb_env_close(w->env);
    apr_pool_destroy(w->p);
    return 0;
}

static lmdb_key_t key_of(const char *text)
{
    lmdb_key_t key = {.len = strlen(text)};
    memcpy(key.bytes, text, key.len);
    return key;
}

static int write_page(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    unsigned char data[3000] = {*(unsigned char *)baton};
    lmdb_key_t key = key_of("page");
    *room = ROOM_QUOTA;
    return lmdb_store(txn, dbi, &key, &(store_raw_t){data, sizeof(data)});
}

/* Far more pages than the map has; each one frees that of the write before the last. */
static store_status_t write_many(world_t *w)
{
    store_status_t status = STORE_OK;
    for (int i = 0; i < 1000 && status == STORE_OK; i++) {
        unsigned char byte = (unsigned char)i;
        status = lmdb_write(w->env, write_page, &byte);
    }
    return status;
}

/* A child that holds a snapshot until it is told otherwise. */
static pid_t hold_snapshot(world_t *w)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    lmdb_env_close(w->env);
    pid_t child = fork();
    if (child == 0) {
        open_env(w);
        if (!lmdb_read_begin(w->env) || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    open_env(w);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_killed_reader_does_not_fill_the_map(void **state)
{
    world_t *w = *state;
    assert_int_equal(write_many(w), STORE_OK);
    pid_t child = hold_snapshot(w);
    end(child);
    assert_int_equal(write_many(w), STORE_OK);
}

static void a_stopped_reader_fills_the_map_until_it_ends(void **state)
{
    world_t *w = *state;
    int said = fixture_logged("MPIN0105");
    pid_t child = hold_snapshot(w);
    assert_int_equal(write_many(w), STORE_FULL);
    assert_int_equal(write_many(w), STORE_FULL);
    assert_int_equal(fixture_logged("MPIN0105"), said + 1);
    end(child);
    assert_int_equal(write_many(w), STORE_OK);
}

/* ---- a process with a larger map ------------------------------------------------------------- */

static int write_another(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    unsigned char data[3000] = {0};
    char name[20];
    apr_snprintf(name, sizeof name, "page%d", *(int *)baton);
    lmdb_key_t key = key_of(name);
    *room = ROOM_QUOTA;
    return lmdb_store(txn, dbi, &key, &(store_raw_t){data, sizeof(data)});
}

/* In a child: more than the map of the others holds. */
static void grow(world_t *w)
{
    int i = 0;
    w->settings.map = 4 * MAP;
    w->settings.quota = 3 * MAP;
    open_env(w);
    while (i < 400 && lmdb_write(w->env, write_another, &i) == STORE_OK)
        i++;
    lmdb_env_close(w->env);
    _exit(i < 400);
}

static void a_map_that_others_outgrew_lets_nobody_in_and_says_so_once(void **state)
{
    world_t *w = *state;
    int go[2], ended, i = 0, said = fixture_logged("MPIN0975");
    char byte;
    lmdb_env_close(w->env);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        if (read(go[0], &byte, 1) != 1)
            _exit(1);
        grow(w);
    }
    open_env(w);
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    assert_null(lmdb_read_begin(w->env));
    assert_int_equal(lmdb_write(w->env, write_another, &i), STORE_DOWN);
    assert_true(lmdb_env_outgrown(w->env));
    assert_int_equal(fixture_logged("MPIN0975"), said + 1);
    lmdb_env_close(w->env);
    open_env(w); /* the file is what counts now */
    MDB_txn *txn = lmdb_read_begin(w->env);
    assert_non_null(txn);
    lmdb_read_end(w->env, txn);
    close(go[0]);
    close(go[1]);
}

static int die_inside(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    write_page(txn, dbi, baton, room);
    kill(getpid(), SIGKILL);
    return 0;
}

static int read_page(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    store_raw_t raw;
    lmdb_key_t key = key_of("page");
    *room = ROOM_ANY;
    int rc = lmdb_find(txn, dbi, &key, &raw);
    *(unsigned char *)baton = raw.len ? raw.bytes[0] : 0;
    return rc;
}

static void a_writer_killed_in_the_middle_leaves_the_lock_and_nothing_else(void **state)
{
    world_t *w = *state;
    unsigned char byte = 1;
    assert_int_equal(lmdb_write(w->env, write_page, &byte), STORE_OK);
    for (int i = 0; i < 20; i++) {
        lmdb_env_close(w->env);
        pid_t child = fork();
        if (child == 0) {
            open_env(w);
            byte = 2;
            lmdb_write(w->env, die_inside, &byte);
            _exit(1);
        }
        open_env(w); /* while the child lives, or not */
        int ended;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended));
        assert_int_equal(lmdb_write(w->env, read_page, &byte), STORE_OK);
        assert_int_equal(byte, 1);
    }
}

static int refuse(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    int *rc = baton;
    unsigned char byte = 9;
    write_page(txn, dbi, &byte, room);
    return *rc;
}

static void errors_have_their_meaning_and_write_nothing(void **state)
{
    world_t *w = *state;
    const struct {
        int rc;
        store_status_t status;
    } meaning[] = {{ENOSPC, STORE_FULL},        {EIO, STORE_FULL},          {EDQUOT, STORE_FULL},
                   {EFBIG, STORE_FULL},         {MDB_MAP_FULL, STORE_FULL}, {MDB_PANIC, STORE_DOWN},
                   {MDB_CORRUPTED, STORE_DOWN}, {EACCES, STORE_DOWN},       {ENOMEM, STORE_DOWN}};
    unsigned char byte = 1;
    for (int i = 0; i < 9; i++) {
        int rc = meaning[i].rc;
        assert_int_equal(lmdb_write(w->env, refuse, &rc), meaning[i].status);
    }
    assert_int_equal(lmdb_write(w->env, read_page, &byte), STORE_OK);
    assert_int_equal(byte, 0);
}

static void more_snapshots_than_are_kept_can_be_had(void **state)
{
    world_t *w = *state;
    MDB_txn *held[600];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 600; i++)
            assert_non_null(held[i] = lmdb_read_begin(w->env));
        for (int i = 0; i < 600; i++)
            lmdb_read_end(w->env, held[i]);
    }
}

static void who_is_inside_says_so(void **state)
{
    world_t *w = *state;
    assert_false(lmdb_env_busy());
    MDB_txn *txn = lmdb_read_begin(w->env);
    assert_true(lmdb_env_busy());
    lmdb_read_end(w->env, txn);
    assert_false(lmdb_env_busy());
}

/* ---- a stop in the middle: prefork's SIGTERM handler closes the store on top of what its thread
 * does ---- */

static apr_pool_t *dying;

static void stop(int signal)
{
    (void)signal;
    apr_pool_destroy(dying);
    _exit(0);
}

static void write_until_stopped(store_fixture_t *fixture, int ready)
{
    store_t *store = fixture_open(fixture);
    dying = fixture->p;
    signal(SIGTERM, stop);
    for (int i = 0;; i++) {
        store_put(store, i % 8 ? STORE_FLEETING : STORE_LASTING, "r", "x", 1, 0);
        store_put(store, STORE_BEHIND, "r", "x", 1, 0);
        if (i == 3 && write(ready, "x", 1) != 1)
            _exit(1);
    }
}

static void a_stop_in_the_middle_of_a_write_waits_for_nothing(void **state)
{
    world_t *w = *state;
    for (int i = 0; i < 40; i++) {
        int ready[2], ended;
        char byte;
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0)
            write_until_stopped(w->fixture, ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        close(ready[1]);
        usleep((useconds_t)(rand() % 3000));
        kill(child, SIGTERM);
        for (int waited = 0; waitpid(child, &ended, WNOHANG) == 0; waited++) {
            if (waited == 20000)
                end(child);
            assert_true(waited < 20000);
            usleep(1000);
        }
        assert_int_equal(ended, 0);
    }
    store_t *store = fixture_open(w->fixture);
    assert_int_equal(store_put(store, STORE_LASTING, "r", "x", 1, 0), STORE_OK);
    fixture_close(w->fixture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_reader_does_not_fill_the_map),
        TEST(a_stopped_reader_fills_the_map_until_it_ends),
        TEST(a_map_that_others_outgrew_lets_nobody_in_and_says_so_once),
        TEST(a_writer_killed_in_the_middle_leaves_the_lock_and_nothing_else),
        TEST(errors_have_their_meaning_and_write_nothing),
        TEST(more_snapshots_than_are_kept_can_be_had),
        TEST(who_is_inside_says_so),
        TEST(a_stop_in_the_middle_of_a_write_waits_for_nothing),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("an LMDB environment", tests, NULL, NULL);
}
