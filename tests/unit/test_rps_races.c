/* SPDX-License-Identifier: Apache-2.0 */
/* The same at once, from threads and from processes; and what is left when one of them stops
 * half-way. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/attempt.h"
#include "rps_desk.h"

#define WRONG 4321
#define THREADS_MAX 64
#define PROCESSES 4

/* What the threads of a race found; shared by processes. */
typedef struct tally_t {
    int of_status[600];
    int judged; /* proofs that were looked at, as the audit log has it */
} tally_t;

static void add(tally_t *tally, int status)
{
    __atomic_fetch_add(&tally->of_status[status < 600 ? status : 0], 1, __ATOMIC_SEQ_CST);
}

/* Taking part in a race: cmocka's assertions are for the main thread. */
typedef struct runner_t {
    desk_t *desk;
    const device_t *device;
    const char *text; /* an authOTT, or the body of a pass2 */
    tally_t *tally;
    pthread_barrier_t *start;
    int number, turns;
} runner_t;

static void race(runner_t template, int threads, void *(*run)(void *))
{
    pthread_t thread[THREADS_MAX];
    runner_t runner[THREADS_MAX];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        runner[i] = template;
        runner[i].start = &start;
        runner[i].number = i;
        if (pthread_create(&thread[i], NULL, run, &runner[i]))
            abort();
    }
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&start);
}

/* ---- wrong PINs ------------------------------------------------------------------------------ */

/* One guess: the status of its redemption, or of what failed before. */
static int guess_once(const runner_t *runner, const caller_t *caller, apr_pool_t *p)
{
    talk_t talk;
    int status = desk_pass1(runner->desk, caller, runner->device, &talk, p);
    if (status != 200)
        return status;
    json_t *body = desk_pass2_body(runner->device, &talk, WRONG, p);
    result_t *result = rps_pass2(runner->desk->rps, caller, body, p);
    if (result->status != 200)
        return result->status;
    if (strcmp(result->event, "login_refused") != 0)
        __atomic_fetch_add(&runner->tally->judged, 1, __ATOMIC_SEQ_CST);
    return desk_redeem(runner->desk, caller, json_text(result->json, "authOTT", 32), p);
}

/* What a guesser does who is told to come again: come again. 408 is another guesser's pass1 in
 * place of this one's. */
