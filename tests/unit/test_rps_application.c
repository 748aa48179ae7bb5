/* SPDX-License-Identifier: Apache-2.0 */
/* An application says who may come in: what it is asked, and what its answers are worth. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "rps/allowed.h"
#include "http_peer.h"
#include "rps_desk.h"

#define JSON "Content-Type: application/json\r\n"
#define YES "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 22\r\n\r\n{\"forceActivate\":true}"
#define NO "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"

#define APPLICATION_TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

static int make(void **state)
{
    return desk_make(state);
}

static int drop(void **state)
{
    http_peer_stop(NULL);
    return desk_drop(state);
}

/* The application decides who is on the list. */
static void ask_application(desk_t *desk, const char *answer)
{
    http_peer_start(answer, 0);
    desk->settings.allow.kind = ALLOW_URL;
    desk->settings.allow.url = apr_pstrcat(desk->pool, http_peer_url(), "mpinVerify", NULL);
}

static const char *ruled(desk_t *desk, int *status)
{
    const caller_t caller = desk_browser(desk);
    const result_t *refusal =
        rps_not_allowed(desk->rps, &caller, "anna@example.org", "no", desk->pool);
    *status = refusal ? refusal->status : 200;
    return refusal ? refusal->code : "yes";
}

static void assert_ruled(desk_t *desk, int status, const char *code)
{
    int got;
    assert_string_equal(ruled(desk, &got), code);
    assert_int_equal(got, status);
}

static void an_application_hears_what_milagros_would(void **state)
{
    desk_t *desk = *state;
    ask_application(desk, YES);
    assert_ruled(desk, 200, "yes");
    const char *request = http_peer_request(), *body = strstr(request, "\r\n\r\n") + 4;
    assert_int_equal(strncmp(request, "POST /mpinVerify HTTP/1.1\r\n", 27), 0);
    assert_non_null(strcasestr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strcasestr(request, "\r\nRPS-BASE-URL: https://rps.example.org\r\n"));
    const json_t *json = json_read(desk->pool, body, strlen(body));
    const json_t *expected = desk_json(
        desk->pool, "{'userId':'anna@example.org','mpinId':'','mobile':0,'activateKey':'',"
                    "'expireTime':'','resend':false,'deviceName':'','userData':''}");
    assert_true(json_equal(json, expected));
}

static void only_a_yes_is_a_yes(void **state)
{
    desk_t *desk = *state;
    static const struct {
        const char *answer, *code;
        int status;
    } cases[] = {
        {YES, "yes", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "yes", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"forceActivate\":false}\n", "yes", 200},
        {NO, "not_allowed", 403},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>OK</html>", "application_failed", 500},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue", "application_failed", 500},
        {"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"forceActivate\":\"yes\"}",
         "application_failed", 500},
        {"HTTP/1.1 200 OK\r\nContent-Length: "
         "41\r\n\r\n{\"forceActivate\":true,\"forceActivate\":true}",
         "application_failed", 500},
        {"HTTP/1.1 204 No Content\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 302 Found\r\nLocation: /yes\r\nContent-Length: 0\r\n\r\n", "application_failed",
         500},
        {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "application_failed", 500},
        {"no HTTP at all", "application_failed", 500},
        {"", "application_failed", 500},
    };
    ask_application(desk, YES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_answers(cases[i].answer);
        assert_ruled(desk, cases[i].status, cases[i].code);
    }
    assert_non_null(strstr(desk_logged(), "MPIN0311"));
    assert_null(strstr(strstr(desk_logged(), "MPIN0311") + 1, "MPIN0311")); /* once a minute */
}

static void an_application_that_is_gone_lets_nobody_in(void **state)
{
    desk_t *desk = *state;
    ask_application(desk, YES);
    http_peer_stop(NULL);
    assert_ruled(desk, 500, "application_failed");
    assert_false(desk_allows(desk, "anna@example.org", desk->pool));
}

static void who_finds_no_seat_is_told_to_come_again(void **state)
{
    desk_t *desk = *state;
    seat_t seat;
    ask_application(desk, YES);
    assert_true(seats_take(desk->seats, 60000, &seat));
    assert_ruled(desk, 200, "yes"); /* the other seat, which is given back */
    assert_ruled(desk, 200, "yes");
    assert_true(seats_take(desk->seats, 60000, &seat));
    assert_ruled(desk, 429, "busy");
    assert_int_equal(http_peer_requests(), 2);
    seats_give(desk->seats, &seat);
    assert_ruled(desk, 200, "yes");
}

static void an_application_is_asked_at_the_registration_and_at_every_login(void **state)
{
    desk_t *desk = *state;
    device_t device;
    const caller_t browser = desk_browser(desk);
    ask_application(desk, NO);
    assert_int_equal(desk_register(desk, &browser, "anna@example.org", &device), 403);
    http_peer_answers(YES);
    desk_enrol(desk, "anna@example.org", &device);
    int asked = http_peer_requests();
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 200);
    assert_int_equal(http_peer_requests(), asked + 2);
    http_peer_answers(NO);
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 403);
    http_peer_answers("");
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 500);
    http_peer_answers(YES);
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 200);
}

