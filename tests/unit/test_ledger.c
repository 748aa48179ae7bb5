/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/audit_line.h"
#include "base/json.h"
#include "base/ledger.h"
#include "base/result.h"

#define NOON (apr_time_from_sec(1800000000))
#define MINUTE apr_time_from_sec(60)

static apr_pool_t *pool;

static int make_pool(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL);
}

static int drop_pool(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static void every_event_is_found_by_its_word(void **state)
{
    (void)state;
    for (event_t event = 0; event < EVENT_COUNT; event++)
        assert_int_equal(event_of(event_word(event)), event);
    assert_int_equal(event_of("nothing_of_ours"), EVENT_COUNT);
    assert_string_equal(event_outcome(EVENT_pin_wrong), "wrong");
    assert_null(event_outcome(EVENT_logout));
}

static void numbers_and_codes_lead_to_each_other(void **state)
{
    (void)state;
    assert_int_equal(result_number("wrong_pin"), 69);
    assert_string_equal(result_word(69), "wrong_pin");
    assert_int_equal(result_number("nothing_of_ours"), 0);
    assert_null(result_word(0));
    for (unsigned number = LEDGER_CODES; number < 9999; number++)
        assert_null(result_word(number)); /* none is beyond what is counted */
}

static void what_happens_is_counted_in_all_and_lately(void **state)
{
    (void)state;
    ledger_t *ledger = ledger_make(NOON);
    for (int i = 0; i < 3; i++)
        ledger_event(ledger, EVENT_pin_wrong, NOON - 61 * MINUTE);
    ledger_event(ledger, EVENT_identity_locked, NOON);
    ledger_event(ledger, EVENT_login_pin, NOON);
    ledger_event(ledger, EVENT_logout, NOON);
    ledger_event(ledger, EVENT_COUNT, NOON);
    assert_int_equal(ledger_events(ledger, EVENT_pin_wrong), 3);
    assert_int_equal(ledger_lately(ledger, LEDGER_REFUSED, 60, NOON), 1);
    assert_int_equal(ledger_lately(ledger, LEDGER_REFUSED, LEDGER_MINUTES, NOON), 4);
    assert_int_equal(ledger_lately(ledger, LEDGER_LOCKED, 60, NOON), 1);
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, 60, NOON), 1);
}

static void yesterday_gives_way_to_today(void **state)
{
    (void)state;
    ledger_t *ledger = ledger_make(NOON);
    for (int i = 0; i < 5; i++)
        ledger_event(ledger, EVENT_login_pin, NOON);
    const apr_time_t tomorrow = NOON + LEDGER_MINUTES * MINUTE;
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, LEDGER_MINUTES, tomorrow), 0);
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, LEDGER_MINUTES, tomorrow - MINUTE), 5);
    ledger_event(ledger, EVENT_login_pin, tomorrow);
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, LEDGER_MINUTES, tomorrow), 1);
    assert_int_equal(ledger_events(ledger, EVENT_login_pin), 6);
}

static void a_clock_that_is_set_back_harms_nothing(void **state)
{
    (void)state;
    ledger_t *ledger = ledger_make(NOON);
    ledger_event(ledger, EVENT_login_pin, NOON + MINUTE);
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, 60, NOON), 0);
    ledger_answer(ledger, 1, 200, -5, NOON);
    assert_int_equal(ledger_latency(ledger, 1).bucket[0], 1);
    assert_int_equal(ledger_latency(ledger, 1).sum, 0);
}

static void latency_falls_into_its_bucket(void **state)
{
    (void)state;
    ledger_t *ledger = ledger_make(NOON);
    ledger_answer(ledger, 7, 200, ledger_bounds[0], NOON);
    ledger_answer(ledger, 7, 200, ledger_bounds[0] + 1, NOON);
    ledger_answer(ledger, 7, 429, apr_time_from_sec(3600), NOON);
    ledger_answer(ledger, LEDGER_ENDPOINTS, 404, 1, NOON);
    const ledger_latency_t latency = ledger_latency(ledger, 7);
    assert_int_equal(latency.bucket[0], 1);
    assert_int_equal(latency.bucket[1], 1);
    assert_int_equal(latency.bucket[LEDGER_BUCKETS], 1);
    assert_int_equal(ledger_throttles(ledger), 1);
    assert_int_equal(ledger_lately(ledger, LEDGER_REQUESTS, 1, NOON), 4);
    for (int i = 1; i < LEDGER_BUCKETS; i++)
        assert_true(ledger_bounds[i - 1] < ledger_bounds[i]);
}

