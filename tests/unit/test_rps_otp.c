/* SPDX-License-Identifier: Apache-2.0 */
/* One-time codes: what pass2 says, from when they count, and what an application that asks is
 * told. Tests that carry a name of docs/security.md test that rule. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "rps/otp.h"
#include "rps_desk.h"

#define WRONG 4321
#define NAME "anna@example.org"

static device_t enrolled(desk_t *desk)
{
    device_t device;
    desk->settings.issue_otp = true;
    desk_enrol(desk, NAME, &device);
    return device;
}

/* pass1 and pass2 that wants a code; what pass2 answers. */
static result_t *passes(desk_t *desk, const caller_t *caller, const device_t *device, uint32_t pin)
{
    talk_t talk;
    assert_int_equal(desk_pass1(desk, caller, device, &talk, desk->pool), 200);
    json_t *body = desk_pass2_body(device, &talk, pin, desk->pool);
    json_object_set_new(body, "OTP", json_true());
    result_t *result = rps_pass2(desk->rps, caller, body, desk->pool);
    assert_int_equal(result->status, 200);
    return result;
}

static const char *code_in(const result_t *result)
{
    const char *code = json_text(result->json, "OTP", 20);
    assert_non_null(code);
    assert_int_equal(strlen(code), OTP_DIGITS);
    assert_int_equal(strspn(code, "0123456789"), OTP_DIGITS);
    return code;
}

static int redeem(desk_t *desk, const caller_t *caller, const result_t *pass2)
{
    return desk_redeem(desk, caller, json_text(pass2->json, "authOTT", 32), desk->pool);
}

/* A login; the code that counts from now on. */
static const char *signed_in(desk_t *desk, const device_t *device)
{
    caller_t caller = desk_browser(desk);
    result_t *result = passes(desk, &caller, device, DESK_PIN);
    assert_int_equal(redeem(desk, &caller, result), 200);
    return code_in(result);
}

static result_t *ask_at(desk_t *desk, apr_time_t now, const char *name, const char *code,
                        apr_pool_t *p)
{
    caller_t application = desk_caller(desk, "127.0.0.1", 0);
    application.now = now;
    return rps_otp(desk->rps, &application,
                   json_tie(p, json_pack("{s:s, s:s}", "userId", name, "otp", code)), p);
}

static int ask(desk_t *desk, const char *name, const char *code)
{
    return ask_at(desk, desk_browser(desk).now, name, code, desk->pool)->status;
}

/* Another code than this. */
static const char *other(desk_t *desk, const char *code)
{
    char *wrong = apr_pstrdup(desk->pool, code);
    wrong[3] = wrong[3] == '9' ? '0' : (char)(wrong[3] + 1);
    return wrong;
}

static void code_is_good_once(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    const char *code = signed_in(desk, &device);
    result_t *result = ask_at(desk, desk_browser(desk).now, NAME, code, desk->pool);
    assert_int_equal(result->status, 200);
    assert_string_equal(json_text(result->json, "userId", 100), NAME);
    assert_string_equal(result->event, "otp_redeemed");
    assert_int_equal(ask(desk, NAME, code), 410);
}

/* pass2 tells nobody whether the PIN was right, so it always has a code. */
static void pass2_with_a_wrong_pin_looks_the_same_and_its_code_is_none(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    result_t *right = passes(desk, &caller, &device, DESK_PIN);
    result_t *wrong = passes(desk, &caller, &device, WRONG);
    assert_int_equal(json_object_size(right->json), json_object_size(wrong->json));
    assert_int_equal(ask(desk, NAME, code_in(wrong)), 410);
    assert_int_equal(redeem(desk, &caller, wrong), 401);
    assert_int_equal(ask(desk, NAME, code_in(wrong)), 410);
    assert_int_equal(redeem(desk, &caller, right), 200);
    assert_int_equal(ask(desk, NAME, code_in(right)), 200);
}

