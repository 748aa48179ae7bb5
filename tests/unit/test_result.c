/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/result.h"

static apr_pool_t *pool;

static void a_good_result_ties_its_body_to_the_pool(void **state)
{
    (void)state;
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    json_t *body = json_incref(json_object());
    result_t *result = result_ok(p, body);
    assert_int_equal(result->status, 200);
    assert_ptr_equal(result->json, body);
    assert_null(result->code);
    assert_null(result_ok(p, NULL)->json);
    apr_pool_destroy(p);
    assert_int_equal(body->refcount, 1);
    json_decref(body);
}

static void a_refusal_carries_status_code_and_message(void **state)
{
    (void)state;
    result_t *result = result_error(pool, 410, "locked", "too many wrong PINs");
    assert_int_equal(result->status, 410);
    assert_string_equal(result->code, "locked");
    assert_string_equal(result->message, "too many wrong PINs");
    assert_null(result->json);
    assert_int_equal(result->retry_after, 0);
}

static void a_refusal_for_now_says_when_to_ask_again(void **state)
{
    (void)state;
    result_t *result = result_later(pool, "throttled", "Too many.", 7);
    assert_int_equal(result->status, 429);
    assert_string_equal(result->code, "throttled");
    assert_int_equal(result->retry_after, 7);
}

static void ids_are_the_numbers_of_the_list(void **state)
{
    (void)state;
    assert_string_equal(result_id("store_full"), "MPIN0001");
    assert_string_equal(result_id("body_too_large"), "MPIN0020");
    assert_string_equal(result_id("throttled"), "MPIN0100");
    assert_string_equal(result_id("no_such_code"), "MPIN0000");
}

static char logged[1024];

static void keep(void *baton, log_level_t level, const char *id, const char *text)
{
    assert_ptr_equal(baton, logged);
    snprintf(logged, sizeof logged, "%d %s %s", level, id, text);
}

static void a_log_line_is_handed_on_formatted_and_cut(void **state)
{
    (void)state;
    const log_sink_t sink = {keep, logged, LOG_LEVEL_DEBUG};
    log_warn(&sink, "MPIN0101", "%d of %s", 3, "four");
    assert_string_equal(logged, "1 MPIN0101 3 of four");
    log_error(&sink, "MPIN0102", "%600s", "x");
    assert_int_equal(strlen(logged), strlen("0 MPIN0102 ") + 512);
    log_debug(NULL, "MPIN0103", "nobody listens");
}

static int made;

static const char *costly(void)
{
    made++;
    return "dear";
}

static void a_debug_line_costs_nothing_where_nobody_reads_it(void **state)
{
    (void)state;
    log_sink_t sink = {keep, logged, LOG_LEVEL_INFO};
    log_debug(&sink, "MPIN0104", "%s", costly());
    assert_int_equal(made, 0);
    sink.most = LOG_LEVEL_DEBUG;
    log_debug(&sink, "MPIN0104", "%s", costly());
    assert_int_equal(made, 1);
    assert_string_equal(logged, "3 MPIN0104 dear");
}

static void a_condition_that_repeats_is_said_once_a_minute(void **state)
{
    apr_time_t last = 0;
    (void)state;
    assert_true(log_may_say(&last));
    assert_false(log_may_say(&last));
    last -= apr_time_from_sec(59);
    assert_false(log_may_say(&last));
    last -= apr_time_from_sec(2);
    assert_true(log_may_say(&last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_that_repeats_is_said_once_a_minute),
        cmocka_unit_test(a_good_result_ties_its_body_to_the_pool),
        cmocka_unit_test(a_refusal_carries_status_code_and_message),
        cmocka_unit_test(a_refusal_for_now_says_when_to_ask_again),
        cmocka_unit_test(ids_are_the_numbers_of_the_list),
        cmocka_unit_test(a_log_line_is_handed_on_formatted_and_cut),
        cmocka_unit_test(a_debug_line_costs_nothing_where_nobody_reads_it),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
