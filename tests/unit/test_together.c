/* SPDX-License-Identifier: Apache-2.0 */
/* A worker judges, waits, or takes others along. The judging itself is this file's: it tells what it was
 * given, and goes on when a test lets it. tests/unit/test_rps_races.c has the real one. */
#include <apr_general.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rps/together.h"

#define THREADS_MAX 80
#define BATCHES_MAX 8192

/* A proof's `u` points to its number here; its verdict is made of that. */
static unsigned char numbers[THREADS_MAX];

typedef struct batch_t {
    const mpin_server_t *server;
    int count;
    int number[MPIN_BATCH_MAX];
} batch_t;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool closed; /* who judges waits until it is open */
    int inside, most_inside;
    int batches;
    batch_t batch[BATCHES_MAX];
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static mpin_status_t verdict_of(int number)
{
    return number % 3 == 0 ? MPIN_ACCEPTED : number % 3 == 1 ? MPIN_WRONG_PIN : MPIN_MALFORMED;
}

void mpin_verify_batch(const mpin_server_t *server, mpin_proof_t *const proofs[], int count)
{
    pthread_mutex_lock(&gate.lock);
    if (++gate.inside > gate.most_inside)
        gate.most_inside = gate.inside;
    batch_t *batch = &gate.batch[gate.batches++ % BATCHES_MAX];
    batch->server = server;
    batch->count = count;
    for (int i = 0; i < count; i++)
        batch->number[i] = *proofs[i]->u;
    pthread_cond_broadcast(&gate.moved);
    while (gate.closed)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);

    sched_yield();
    for (int i = 0; i < count; i++)
        proofs[i]->status = verdict_of(*proofs[i]->u);

    pthread_mutex_lock(&gate.lock);
    gate.inside--;
    pthread_mutex_unlock(&gate.lock);
}

static void set_gate(bool closed)
{
    pthread_mutex_lock(&gate.lock);
    gate.closed = closed;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

static void await_inside(int inside)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.inside < inside)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

/* ---- those who want something judged --------------------------------------------------------- */

typedef struct asker_t {
    together_t *together;
    const mpin_server_t *server;
    int number, turns;
    company_t company; /* of the last turn */
    int mixed_up, most_place;
    pthread_t thread;
} asker_t;

static void *ask_in_turns(void *data)
{
    asker_t *asker = data;
    for (int i = 0; i < asker->turns; i++) {
        mpin_proof_t proof = {.u = &numbers[asker->number], .status = MPIN_REFUSED};
        asker->company = together_judge(asker->together, asker->server, &proof);
        asker->mixed_up += proof.status != verdict_of(asker->number);
        if (asker->most_place < asker->company.place)
            asker->most_place = asker->company.place;
    }
    return NULL;
}

static const mpin_server_t *server(int number)
{
    return (const mpin_server_t *)&numbers[number]; /* nobody looks into it here */
}

typedef struct line_t {
    apr_pool_t *pool;
    int places;
    together_t *together;
    asker_t asker[THREADS_MAX];
    int askers;
} line_t;

static int line_make(void **state)
{
    line_t *line = calloc(1, sizeof *line);
    *state = line;
    for (int i = 0; i < THREADS_MAX; i++)
        numbers[i] = (unsigned char)i;
    gate.closed = false;
    gate.batches = gate.inside = gate.most_inside = 0;
    return !line || apr_pool_create(&line->pool, NULL);
}

static int line_drop(void **state)
{
    line_t *line = *state;
    apr_pool_destroy(line->pool);
    free(line);
    return 0;
}

static void open_line(line_t *line, int places)
{
    line->places = places;
    line->together = together_make(places, line->pool);
}

static void start_asker(line_t *line, const mpin_server_t *of, int turns)
{
    asker_t *asker = &line->asker[line->askers];
    *asker = (asker_t){
        .together = line->together, .server = of, .number = line->askers++, .turns = turns};
    if (pthread_create(&asker->thread, NULL, ask_in_turns, asker))
        abort();
}

/* Until it stands behind those who came before. */
static void line_up_one(line_t *line, const mpin_server_t *of)
{
    const int before = together_waiting(line->together);
    start_asker(line, of, 1);
    while (together_waiting(line->together) == before)
        sched_yield();
}

/* All have had their own verdict. */
static void end_askers(line_t *line)
{
    for (int i = 0; i < line->askers; i++) {
        pthread_join(line->asker[i].thread, NULL);
        assert_int_equal(line->asker[i].mixed_up, 0);
        assert_in_range(line->asker[i].most_place, 0, line->places - 1);
    }
    assert_int_equal(together_waiting(line->together), 0);
}

