/* SPDX-License-Identifier: Apache-2.0 */
/* The second D-TA as an RPS meets it: there, down, lying, and another than before. */
#include <apr_strings.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "dta/local.h"
#include "dta/second.h"
#include "http_peer.h"
#include "rps_desk.h"

static desk_t *desk, *there; /* the RPS, and whose keys the second D-TA has */
static seats_t *seats;
static dta_t *alone, *both;

static http_t *http;

/* As a child that begins: what it knows is in the store. */
static dta_t *begin(void)
{
    alone = dta_local(desk->keys, desk->pool);
    both = dta_with_second(http_peer_url(), keys_dta_app(there->keys, desk->pool), alone,
                           desk->store, http, seats, &desk->log, desk->pool);
    return both;
}

static void begin_rps(const dta_t *dta)
{
    desk->rps = desk_rps(desk, &desk->settings, dta);
    assert_non_null(desk->rps);
}

static int set_up(void **state)
{
    void *first, *other;
    if (desk_make(&first) || desk_make(&other))
        return -1;
    *state = desk = first;
    there = other;
    http = http_make(desk->pool);
    seats = seats_make(1, desk->pool);
    http_peer_start("", 0);
    return begin() ? 0 : -1;
}

static int tear_down(void **state)
{
    void *other = there;
    http_peer_stop(NULL);
    return desk_drop(state) | desk_drop(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const char *answer_of(const char *body)
{
    return apr_psprintf(desk->pool,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        "%" APR_SIZE_T_FMT "\r\n\r\n%s",
                        strlen(body), body);
}

static const char *share_of(const desk_t *whose)
{
    unsigned char secret[MPIN_G2_BYTES];
    assert_int_equal(mpin_server_secret(keys_master(whose->keys)->bytes, secret), MPIN_ACCEPTED);
    return hex_encode(desk->pool, secret, sizeof secret);
}

static void let_it_answer(const char *share)
{
    http_peer_answers(answer_of(
        apr_psprintf(desk->pool, "{\"serverSecret\": \"%s\", \"message\": \"OK\"}", share)));
}

static apr_time_t later(int seconds)
{
    return apr_time_now() + apr_time_from_sec(seconds);
}

static dta_status_t ask_at(int seconds)
{
    unsigned char sum[MPIN_G2_BYTES];
    return dta_server_secret(both, later(seconds), sum, desk->pool);
}

/* ---- its share ------------------------------------------------------------------------------- */

static void its_share_is_added_to_ours_and_pinned(void **state)
{
    (void)state;
    unsigned char sum[MPIN_G2_BYTES], again[MPIN_G2_BYTES], ours[MPIN_G2_BYTES],
        theirs[MPIN_G2_BYTES];
    let_it_answer(share_of(there));
    assert_int_equal(dta_server_secret(both, apr_time_now(), sum, desk->pool), DTA_OK);
    mpin_server_secret(keys_master(desk->keys)->bytes, ours);
    mpin_server_secret(keys_master(there->keys)->bytes, theirs);
    assert_int_equal(mpin_recombine_g2(ours, theirs, ours), MPIN_ACCEPTED);
    assert_memory_equal(sum, ours, sizeof sum);
    assert_int_equal(http_peer_requests(), 1);
    const char *request = http_peer_request();
    assert_non_null(strstr(request, "GET /serverSecret?app_id="));
    assert_non_null(strstr(request, keys_app_id(there->keys)));

    http_peer_answers("");
    assert_non_null(begin()); /* another child, with nobody to ask */
    assert_int_equal(dta_server_secret(both, apr_time_now(), again, desk->pool), DTA_OK);
    assert_memory_equal(again, sum, sizeof sum);
    assert_int_equal(http_peer_requests(), 1);
}

static void what_is_no_share_is_not_taken(void **state)
{
    (void)state;
    unsigned char off[MPIN_G2_BYTES] = {4, 1};
    unsigned char negative[MPIN_SCALAR_BYTES], minus[MPIN_G2_BYTES];
    /* -s*Q of our own s: the sum would be the identity, and every proof good */
    static const unsigned char one[MPIN_SCALAR_BYTES] = {[MPIN_SCALAR_BYTES - 1] = 1};
    assert_int_equal(mpin_subtract(one, keys_master(desk->keys)->bytes, negative), MPIN_ACCEPTED);
    assert_int_equal(mpin_subtract(negative, one, negative), MPIN_ACCEPTED);
    assert_int_equal(mpin_server_secret(negative, minus), MPIN_ACCEPTED);
    const char *whole = share_of(there);
    const char *bodies[] = {"",
                            "{}",
                            "[]",
                            "<html>",
                            "{\"serverSecret\": 1}",
                            "{\"serverSecret\": \"\"}",
                            "{\"serverSecret\": \"04\"}",
                            apr_psprintf(desk->pool, "{\"serverSecret\": \"%s00\"}", whole),
                            apr_psprintf(desk->pool, "{\"serverSecret\": \"%s\"}",
                                         hex_encode(desk->pool, off, sizeof off)),
                            apr_psprintf(desk->pool, "{\"serverSecret\": \"%s\"}",
                                         hex_encode(desk->pool, minus, sizeof minus)),
                            apr_psprintf(desk->pool,
                                         "{\"serverSecret\": \"%s\", \"serverSecret\": \"%s\"}",
                                         whole, whole)};
    int seconds = 0;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        http_peer_answers(answer_of(bodies[i]));
        assert_int_equal(ask_at(seconds += 2), DTA_DOWN);
    }
    const char *answers[] = {"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}",
                             "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
                             "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-x\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        http_peer_answers(answers[i]);
        assert_int_equal(ask_at(seconds += 2), DTA_DOWN);
    }
    assert_non_null(strstr(desk_logged(), "MPIN0523"));
    assert_null(strstr(desk_logged(), "signature="));
    assert_null(strstr(desk_logged(), whole));
    let_it_answer(whole);
    assert_int_equal(ask_at(seconds += 2), DTA_OK);
    assert_non_null(strstr(desk_logged(), "MPIN0525"));
}

static void it_is_asked_at_most_once_a_second(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask_at(0), DTA_DOWN);
    assert_int_equal(http_peer_requests(), 1);
    ask_at(2);
    assert_int_equal(http_peer_requests(), 2);
}