static void *guess(void *data)
{
    runner_t *runner = data;
    caller_t caller = desk_caller(runner->desk, "203.0.113.1", (unsigned char)(runner->number + 1));
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    pthread_barrier_wait(runner->start);
    for (int i = 0; i < runner->turns; i++) {
        int status;
        do {
            apr_pool_clear(p);
            caller.now = apr_time_now();
            status = guess_once(runner, &caller, p);
        } while (status == 429 || status == 408);
        add(runner->tally, status);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void parallel_wrong_PINs_are_judged_to_the_limit_exactly(void **state)
{
    desk_t *desk = *state;
    for (int round = 0; round < 5; round++) {
        device_t device;
        tally_t tally = {.judged = 0};
        desk_enrol(desk, apr_psprintf(desk->pool, "anna%d", round), &device);
        race((runner_t){.desk = desk, .device = &device, .tally = &tally, .turns = 5}, 40, guess);
        assert_int_equal(tally.judged, 3);
        assert_int_equal(tally.of_status[401], 2);
        assert_int_equal(tally.of_status[410], 198);
        assert_int_equal(desk_identity(desk, &device).failures, 3);
        assert_int_equal(desk_identity(desk, &device).state, IDENTITY_LOCKED);
    }
}

/* In a child: opens the desk, runs, and leaves without cmocka's help. */
static pid_t in_child(desk_t *desk, void (*run)(desk_t *desk, void *shared), void *shared)
{
    pid_t pid = fork();
    if (pid == 0) {
        desk_open(desk);
        run(desk, shared);
        _exit(0);
    }
    return pid;
}

static void assert_good_end(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

typedef struct shared_t {
    device_t device;
    tally_t tally;
    uint32_t failures;
} shared_t;

static void enrol_in_child(desk_t *desk, void *data)
{
    shared_t *shared = data;
    caller_t caller = desk_browser(desk);
    if (desk_register(desk, &caller, "anna", &shared->device) != 200 ||
        desk_sign(desk, &caller, &shared->device) != 200)
        _exit(1);
}

static void guess_in_child(desk_t *desk, void *data)
{
    shared_t *shared = data;
    race((runner_t){.desk = desk, .device = &shared->device, .tally = &shared->tally, .turns = 5},
         10, guess);
}

static void look_in_child(desk_t *desk, void *data)
{
    shared_t *shared = data;
    identity_t identity;
    if (people_identity(desk->people, shared->device.handle, &identity, desk->pool) != STORE_OK)
        _exit(1);
    shared->failures = identity.failures;
}

static void wrong_PINs_in_parallel_processes_are_judged_to_the_limit_exactly(void **state)
{
    desk_t *desk = *state;
    shared_t *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child[PROCESSES];
    assert_ptr_not_equal(shared, MAP_FAILED);
    assert_good_end(in_child(desk, enrol_in_child, shared));
    for (int i = 0; i < PROCESSES; i++)
        child[i] = in_child(desk, guess_in_child, shared);
    for (int i = 0; i < PROCESSES; i++)
        assert_good_end(child[i]);
    assert_good_end(in_child(desk, look_in_child, shared));
    assert_int_equal(shared->failures, 3);
    assert_int_equal(shared->tally.judged, 3);
    assert_int_equal(shared->tally.of_status[401], 2);
    assert_int_equal(shared->tally.of_status[410], 198);
    munmap(shared, sizeof *shared);
}

/* ---- right PINs ------------------------------------------------------------------------------ */

static void *sign_in_with_right_pin(void *data)
{
    runner_t *runner = data;
    caller_t caller = desk_caller(runner->desk, "192.0.2.1", (unsigned char)(runner->number + 1));
    int status;
    pthread_barrier_wait(runner->start);
    do {
        caller.now = apr_time_now();
        status = desk_sign_in(runner->desk, &caller, runner->device, DESK_PIN);
    } while (status == 429);
    add(runner->tally, status);
    return NULL;
}

static void two_tabs_with_the_right_pin_after_two_failures_both_end_well(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    desk_enrol(desk, "anna", &device);
    for (int round = 0; round < 9; round++) {
        tally_t tally = {.judged = 0};
        assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
        assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
        race((runner_t){.desk = desk, .device = &device, .tally = &tally}, 2,
             sign_in_with_right_pin);
        assert_int_equal(tally.of_status[200], 2);
        assert_int_equal(desk_identity(desk, &device).state, IDENTITY_ACTIVE);
    }
}

#define CROWD 24

/* Each with its own device; every other one types a wrong PIN. */
static void *sign_in_with_own_device(void *data)
{
    runner_t *runner = data;
    char address[32];
    snprintf(address, sizeof address, "192.0.2.%d", runner->number + 1);
    caller_t caller = desk_caller(runner->desk, address, (unsigned char)(runner->number + 1));
    pthread_barrier_wait(runner->start);
    for (int i = 0; i < runner->turns; i++)
        add(runner->tally + runner->number % 2,
            desk_sign_in(runner->desk, &caller, &runner->device[runner->number],
                         runner->number % 2 ? WRONG : DESK_PIN));
    return NULL;
}

/* Their proofs wait for one place (rps/together.h) and are judged in batches of right and wrong. */
static void crowd_of_right_and_wrong_PINs_gets_each_its_own_verdict(void **state)
{
    desk_t *desk = *state;
    device_t device[CROWD];
    tally_t tally[2] = {{.judged = 0}, {.judged = 0}};
    for (int i = 0; i < CROWD; i++)
        desk_enrol(desk, apr_psprintf(desk->pool, "anna%d", i), &device[i]);
    race((runner_t){.desk = desk, .device = device, .tally = tally, .turns = 2}, CROWD,
         sign_in_with_own_device);
    assert_int_equal(tally[0].of_status[200], CROWD);
    assert_int_equal(tally[1].of_status[401], CROWD);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(desk_identity(desk, &device[i]).failures, i % 2 ? 2 : 0);
}

static void *redeem(void *data)
{
    runner_t *runner = data;
    caller_t caller = desk_browser(runner->desk);
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    pthread_barrier_wait(runner->start);
    add(runner->tally, desk_redeem(runner->desk, &caller, runner->text, p));
    apr_pool_destroy(p);
    return NULL;
}

static void authott_redeemed_by_64_at_once_is_worth_one_session(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    tally_t tally = {.judged = 0};
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    race((runner_t){.desk = desk, .text = auth_ott, .tally = &tally}, 64, redeem);
    assert_int_equal(tally.of_status[200], 1);
    assert_int_equal(tally.of_status[408], 63);
}

static void *replay_pass2(void *data)
{
    runner_t *runner = data;
    caller_t caller = desk_browser(runner->desk);
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    json_t *body = json_read(p, runner->text, strlen(runner->text));
    pthread_barrier_wait(runner->start);
    add(runner->tally, rps_pass2(runner->desk->rps, &caller, body, p)->status);
    apr_pool_destroy(p);
    return NULL;
}

static void pass2_posted_32_times_at_once_is_answered_once(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    talk_t talk;
    tally_t tally = {.judged = 0};
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    const char *body = json_write(desk->pool, desk_pass2_body(&device, &talk, WRONG, desk->pool));
    race((runner_t){.desk = desk, .text = body, .tally = &tally}, 32, replay_pass2);
    assert_int_equal(tally.of_status[200], 1);
    assert_int_equal(tally.of_status[408], 31);
    assert_int_equal(desk_identity(desk, &device).failures, 1);
}

/* ---- attempts that do not end ---------------------------------------------------------------- */

/* An attempt that is reserved and not ended. */
static void begin(desk_t *desk, const caller_t *caller, const device_t *device, attempt_t *attempt)
{
    talk_t talk;
    assert_int_equal(desk_pass1(desk, caller, device, &talk, desk->pool), 200);
    assert_int_equal(attempt_begin(desk->rps, caller, device->handle, NULL, attempt, desk->pool),
                     STORE_OK);
}

static void attempts_under_way_are_busy_and_never_locked(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk), later;
    attempt_t attempt;
    desk_enrol(desk, "anna", &device);
    for (int i = 0; i < 3; i++) {
        begin(desk, &caller, &device, &attempt);
        assert_int_equal(attempt.verdict, VERDICT_NONE);
    }
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 429);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 429);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_ACTIVE);

    /* A killed child's reservations end by themselves, whoever comes in the meantime. */
    later = caller;
    later.now += apr_time_from_sec(16);
    assert_int_equal(desk_sign_in(desk, &later, &device, DESK_PIN), 200);
}