/* The first, which judges and holds its place, and so many behind it. */
static void hold_place(line_t *line)
{
    open_line(line, 1);
    set_gate(true);
    start_asker(line, server(0), 1);
    await_inside(1);
}

static void assert_batch(int at, const mpin_server_t *of, int count, int first, int step)
{
    const batch_t *batch = &gate.batch[at];
    assert_ptr_equal(batch->server, of);
    assert_int_equal(batch->count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(batch->number[i], first + i * step);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void lone_proof_waits_for_nobody(void **state)
{
    line_t *line = *state;
    open_line(line, 1);
    for (int i = 0; i < 3; i++) {
        mpin_proof_t proof = {.u = &numbers[i]};
        const company_t company = together_judge(line->together, server(0), &proof);
        assert_int_equal(company.proofs, 1);
        assert_int_equal(company.place, 0);
        assert_int_equal(proof.status, verdict_of(i));
    }
    assert_int_equal(gate.batches, 3);
}

static void those_who_wait_are_judged_in_one_the_oldest_first(void **state)
{
    line_t *line = *state;
    hold_place(line);
    for (int i = 1; i < 9; i++)
        line_up_one(line, server(0));
    set_gate(false);
    end_askers(line);
    assert_int_equal(gate.batches, 2);
    assert_batch(0, server(0), 1, 0, 1);
    assert_batch(1, server(0), 8, 1, 1);
    assert_int_equal(line->asker[1].company.proofs, 8);
    assert_int_equal(line->asker[2].company.proofs, 0);
}

static void batch_has_one_servers_proofs_and_the_oldest_is_next(void **state)
{
    line_t *line = *state;
    hold_place(line);
    for (int i = 1; i < 9; i++)
        line_up_one(line, server(i % 2));
    set_gate(false);
    end_askers(line);
    assert_int_equal(gate.batches, 3);
    assert_batch(1, server(1), 4, 1, 2);
    assert_batch(2, server(0), 4, 2, 2);
}

static void full_batch_leaves_the_youngest_for_the_next_turn(void **state)
{
    line_t *line = *state;
    hold_place(line);
    for (int i = 1; i < THREADS_MAX; i++)
        line_up_one(line, server(0));
    set_gate(false);
    end_askers(line);
    const int most = gate.batch[1].count;
    assert_in_range(most, 2, MPIN_BATCH_MAX);
    assert_int_equal(gate.batches, 1 + (THREADS_MAX - 1 + most - 1) / most);
    for (int i = 1; i < gate.batches - 1; i++)
        assert_batch(i, server(0), most, 1 + (i - 1) * most, 1);
}

static void as_many_judge_as_there_are_places_and_never_more(void **state)
{
    line_t *line = *state;
    open_line(line, 3);
    set_gate(true);
    for (int i = 0; i < 3; i++) {
        start_asker(line, server(0), 1);
        await_inside(i + 1);
    }
    line_up_one(line, server(0));
    set_gate(false);
    end_askers(line);
    assert_int_equal(gate.most_inside, 3);
}

/* Two servers, two places, and everybody comes again at once. */
static void crowd_gets_its_own_verdicts(void **state)
{
    line_t *line = *state;
    int judged = 0;
    open_line(line, 2);
    for (int i = 0; i < 40; i++)
        start_asker(line, server(i % 2), 50);
    end_askers(line);
    assert_in_range(gate.most_inside, 1, 2);
    assert_true(gate.batches <= BATCHES_MAX);
    for (int i = 0; i < gate.batches; i++) {
        judged += gate.batch[i].count;
        for (int k = 0; k < gate.batch[i].count; k++)
            assert_ptr_equal(gate.batch[i].server, server(gate.batch[i].number[k] % 2));
    }
    assert_int_equal(judged, 40 * 50);
}

static void there_is_a_place_on_every_machine(void **state)
{
    line_t *line = *state;
    assert_true(together_places() >= 1);
    line->together = together_make(0, line->pool);
    line->places = 1;
    start_asker(line, server(0), 1);
    end_askers(line);
}

#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, line_make, line_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(lone_proof_waits_for_nobody),
        LINE_TEST(those_who_wait_are_judged_in_one_the_oldest_first),
        LINE_TEST(batch_has_one_servers_proofs_and_the_oldest_is_next),
        LINE_TEST(full_batch_leaves_the_youngest_for_the_next_turn),
        LINE_TEST(as_many_judge_as_there_are_places_and_never_more),
        LINE_TEST(crowd_gets_its_own_verdicts),
        LINE_TEST(there_is_a_place_on_every_machine),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
