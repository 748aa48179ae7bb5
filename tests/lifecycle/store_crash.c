/* SPDX-License-Identifier: Apache-2.0 */
/* Children are killed at random in the middle of writes and reads, thousands of times in all. All
 * that was answered is there afterwards, counters never go back, nothing is taken twice, and nobody
 * ever hangs. */
#include <apr_general.h>
#include <apr_strings.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../unit/store_fixture.h"

#define CHILDREN 8
#define TOKENS 200000
#define ENTRIES 200000
#define KEYS 50 /* lasting and behind records of a child */

#define LATER (apr_time_now() + apr_time_from_sec(600))

/* What the children saw, in shared memory: written after the answer. */
typedef struct ledger_t {
    uint64_t done; /* operations of all */
    uint64_t wrong;
    char first_wrong[100];
    struct {
        int put[KEYS];    /* newest value that was answered for */
        int trying[KEYS]; /* and the one that may be there as well */
        int behind[KEYS];
        int trying_behind[KEYS];
    } child[CHILDREN];
    int64_t counted[2]; /* answered: fleeting, lasting */
    int64_t counting[2];
    int64_t total[2]; /* highest total that was answered */
    int tokens;
    unsigned char taken[TOKENS];
    unsigned char appended[ENTRIES];
} ledger_t;

static ledger_t *ledger;
static store_fixture_t *fixture;

static void wrong(const char *what)
{
    if (__atomic_fetch_add(&ledger->wrong, 1, __ATOMIC_RELAXED) == 0)
        apr_cpystrn(ledger->first_wrong, what, sizeof(ledger->first_wrong));
}

/* ---- what a child does ----------------------------------------------------------------------- */

static void write_lasting(store_t *store, int child, apr_pool_t *p)
{
    int i = rand() % KEYS, next = ledger->child[child].put[i] + 1;
    ledger->child[child].trying[i] = next;
    if (store_put(store, STORE_LASTING, apr_psprintf(p, "k:%d:%d", child, i), &next, sizeof(next),
                  LATER))
        wrong("put");
    ledger->child[child].put[i] = next;
}

static void write_behind(store_t *store, int child, apr_pool_t *p)
{
    int i = rand() % KEYS, next = ledger->child[child].behind[i] + 1;
    ledger->child[child].trying_behind[i] = next;
    if (store_put(store, STORE_BEHIND, apr_psprintf(p, "k:%d:%d", child, i), &next, sizeof(next),
                  LATER))
        wrong("put behind");
    ledger->child[child].behind[i] = next;
}