static void code_of_a_locked_identity_is_none(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);
    talk_t talk;
    desk_pass1(desk, &caller, &device, &talk, desk->pool);
    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    json_object_set_new(body, "OTP", json_true());
    result_t *result = rps_pass2(desk->rps, &caller, body, desk->pool);
    assert_int_equal(redeem(desk, &caller, result), 410);
    assert_int_equal(ask(desk, NAME, code_in(result)), 410);
}

static void code_counts_only_once_its_authott_was_redeemed(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), another = desk_caller(desk, "192.0.2.9", 9);
    result_t *result = passes(desk, &caller, &device, DESK_PIN);
    assert_int_equal(ask(desk, NAME, code_in(result)), 410);
    assert_int_equal(redeem(desk, &another, result), 408);
    assert_int_equal(ask(desk, NAME, code_in(result)), 410);
}

static void code_is_of_its_user(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk), berta;
    desk_enrol(desk, "berta@example.org", &berta);
    const char *code = signed_in(desk, &device);
    assert_int_equal(ask(desk, "berta@example.org", code), 410);
    assert_int_equal(ask(desk, "nobody@example.org", code), 410);
    assert_int_equal(ask(desk, "Anna@EXAMPLE.org", code), 200);
}

static void code_is_over_after_two_minutes_and_with_the_next(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    const char *code = signed_in(desk, &device);
    const apr_time_t late = desk_browser(desk).now + apr_time_from_sec(OTP_SECONDS);
    assert_int_equal(ask_at(desk, late, NAME, code, desk->pool)->status, 410);

    const char *next = signed_in(desk, &device);
    assert_int_equal(ask(desk, NAME, next), 200);
    code = signed_in(desk, &device);
    next = signed_in(desk, &device);
    if (strcmp(code, next) != 0)
        assert_int_equal(ask(desk, NAME, code), 401);
    assert_int_equal(ask(desk, NAME, next), 200);
}

static void code_of_who_was_refused_since_is_over(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    const char *code = signed_in(desk, &device);
    caller_t caller = desk_browser(desk);
    assert_int_equal(people_revoke_identity(desk->people, device.handle, caller.now, desk->pool),
                     STORE_OK);
    assert_int_equal(ask(desk, NAME, code), 410);
    assert_int_equal(ask(desk, NAME, code), 410);
}

static void wrong_codes_make_the_account_wait_longer_each_time(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    apr_time_t now = desk_browser(desk).now;
    const char *code = signed_in(desk, &device);
    for (int i = 0; i < OTP_FREE_FAILURES; i++)
        assert_int_equal(ask_at(desk, now, NAME, other(desk, code), desk->pool)->status, 401);
    for (int seconds = OTP_FIRST_WAIT; seconds < OTP_LONGEST_WAIT; seconds *= 2) {
        result_t *result = ask_at(desk, now, NAME, code, desk->pool);
        assert_int_equal(result->status, 429);
        assert_int_equal(result->retry_after, seconds);
        now += apr_time_from_sec(seconds);
        desk->shift += apr_time_from_sec(seconds);
        code = signed_in(desk, &device); /* a new code is no new chance */
        now = desk_browser(desk).now;
        assert_int_equal(ask_at(desk, now, NAME, other(desk, code), desk->pool)->status, 401);
    }
    assert_int_equal(ask_at(desk, now, NAME, code, desk->pool)->retry_after, OTP_LONGEST_WAIT);
    desk->shift += apr_time_from_sec(OTP_LONGEST_WAIT);
    code = signed_in(desk, &device);
    assert_int_equal(ask(desk, NAME, code), 200);
    code = signed_in(desk, &device);
    assert_int_equal(ask(desk, NAME, other(desk, code)), 401);
    assert_int_equal(ask(desk, NAME, code), 200);
}