static void a_service_tells_its_secret_to_its_own_application_only(void **state)
{
    desk_t *desk = *state;
    device_t device;
    static unsigned char known[] = "known-to-the-two-of-them, and not this";
    static const secret_t secret = {known, 24};
    const caller_t browser = desk_browser(desk);
    static const char header[] = "\r\nAuthorization: Bearer known-to-the-two-of-them\r\n";
    http_peer_start(YES, 0);
    desk->settings.service_secret = &secret;
    desk->settings.verify_url = apr_pstrcat(desk->pool, http_peer_url(), "mpinVerify", NULL);
    desk->settings.service = true;
    assert_int_equal(desk_register(desk, &browser, "anna@example.org", &device), 200);
    assert_non_null(strstr(http_peer_request(), header));

    desk->settings.allow.kind = ALLOW_URL;
    desk->settings.allow.url = http_peer_url();
    assert_ruled(desk, 200, "yes");
    assert_null(strstr(http_peer_request(), "Bearer"));
}

/* A registration becomes: "active", "waits", or the refusal's code. */
static const char *registered(desk_t *desk, int *status)
{
    const caller_t browser = desk_browser(desk);
    const json_t *body = desk_json(desk->pool, "{'userId':'anna@example.org'}");
    const result_t *result = rps_register(desk->rps, &browser, NULL, body, desk->pool);
    *status = result->status;
    if (result->code)
        return result->code;
    return json_is_true(json_object_get(result->json, "active")) ? "active" : "waits";
}

/* As Milagro's server takes what /mpinVerify says. */
static void a_success_without_a_word_waits_for_activation(void **state)
{
    desk_t *desk = *state;
    static const struct {
        const char *answer, *what;
        int status;
    } cases[] = {
        {YES, "active", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "waits", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "waits", 200},
        {"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "waits", 200},
        {"HTTP/1.1 201 Created\r\nContent-Length: 22\r\n\r\n{\"forceActivate\":true}", "active",
         200},
        {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "waits", 200},
        {"HTTP/1.1 204 No Content\r\n\r\n", "waits", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>OK</html>", "application_failed", 500},
        {"HTTP/1.1 302 Found\r\nLocation: /yes\r\nContent-Length: 0\r\n\r\n", "application_failed",
         500},
        {NO, "not_allowed", 403},
        {"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", "not_allowed", 403},
        {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "not_allowed", 403},
        {"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnone", "not_allowed", 403},
        {"HTTP/1.1 409 No\r\nContent-Length: 0\r\n\r\n", "not_allowed", 403},
        {"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 429 Later\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
        {"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "application_failed", 500},
    };
    http_peer_start(YES, 0);
    desk->settings.verify_url = http_peer_url();
    desk->settings.service = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        http_peer_answers(cases[i].answer);
        assert_string_equal(registered(desk, &status), cases[i].what);
        assert_int_equal(status, cases[i].status);
    }
}

/* Registered at a service, and then the same store is a site's. */
static void an_applications_user_is_nobody_at_a_site(void **state)
{
    desk_t *desk = *state;
    device_t device, own;
    const caller_t browser = desk_browser(desk);
    http_peer_start(YES, 0);
    desk->settings.verify_url = http_peer_url();
    desk->settings.service = true;
    desk_enrol(desk, "anna@example.org", &device);
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 200);
    desk->settings.service = false;
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 403);
    desk_enrol(desk, "bob@example.org", &own);
    assert_int_equal(desk_sign_in(desk, &browser, &own, DESK_PIN), 200);
    desk->settings.service = true;
    assert_int_equal(desk_sign_in(desk, &browser, &own, DESK_PIN), 403); /* nor the reverse */
    assert_int_equal(desk_sign_in(desk, &browser, &device, DESK_PIN), 200);
}

/* What `name`'s code is worth where it is asked about. */
static int ask_code(desk_t *desk, const char *name, const char *code)
{
    const caller_t application = desk_caller(desk, "127.0.0.1", 0);
    json_t *body = json_tie(desk->pool, json_pack("{s:s, s:s}", "userId", name, "otp", code));
    return rps_otp(desk->rps, &application, body, desk->pool)->status;
}

/* The name may be somebody else's there, whom the application never asked. */
static void an_applications_code_is_none_at_a_site(void **state)
{
    desk_t *desk = *state;
    device_t device;
    talk_t talk;
    const caller_t browser = desk_browser(desk);
    http_peer_start(YES, 0);
    desk->settings.verify_url = http_peer_url();
    desk->settings.service = desk->settings.issue_otp = true;
    desk_enrol(desk, "anna@example.org", &device);
    assert_int_equal(desk_pass1(desk, &browser, &device, &talk, desk->pool), 200);
    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    json_object_set_new(body, "OTP", json_true());
    const result_t *pass2 = rps_pass2(desk->rps, &browser, body, desk->pool);
    const char *code = json_text(pass2->json, "OTP", 6);
    assert_int_equal(desk_redeem(desk, &browser, json_text(pass2->json, "authOTT", 32), desk->pool),
                     200);
    desk->settings.service = false;
    assert_int_equal(ask_code(desk, "anna@example.org", code), 410);
    desk->settings.service = true;
    assert_int_equal(ask_code(desk, "anna@example.org", code), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        APPLICATION_TEST(an_application_hears_what_milagros_would),
        APPLICATION_TEST(only_a_yes_is_a_yes),
        APPLICATION_TEST(an_application_that_is_gone_lets_nobody_in),
        APPLICATION_TEST(who_finds_no_seat_is_told_to_come_again),
        APPLICATION_TEST(a_service_tells_its_secret_to_its_own_application_only),
        APPLICATION_TEST(a_success_without_a_word_waits_for_activation),
        APPLICATION_TEST(an_applications_user_is_nobody_at_a_site),
        APPLICATION_TEST(an_applications_code_is_none_at_a_site),
        APPLICATION_TEST(an_application_is_asked_at_the_registration_and_at_every_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