static void count(store_t *store, int in)
{
    int64_t total, before = __atomic_load_n(&ledger->total[in], __ATOMIC_ACQUIRE);
    __atomic_add_fetch(&ledger->counting[in], 1, __ATOMIC_RELAXED);
    if (store_count(store, in ? STORE_LASTING : STORE_FLEETING, "c", 1, LATER, &total))
        wrong("count");
    __atomic_add_fetch(&ledger->counted[in], 1, __ATOMIC_RELAXED);
    if (total <= before)
        wrong("a counter went back");
    while (before < total && !__atomic_compare_exchange_n(&ledger->total[in], &before, total, false,
                                                          __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
        ;
}

static void make_token(store_t *store, apr_pool_t *p)
{
    int token = __atomic_fetch_add(&ledger->tokens, 1, __ATOMIC_RELAXED);
    if (token < TOKENS &&
        store_add(store, STORE_FLEETING, apr_psprintf(p, "t:%d", token), "x", 1, LATER))
        wrong("add");
}

static void take_token(store_t *store, apr_pool_t *p)
{
    int tokens = ledger->tokens < TOKENS ? ledger->tokens : TOKENS;
    store_record_t record;
    if (!tokens)
        return;
    int token = tokens - 1 - rand() % (tokens < 20 ? tokens : 20);
    store_status_t status =
        store_take(store, STORE_FLEETING, apr_psprintf(p, "t:%d", token), p, &record);
    if (status == STORE_OK && __atomic_fetch_add(&ledger->taken[token], 1, __ATOMIC_RELAXED))
        wrong("taken twice");
    if (status != STORE_OK && status != STORE_MISSING)
        wrong("take");
}

static void append(store_t *store)
{
    uint64_t sequence;
    if (store_log_append(store, "log", "entry", 5, LATER, &sequence))
        wrong("append");
    else if (sequence < ENTRIES &&
             __atomic_fetch_add(&ledger->appended[sequence], 1, __ATOMIC_RELAXED))
        wrong("a number twice");
}

static bool look(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                 apr_time_t expires)
{
    (void)expires;
    if (sequence <= *(uint64_t *)baton || len != 5 || memcmp(data, "entry", 5))
        wrong("log");
    *(uint64_t *)baton = sequence;
    return true;
}

static void read_log(store_t *store, apr_pool_t *p)
{
    uint64_t last, at = 0;
    if (store_log_read(store, "log", 0, p, look, &at, &last) || at > last)
        wrong("log read");
}

static void live(int child)
{
    store_t *store = fixture_open(fixture);
    apr_pool_t *p;
    apr_pool_create(&p, fixture->p);
    srand((unsigned int)getpid());
    for (;;) {
        switch (rand() % 16) {
        case 0:
        case 1:
            write_lasting(store, child, p);
            break;
        case 2:
        case 3:
            write_behind(store, child, p);
            break;
        case 4:
            append(store);
            break;
        case 5:
            read_log(store, p);
            break;
        case 6:
            count(store, 1);
            break;
        case 7:
        case 8:
        case 9:
            count(store, 0);
            break;
        case 10:
        case 11:
        case 12:
            make_token(store, p);
            break;
        default:
            take_token(store, p);
        }
        __atomic_add_fetch(&ledger->done, 1, __ATOMIC_RELAXED);
        apr_pool_clear(p);
    }
}

/* ---- what the parent does -------------------------------------------------------------------- */

static pid_t spawn(int child)
{
    pid_t pid = fork();
    if (pid == 0)
        live(child);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Kills one child after the other, now and then all of them; false when nobody gets on any more. */
static bool kill_at_random(pid_t pids[CHILDREN], int kills, uint64_t operations)
{
    uint64_t done = 0;
    for (int i = 0, idle = 0; i < kills || ledger->done < operations; i++) {
        usleep((useconds_t)(rand() % 15000));
        int first = rand() % CHILDREN, last = i % 50 == 49 ? first + CHILDREN : first + 1;
        for (int c = first; c < last; c++)
            end(pids[c % CHILDREN]);
        for (int c = first; c < last; c++)
            pids[c % CHILDREN] = spawn(c % CHILDREN);
        idle = ledger->done == done ? idle + 1 : 0;
        done = ledger->done;
        if (idle == 4000) /* half a minute */
            return false;
    }
    return true;
}

static void is_one_of(store_class_t in, int child, int i, int answered, int tried)
{
    store_record_t record;
    int value = 0;
    store_status_t status = store_get(
        fixture->store, in, apr_psprintf(fixture->p, "k:%d:%d", child, i), fixture->p, &record);
    if (status == STORE_OK)
        memcpy(&value, record.data, sizeof(value));
    else
        assert_int_equal(status, STORE_MISSING);
    if (value != answered && value != tried)
        fail_msg("class %d k:%d:%d is %d, answered %d, tried %d", in, child, i, value, answered,
                 tried);
}

static bool tick_off(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                     apr_time_t expires)
{
    unsigned char *appended = baton;
    (void)data;
    (void)len;
    (void)expires;
    if (sequence < ENTRIES)
        appended[sequence] = 0;
    return true;
}

static void killed_children_lose_nothing_and_block_nobody(void **state)
{
    pid_t pids[CHILDREN];
    uint64_t last;
    int64_t total;
    (void)state;
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = spawn(i);
    bool went_on = kill_at_random(pids, 600, 30000);
    for (int i = 0; i < CHILDREN; i++)
        end(pids[i]);
    assert_true(went_on);
    if (ledger->wrong)
        fail_msg("%s", ledger->first_wrong);

    fixture_open(fixture);
    for (int child = 0; child < CHILDREN; child++)
        for (int i = 0; i < KEYS; i++) {
            is_one_of(STORE_LASTING, child, i, ledger->child[child].put[i],
                      ledger->child[child].trying[i]);
            is_one_of(STORE_BEHIND, child, i, ledger->child[child].behind[i],
                      ledger->child[child].trying_behind[i]);
        }
    for (int in = 0; in < 2; in++) {
        assert_int_equal(
            store_count(fixture->store, in ? STORE_LASTING : STORE_FLEETING, "c", 0, 0, &total),
            STORE_OK);
        assert_in_range(total, ledger->counted[in], ledger->counting[in]);
    }
    assert_int_equal(
        store_log_read(fixture->store, "log", 0, fixture->p, tick_off, ledger->appended, &last),
        STORE_OK);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(ledger->appended[i], 0);
    print_message("# %d operations, %d tokens, log %d\n", (int)ledger->done, ledger->tokens,
                  (int)last);
    fixture_close(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_children_lose_nothing_and_block_nobody),
    };
    apr_pool_t *p;
    apr_initialize();
    apr_pool_create(&p, NULL);
    ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fixture = fixture_make(p);
    int failed = cmocka_run_group_tests_name("killed children", tests, NULL, NULL);
    apr_pool_destroy(p);
    return failed;
}