static void it_is_asked_on_a_seat_only(void **state)
{
    (void)state;
    seat_t taken;
    let_it_answer(share_of(there));
    assert_true(seats_take(seats, 60000, &taken));
    assert_int_equal(ask_at(0), DTA_DOWN);
    assert_int_equal(http_peer_requests(), 0);
    seats_give(seats, &taken);
    assert_int_equal(ask_at(2), DTA_OK);
    assert_true(seats_take(seats, 60000, &taken)); /* and gives it back */
}

static void a_changed_share_is_refused_and_the_pinned_one_stays(void **state)
{
    (void)state;
    unsigned char before[MPIN_G2_BYTES], after[MPIN_G2_BYTES];
    let_it_answer(share_of(there));
    assert_int_equal(dta_server_secret(both, later(0), before, desk->pool), DTA_OK);
    assert_int_equal(dta_check(both, later(2), desk->pool), DTA_OK);
    let_it_answer(share_of(desk));
    assert_int_equal(dta_check(both, later(10), desk->pool), DTA_OK); /* for a minute */
    assert_non_null(strstr(desk_logged(), "MPIN0783 the second D-TA was asked: its server secret "
                                          "is the one that is pinned"));
    assert_int_equal(dta_check(both, later(70), desk->pool), DTA_CHANGED);
    assert_non_null(strstr(desk_logged(), "its server secret is not the one that is pinned"));
    assert_non_null(strstr(desk_logged(), "MPIN0524"));
    assert_int_equal(dta_server_secret(both, later(71), after, desk->pool), DTA_OK);
    assert_memory_equal(before, after, sizeof before);
    let_it_answer(share_of(there));
    assert_int_equal(dta_check(both, later(80), desk->pool), DTA_OK);
}

/* ---- the RPS with it ------------------------------------------------------------------------- */

/* What a device gets of the second D-TA. */
static void add_theirs(device_t *device)
{
    unsigned char share[MPIN_G1_BYTES];
    mpin_client_secret(keys_master(there->keys)->bytes, device->hash, share);
    assert_int_equal(mpin_recombine_g1(device->token, share, device->token), MPIN_ACCEPTED);
}

static void a_sign_in_wants_both_shares(void **state)
{
    (void)state;
    caller_t caller = desk_browser(desk);
    device_t device;
    let_it_answer(share_of(there));
    begin_rps(both);
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 401);
    add_theirs(&device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void without_it_a_registration_stays_as_it_is(void **state)
{
    (void)state;
    caller_t caller = desk_browser(desk);
    device_t device;
    begin_rps(both);
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    result_t *result =
        rps_signature(desk->rps, &caller, device.mpin_id, device.reg_ott, desk->pool);
    assert_int_equal(result->status, 503);
    assert_string_equal(result->code, "second_dta_down");
    let_it_answer(share_of(there));
    desk->shift = apr_time_from_sec(3);
    caller = desk_browser(desk);
    result = rps_signature(desk->rps, &caller, device.mpin_id, device.reg_ott, desk->pool);
    assert_int_equal(result->status, 200);
    const char *params = json_text(result->json, "params", 1024);
    assert_non_null(strstr(params, keys_app_id(there->keys)));
    assert_null(strstr(params, keys_app_id(desk->keys)));
}

/* PINs that were made with one set of D-TAs are wrong with any other: nobody is judged then, so
 * that nobody is locked. */
static void other_d_tas_than_the_pins_were_made_with_judge_nobody(void **state)
{
    (void)state;
    caller_t caller = desk_browser(desk);
    device_t device;
    talk_t talk;
    begin_rps(alone);
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);

    let_it_answer(share_of(there));
    begin_rps(both);
    result_t *result =
        rps_pass1(desk->rps, &caller, desk_pass1_body(&device, &talk, desk->pool), desk->pool);
    assert_int_equal(result->status, 503);
    assert_string_equal(result->code, "second_dta_changed");
    assert_non_null(strstr(desk_logged(), "MPIN0529"));
    assert_int_equal(desk_register(desk, &caller, "bert", &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 503);

    begin_rps(alone);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void nor_one_less(void **state)
{
    (void)state;
    caller_t caller = desk_browser(desk);
    device_t device;
    let_it_answer(share_of(there));
    begin_rps(both);
    desk_enrol(desk, "anna", &device);
    begin_rps(alone);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 503);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(its_share_is_added_to_ours_and_pinned),
        TEST(what_is_no_share_is_not_taken),
        TEST(it_is_asked_at_most_once_a_second),
        TEST(it_is_asked_on_a_seat_only),
        TEST(a_changed_share_is_refused_and_the_pinned_one_stays),
        TEST(a_sign_in_wants_both_shares),
        TEST(without_it_a_registration_stays_as_it_is),
        TEST(other_d_tas_than_the_pins_were_made_with_judge_nobody),
        TEST(nor_one_less),
    };
    return cmocka_run_group_tests_name("dta_second", tests, NULL, NULL);
}