static void a_code_is_asked_for_and_issued_or_there_is_none(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    desk_pass1(desk, &caller, &device, &talk, desk->pool);
    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    json_object_set_new(body, "OTP", json_integer(0));
    result_t *result = rps_pass2(desk->rps, &caller, body, desk->pool);
    assert_null(json_object_get(result->json, "OTP"));

    desk->settings.issue_otp = false;
    result = passes(desk, &caller, &device, DESK_PIN);
    assert_null(json_object_get(result->json, "OTP"));
    assert_int_equal(ask(desk, NAME, "123456"), 404);
    assert_true(json_is_false(
        json_object_get(rps_client_settings(desk->rps, &caller, desk->pool)->json, "requestOTP")));
    desk->settings.issue_otp = true;
    assert_true(json_is_true(
        json_object_get(rps_client_settings(desk->rps, &caller, desk->pool)->json, "requestOTP")));
}

static void what_is_no_question_is_400(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{'userId':'anna'}",
        "{'otp':'123456'}",
        "{'userId':5,'otp':'123456'}",
        "{'userId':'anna','otp':123456}",
        "{'userId':'anna','otp':'12345'}",
        "{'userId':'anna','otp':'1234567'}",
        "{'userId':'anna','otp':'12345x'}",
        "{'userId':'','otp':'123456'}",
        "{'userId':'a,b','otp':'123456'}",
    };
    desk_t *desk = *state;
    caller_t caller = desk_caller(desk, "127.0.0.1", 0);
    desk->settings.issue_otp = true;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_int_equal(
            rps_otp(desk->rps, &caller, desk_json(desk->pool, bodies[i]), desk->pool)->status, 400);
    assert_int_equal(rps_otp(desk->rps, &caller, NULL, desk->pool)->status, 400);
}

/* ---- at once ---- */

#define THREADS 50
#define TURNS 20

typedef struct runner_t {
    desk_t *desk;
    const char *code;
    pthread_barrier_t *start;
    int *of_status;
} runner_t;

static void *run(void *baton)
{
    runner_t *runner = baton;
    apr_pool_t *p;
    apr_pool_create_unmanaged(&p);
    pthread_barrier_wait(runner->start);
    for (int i = 0; i < TURNS; i++) {
        int status =
            ask_at(runner->desk, desk_browser(runner->desk).now, NAME, runner->code, p)->status;
        __atomic_fetch_add(&runner->of_status[status], 1, __ATOMIC_SEQ_CST);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void race(desk_t *desk, const char *code, int of_status[600])
{
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    runner_t runner = {desk, code, &start, of_status};
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runner), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
}

static void code_asked_for_1000_times_at_once_is_good_for_one(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    int of_status[600] = {0};
    race(desk, signed_in(desk, &device), of_status);
    assert_int_equal(of_status[200], 1);
    assert_int_equal(of_status[410], THREADS * TURNS - 1);
}

static void wrong_codes_at_once_are_counted_to_the_limit_exactly(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    int of_status[600] = {0};
    race(desk, other(desk, signed_in(desk, &device)), of_status);
    assert_int_equal(of_status[401], OTP_FREE_FAILURES);
    assert_int_equal(of_status[429], THREADS * TURNS - OTP_FREE_FAILURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(code_is_good_once),
        DESK_TEST(pass2_with_a_wrong_pin_looks_the_same_and_its_code_is_none),
        DESK_TEST(code_of_a_locked_identity_is_none),
        DESK_TEST(code_counts_only_once_its_authott_was_redeemed),
        DESK_TEST(code_is_of_its_user),
        DESK_TEST(code_is_over_after_two_minutes_and_with_the_next),
        DESK_TEST(code_of_who_was_refused_since_is_over),
        DESK_TEST(wrong_codes_make_the_account_wait_longer_each_time),
        DESK_TEST(a_code_is_asked_for_and_issued_or_there_is_none),
        DESK_TEST(what_is_no_question_is_400),
        DESK_TEST(code_asked_for_1000_times_at_once_is_good_for_one),
        DESK_TEST(wrong_codes_at_once_are_counted_to_the_limit_exactly),
    };
    return cmocka_run_group_tests_name("rps otp", tests, NULL, NULL);
}