static void failures_and_reservations_count_together(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    attempt_t first, second;
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    begin(desk, &caller, &device, &first);
    begin(desk, &caller, &device, &second);
    assert_int_equal(second.verdict, VERDICT_NONE);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 429);
    assert_int_equal(attempt_end(desk->rps, &caller, &first, MPIN_ACCEPTED, desk->pool), STORE_OK);
    assert_int_equal(first.verdict, VERDICT_RIGHT);
    assert_int_equal(attempt_end(desk->rps, &caller, &second, MPIN_WRONG_PIN, desk->pool),
                     STORE_OK);
    assert_int_equal(second.left,
                     2); /* the success has cleared the first failure, not the second */
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 410);
}

static store_status_t see_point(void *point, inflight_t *inflight, apr_pool_t *scratch)
{
    (void)scratch;
    memcpy(point, inflight->identity, MPIN_G1_BYTES);
    return STORE_OK;
}

static void kept_point(desk_t *desk, const device_t *device, unsigned char point[MPIN_G1_BYTES])
{
    caller_t caller = desk_browser(desk);
    assert_int_equal(
        inflight_change(desk->rps, device->handle, caller.now, see_point, point, desk->pool),
        STORE_OK);
}

/* H(ID) is computed by an identity's first pass2 and kept with what is in flight for it. */
static void kept_point_is_the_identitys_own_and_judges_as_before(void **state)
{
    desk_t *desk = *state;
    device_t anna, berta;
    caller_t caller = desk_browser(desk);
    unsigned char point[MPIN_G1_BYTES], expected[MPIN_G1_BYTES];
    desk_enrol(desk, "anna", &anna);
    desk_enrol(desk, "berta", &berta);
    kept_point(desk, &anna, point);
    assert_int_equal(point[0], 0);

    assert_int_equal(desk_sign_in(desk, &caller, &anna, WRONG), 401);
    kept_point(desk, &anna, point);
    mpin_identity(anna.hash, expected);
    assert_memory_equal(point, expected, sizeof expected);
    kept_point(desk, &berta, point);
    assert_int_equal(point[0], 0);

    assert_int_equal(desk_sign_in(desk, &caller, &anna, WRONG), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &anna, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &berta, DESK_PIN), 200);
    kept_point(desk, &anna, point);
    assert_memory_equal(point, expected, sizeof expected);
}

