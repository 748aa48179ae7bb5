/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_general.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seats.h"

static apr_pool_t *pool;

static void so_many_are_taken_and_no_more(void **state)
{
    (void)state;
    seats_t *seats = seats_make(2, pool);
    seat_t first, second, third;
    assert_true(seats_take(seats, 60000, &first));
    assert_true(seats_take(seats, 60000, &second));
    assert_false(seats_take(seats, 60000, &third));
    seats_give(seats, &first);
    assert_true(seats_take(seats, 60000, &third));
    assert_false(seats_take(seats, 60000, &first));
}

static void a_seat_comes_free_by_itself_and_is_then_the_next_takers(void **state)
{
    (void)state;
    seats_t *seats = seats_make(0, pool); /* never less than one */
    seat_t slow, next, third;
    assert_true(seats_take(seats, 0, &slow));
    assert_true(seats_take(seats, 60000, &next));
    seats_give(seats, &slow);
    assert_false(seats_take(seats, 60000, &third));
    seats_give(seats, &next);
    assert_true(seats_take(seats, 60000, &third));
}

static void processes_share_them_and_a_killed_one_keeps_none(void **state)
{
    (void)state;
    seats_t *seats = seats_make(1, pool);
    seat_t mine;
    pid_t child = fork();
    if (child == 0) {
        seat_t theirs;
        _exit(seats_take(seats, 2000, &theirs) ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(seats_take(seats, 60000, &mine));
    for (int tries = 0; tries < 3000 && !seats_take(seats, 60000, &mine); tries++)
        usleep(20000);
    seat_t other;
    assert_false(seats_take(seats, 60000, &other));
    seats_give(seats, &mine);
    assert_true(seats_take(seats, 60000, &other));
}

static void one_name_leaves_seats_for_the_others(void **state)
{
    seats_t *seats = seats_make(4, pool);
    seat_t seat[5], first;
    (void)state;
    assert_int_equal(seats_share(seats), 3);
    assert_true(seats_take_as(seats, "slow", 3, 60000, &first));
    assert_true(seats_take_as(seats, "slow", 3, 60000, &seat[0]));
    assert_true(seats_take_as(seats, "slow", 3, 60000, &seat[1]));
    assert_false(seats_take_as(seats, "slow", 3, 60000, &seat[2]));
    assert_true(seats_take_as(seats, "other", 3, 60000, &seat[2]));
    assert_false(seats_take_as(seats, "other", 3, 60000, &seat[3])); /* all are taken */
    seats_give(seats, &first);
    assert_true(seats_take_as(seats, "slow", 3, 60000, &seat[3]));
    assert_int_equal(seats_share(seats_make(1, pool)), 1);
    assert_int_equal(seats_share(seats_make(2, pool)), 1);
}

static void they_are_counted(void **state)
{
    (void)state;
    seats_t *seats = seats_make(3, pool);
    seat_t first, second;
    assert_int_equal(seats_all(seats), 3);
    assert_int_equal(seats_taken(seats), 0);
    seats_take(seats, 60000, &first);
    seats_take(seats, 60000, &second);
    assert_int_equal(seats_taken(seats), 2);
    seats_give(seats, &first);
    assert_int_equal(seats_taken(seats), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_are_taken_and_no_more),
        cmocka_unit_test(a_seat_comes_free_by_itself_and_is_then_the_next_takers),
        cmocka_unit_test(processes_share_them_and_a_killed_one_keeps_none),
        cmocka_unit_test(one_name_leaves_seats_for_the_others),
        cmocka_unit_test(they_are_counted),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("seats", tests, NULL, NULL);
}
