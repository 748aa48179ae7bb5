/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_general.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/slots.h"

#define PROCESSES 6
#define TURNS 200

/* What the processes see of each other. */
typedef struct seen_t {
    int inside[3], too_many, turns;
} seen_t;

static seen_t *share(void)
{
    seen_t *seen =
        mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(seen, MAP_FAILED);
    return seen;
}

static void take_turns(slots_t *slots, seen_t *seen)
{
    for (int i = 0; i < TURNS; i++) {
        const int number = slots_take(slots);
        if (__atomic_add_fetch(&seen->inside[number], 1, __ATOMIC_SEQ_CST) != 1)
            __atomic_add_fetch(&seen->too_many, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&seen->turns, 1, __ATOMIC_SEQ_CST);
        __atomic_sub_fetch(&seen->inside[number], 1, __ATOMIC_SEQ_CST);
        slots_give(slots, number);
    }
}

static void processes_share_the_slots_and_each_has_one_holder(void **state)
{
    seen_t *seen = share();
    slots_t *slots = slots_make(3, *state);
    assert_int_equal(slots_all(slots), 3);
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            take_turns(slots, seen);
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++)
        assert_true(wait(NULL) > 0);
    assert_int_equal(seen->turns, PROCESSES * TURNS);
    assert_int_equal(seen->too_many, 0);
    munmap(seen, sizeof *seen);
}

/* One that waits for it, and one that comes later. */
static void killed_process_leaves_its_slot_free(void **state)
{
    seen_t *seen = share();
    slots_t *slots = slots_make(1, *state);
    int taken[2];
    char byte;
    assert_int_equal(pipe(taken), 0);
    const pid_t holder = fork();
    if (holder == 0) {
        slots_take(slots);
        if (write(taken[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(taken[0], &byte, 1), 1);
    const pid_t next = fork();
    if (next == 0) {
        take_turns(slots, seen);
        _exit(0);
    }
    kill(holder, SIGKILL);
    int status;
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(waitpid(next, &status, 0), next);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    take_turns(slots, seen);
    assert_int_equal(seen->turns, 2 * TURNS);
    close(taken[0]);
    close(taken[1]);
    munmap(seen, sizeof *seen);
}

static int slots_pool(void **state)
{
    return apr_pool_create((apr_pool_t **)state, NULL);
}

static int slots_pool_drop(void **state)
{
    apr_pool_destroy(*state);
    return 0;
}

#define SLOTS_TEST(name) cmocka_unit_test_setup_teardown(name, slots_pool, slots_pool_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOTS_TEST(processes_share_the_slots_and_each_has_one_holder),
        SLOTS_TEST(killed_process_leaves_its_slot_free),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