static void judgement_that_took_too_long_is_none(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    const mpin_status_t outcomes[] = {MPIN_WRONG_PIN, MPIN_ACCEPTED};
    desk_enrol(desk, "anna", &device);
    for (int i = 0; i < 2; i++) {
        attempt_t attempt;
        begin(desk, &caller, &device, &attempt);
        attempt.began -= apr_time_from_sec(JUDGE_SECONDS);
        assert_int_equal(attempt_end(desk->rps, &caller, &attempt, outcomes[i], desk->pool),
                         STORE_OK);
        assert_int_equal(attempt.verdict, VERDICT_BUSY);
    }
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

/* Without this a store that takes no failures would be an oracle: 503 for wrong PINs, for ever. */
static void wrong_PIN_that_cannot_be_recorded_stays_reserved(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk), later;
    attempt_t attempt[3];
    desk_enrol(desk, "anna", &device);
    identity_t kept = desk_identity(desk, &device);
    for (int i = 0; i < 3; i++)
        begin(desk, &caller, &device, &attempt[i]);
    const char *key = apr_pstrcat(
        desk->pool, "identity:", hex_encode(desk->pool, device.handle, HANDLE_BYTES), NULL);
    assert_int_equal(store_delete(desk->store, STORE_LASTING, key), STORE_OK);
    for (int i = 0; i < 3; i++)
        assert_int_not_equal(
            attempt_end(desk->rps, &caller, &attempt[i], MPIN_WRONG_PIN, desk->pool), STORE_OK);
    assert_int_equal(people_add_identity(desk->people, &kept, desk->pool), STORE_OK);

    later = caller;
    later.now += apr_time_from_sec(3600);
    assert_int_equal(desk_sign_in(desk, &later, &device, DESK_PIN), 429);
    later.now += apr_time_from_sec(86400);
    assert_int_equal(desk_sign_in(desk, &later, &device, DESK_PIN), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(parallel_wrong_PINs_are_judged_to_the_limit_exactly),
        DESK_FORK_TEST(wrong_PINs_in_parallel_processes_are_judged_to_the_limit_exactly),
        DESK_TEST(two_tabs_with_the_right_pin_after_two_failures_both_end_well),
        DESK_TEST(crowd_of_right_and_wrong_PINs_gets_each_its_own_verdict),
        DESK_TEST(authott_redeemed_by_64_at_once_is_worth_one_session),
        DESK_TEST(pass2_posted_32_times_at_once_is_answered_once),
        DESK_TEST(attempts_under_way_are_busy_and_never_locked),
        DESK_TEST(failures_and_reservations_count_together),
        DESK_TEST(kept_point_is_the_identitys_own_and_judges_as_before),
        DESK_TEST(judgement_that_took_too_long_is_none),
        DESK_TEST(wrong_PIN_that_cannot_be_recorded_stays_reserved),
    };
    return cmocka_run_group_tests_name("rps races", tests, NULL, NULL);
}