static void the_last_twenty_locks_are_kept_newest_first(void **state)
{
    (void)state;
    ledger_locked_t locks[LEDGER_LOCKS];
    ledger_t *ledger = ledger_make(NOON);
    assert_int_equal(ledger_locks(ledger, locks), 0);
    for (int i = 0; i < 25; i++)
        ledger_lock(ledger, apr_psprintf(pool, "%c***", 'a' + i), NOON + i);
    assert_int_equal(ledger_locks(ledger, locks), LEDGER_LOCKS);
    assert_string_equal(locks[0].name, "y***");
    assert_string_equal(locks[19].name, "f***");
    assert_int_equal(locks[0].at, NOON + 24);
    char *long_name = memset(apr_pcalloc(pool, 300), 'x', 299);
    ledger_lock(ledger, long_name, NOON);
    assert_int_equal(ledger_locks(ledger, locks), LEDGER_LOCKS);
    assert_int_equal(strlen(locks[0].name), LEDGER_NAME - 1);
}

static void processes_count_into_one_sum(void **state)
{
    (void)state;
    enum { CHILDREN = 6, EACH = 20000 };
    ledger_t *ledger = ledger_make(NOON);
    for (int child = 0; child < CHILDREN; child++)
        if (fork() == 0) {
            for (int i = 0; i < EACH; i++) {
                ledger_event(ledger, EVENT_login_pin, NOON + i % 3 * MINUTE);
                ledger_lock(ledger, "a***", NOON);
            }
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    ledger_locked_t locks[LEDGER_LOCKS];
    assert_int_equal(ledger_events(ledger, EVENT_login_pin), CHILDREN * EACH);
    assert_int_equal(ledger_lately(ledger, LEDGER_IN, 3, NOON + 2 * MINUTE), CHILDREN * EACH);
    for (int i = ledger_locks(ledger, locks); i-- > 0;)
        assert_string_equal(locks[i].name, "a***");
}

static void who_answers_is_well_and_who_does_not_is_not_since_the_first_time(void **state)
{
    (void)state;
    ledger_t *ledger = ledger_make(NOON);
    health_t *health = ledger_health(ledger, LEDGER_OF_RPS);
    health_note(health, true, NOON);
    health_note(health, false, NOON + MINUTE);
    health_note(health, false, NOON + 2 * MINUTE);
    assert_int_equal(ledger_health_of(ledger, LEDGER_OF_RPS).bad, apr_time_sec(NOON + MINUTE));
    assert_int_equal(ledger_health_of(ledger, LEDGER_OF_RPS).tried,
                     apr_time_sec(NOON + 2 * MINUTE));
    health_note(health, true, NOON + 3 * MINUTE);
    assert_int_equal(ledger_health_of(ledger, LEDGER_OF_RPS).bad, 0);
    assert_int_equal(ledger_health_of(ledger, LEDGER_OF_DTA).tried, 0);
}

static void without_a_ledger_nothing_is_counted(void **state)
{
    (void)state;
    ledger_event(NULL, EVENT_login_pin, NOON);
    ledger_lock(NULL, "a***", NOON);
    ledger_answer(NULL, 1, 200, 1, NOON);
    ledger_refusal(NULL, 1);
    ledger_mail(NULL, LEDGER_MAIL_SENT, NOON);
    health_note(ledger_health(NULL, LEDGER_OF_RPS), true, NOON);
}

static void an_audit_line_has_the_fields_that_there_are(void **state)
{
    (void)state;
    const audit_record_t record = {
        .time = NOON, .event = "pin_wrong", .status = 401, .user = "a\"\n", .site = "https://a"};
    assert_string_equal(audit_line(&record, pool),
                        "{\"time\":\"2027-01-15T08:00:00.000Z\",\"event\":\"pin_wrong\","
                        "\"status\":401,\"user\":\"a\\\"\\n\",\"site\":\"https://a\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_found_by_its_word),
        cmocka_unit_test(numbers_and_codes_lead_to_each_other),
        cmocka_unit_test(what_happens_is_counted_in_all_and_lately),
        cmocka_unit_test(yesterday_gives_way_to_today),
        cmocka_unit_test(a_clock_that_is_set_back_harms_nothing),
        cmocka_unit_test(latency_falls_into_its_bucket),
        cmocka_unit_test(the_last_twenty_locks_are_kept_newest_first),
        cmocka_unit_test(processes_count_into_one_sum),
        cmocka_unit_test(who_answers_is_well_and_who_does_not_is_not_since_the_first_time),
        cmocka_unit_test(without_a_ledger_nothing_is_counted),
        cmocka_unit_test(an_audit_line_has_the_fields_that_there_are),
    };
    apr_initialize();
    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
