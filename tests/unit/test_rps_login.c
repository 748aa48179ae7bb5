/* SPDX-License-Identifier: Apache-2.0 */
/* pass1, pass2 and redemption. Tests that carry a name of docs/security.md test that rule. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps_desk.h"

#define WRONG 4321

/* A device of anna, enrolled. */
static device_t enrolled(desk_t *desk)
{
    device_t device;
    desk_enrol(desk, "anna@example.org", &device);
    return device;
}

/* pass1 and pass2 of one talk; the redemption in `redemption`. */
static void redeem(desk_t *desk, const caller_t *caller, const device_t *device, uint32_t pin,
                   redemption_t *redemption)
{
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, caller, device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, caller, device, &talk, pin, &auth_ott, desk->pool), 200);
    rps_redeem(desk->rps, caller, auth_ott, redemption, desk->pool);
}

/* ---- right and wrong ------------------------------------------------------------------------- */

static void right_pin_signs_in(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    redemption_t redemption;
    redeem(desk, &caller, &device, DESK_PIN, &redemption);
    assert_null(redemption.refusal);
    assert_string_equal(redemption.user.name, "anna@example.org");
    assert_memory_equal(redemption.identity.handle, device.handle, HANDLE_BYTES);
    assert_memory_equal(redemption.identity.uid, redemption.user.uid, UID_BYTES);
}

static void wrong_pin_is_401_with_the_tries_that_are_left(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    for (int left = 2; left > 0; left--) {
        redemption_t redemption;
        redeem(desk, &caller, &device, WRONG, &redemption);
        assert_int_equal(redemption.refusal->status, 401);
        assert_string_equal(redemption.refusal->code, "wrong_pin");
        json_t *tries = json_object_get(redemption.refusal->json, "attemptsLeft");
        assert_int_equal(json_integer_value(tries), left);
        assert_string_equal(json_text(redemption.refusal->json, "code", 20), "wrong_pin");
        assert_string_equal(json_text(redemption.refusal->json, "id", 20), result_id("wrong_pin"));
    }
}

static void assert_shape_of_pass1(const result_t *result)
{
    assert_int_equal(result->status, 200);
    assert_int_equal(json_object_size(result->json), 5);
    assert_int_equal(strlen(json_text(result->json, "y", 96)), 96);
    assert_int_equal(strlen(json_text(result->json, "passId", 32)), 32);
    assert_int_equal(json_integer_value(json_object_get(result->json, "pass")), 1);
    assert_non_null(json_text(result->json, "message", 20));
    assert_non_null(json_text(result->json, "version", 20));
}

static void assert_shape_of_pass2(const result_t *result)
{
    assert_int_equal(result->status, 200);
    assert_int_equal(json_object_size(result->json), 4);
    assert_int_equal(strlen(json_text(result->json, "authOTT", 32)), 32);
    assert_int_equal(json_integer_value(json_object_get(result->json, "pass")), 2);
}

/* A stock client asks for pass1, pass2 and then authenticates, whatever its identity is worth. */
static int shape_of_login(desk_t *desk, const device_t *device)
{
    caller_t caller = desk_browser(desk);
    talk_t talk;
    json_t *body = desk_pass1_body(device, &talk, desk->pool);
    result_t *first = rps_pass1(desk->rps, &caller, body, desk->pool);
    assert_shape_of_pass1(first);
    memset(talk.y, 1, sizeof talk.y);
    apr_cpystrn(talk.pass_id, json_text(first->json, "passId", 32), sizeof talk.pass_id);
    body = desk_pass2_body(device, &talk, DESK_PIN, desk->pool);
    result_t *second = rps_pass2(desk->rps, &caller, body, desk->pool);
    assert_shape_of_pass2(second);
    return desk_redeem(desk, &caller, json_text(second->json, "authOTT", 32), desk->pool);
}

static void third_wrong_is_410_and_stock_client_survives(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 410);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_LOCKED);
    assert_int_equal(desk_identity(desk, &device).failures, 3);

    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 410);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 410);
    assert_int_equal(shape_of_login(desk, &device), 410);
    assert_int_equal(desk_identity(desk, &device).failures, 3);
}

static void unlock_restores_the_same_token(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 410);
    assert_int_equal(people_unlock_identity(desk->people, device.handle, desk->pool), STORE_OK);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void interleaved_success_does_not_refill_guesses(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    int judged = 0, status;
    while ((status = desk_sign_in(desk, &caller, &device, WRONG)) == 401) {
        judged++;
        assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    }
    assert_int_equal(status, 410);
    assert_int_equal(judged, RECENT_FAILURES - 1);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 410);
}

static void fewer_tries_after_the_fact_lock_nobody_for_good(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    desk->settings.max_failures = 1;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 410);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_ACTIVE);
    desk->settings.max_failures = 3;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void wrong_pins_are_audited_by_pass2_and_not_again_at_redemption(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    const char *events[] = {"pin_wrong", "pin_wrong", "identity_locked"};
    for (int i = 0; i < 3; i++) {
        talk_t talk;
        assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
        json_t *body = desk_pass2_body(&device, &talk, WRONG, desk->pool);
        result_t *second = rps_pass2(desk->rps, &caller, body, desk->pool);
        assert_string_equal(second->event, events[i]);
        assert_string_equal(second->user, "anna@example.org");
        assert_int_equal(strlen(second->identity), 12);
        redemption_t redemption;
        rps_redeem(desk->rps, &caller, json_text(second->json, "authOTT", 32), &redemption,
                   desk->pool);
        assert_null(redemption.refusal->event);
    }
}

/* ---- who is nobody to judge ------------------------------------------------------------------ */

static void unknown_identity_is_answered_in_the_usual_shape(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    strcpy(device.mpin_id, "7b7d");
    assert_int_equal(shape_of_login(desk, &device), 403);
}

static void revoked_identity_is_refused_at_every_step(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t before_pass2, before_redemption;
    const char *auth_ott, *other;
    assert_int_equal(desk_pass1(desk, &caller, &device, &before_pass2, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &caller, &device, &before_redemption, desk->pool), 200);
    assert_int_equal(
        desk_pass2(desk, &caller, &device, &before_redemption, DESK_PIN, &auth_ott, desk->pool),
        200);
    people_revoke_identity(desk->people, device.handle, caller.now, desk->pool);

    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 403);
    assert_int_equal(
        desk_pass2(desk, &caller, &device, &before_pass2, DESK_PIN, &other, desk->pool), 200);
    redemption_t redemption;
    rps_redeem(desk->rps, &caller, other, &redemption, desk->pool);
    assert_string_equal(redemption.refusal->code, "identity_revoked");
    assert_int_equal(shape_of_login(desk, &device), 403);
}

static void disabled_user_is_refused_at_every_step(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t before_pass2, before_redemption;
    const char *auth_ott, *other;
    user_t user;
    assert_int_equal(desk_pass1(desk, &caller, &device, &before_pass2, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &caller, &device, &before_redemption, desk->pool), 200);
    assert_int_equal(
        desk_pass2(desk, &caller, &device, &before_redemption, DESK_PIN, &auth_ott, desk->pool),
        200);
    assert_int_equal(people_find(desk->people, "anna@example.org", &user, desk->pool), STORE_OK);
    people_disable(desk->people, user.uid, caller.now, desk->pool);

    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 403);
    assert_int_equal(
        desk_pass2(desk, &caller, &device, &before_pass2, DESK_PIN, &other, desk->pool), 200);
    redemption_t redemption;
    rps_redeem(desk->rps, &caller, other, &redemption, desk->pool);
    assert_string_equal(redemption.refusal->code, "user_disabled");
    assert_int_equal(shape_of_login(desk, &device), 403);

    people_enable(desk->people, user.uid, desk->pool);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void lock_between_pass2_and_redemption_counts(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 410);
}

static void name_that_is_no_longer_listed_is_403_at_login(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    const char *domains[] = {"example.com", NULL};
    desk->settings.allow.kind = ALLOW_DOMAINS;
    desk->settings.allow.domains = domains;
    redemption_t redemption;
    redeem(desk, &caller, &device, DESK_PIN, &redemption);
    assert_int_equal(redemption.refusal->status, 403);
    assert_string_equal(redemption.refusal->code, "not_allowed");
}

static void without_a_list_only_proven_names_sign_in(void **state)
{
    desk_t *desk = *state;
    device_t open = enrolled(desk), proven;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    desk->settings.allow.kind = ALLOW_NOBODY;
    assert_int_equal(desk_sign_in(desk, &caller, &open, DESK_PIN), 403);
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &proven), 200);
    assert_int_equal(desk_sign(desk, &caller, &proven), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &proven, DESK_PIN), 200);
}

/* ---- pass1 and pass2 belong together --------------------------------------------------------- */

static void pass2_refuses_a_second_use_of_y(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    assert_int_equal(rps_pass2(desk->rps, &caller, body, desk->pool)->status, 200);
    assert_int_equal(rps_pass2(desk->rps, &caller, body, desk->pool)->status, 408);
    json_object_del(body, "passId");
    assert_int_equal(rps_pass2(desk->rps, &caller, body, desk->pool)->status, 408);

    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, WRONG, &auth_ott, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     408);
}

static void pass2_without_pass1_is_408_and_counts_nothing(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk = {.pass_id = "00112233445566778899aabbccddeeff"};
    const char *auth_ott;
    mpin_random_scalar(talk.x);
    mpin_random_scalar(talk.y);
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_pass2(desk, &caller, &device, &talk, WRONG, &auth_ott, desk->pool),
                         408);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
}

static void pass1_is_dead_after_15_seconds(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), later = caller;
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    later.now += apr_time_from_sec(16);
    assert_int_equal(desk_pass2(desk, &later, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     408);
    later.now = caller.now + apr_time_from_sec(14);
    assert_int_equal(desk_pass2(desk, &later, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
}

static void pass_id_that_is_wrong_falls_back_to_nothing(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    talk.pass_id[0] = talk.pass_id[0] == '0' ? '1' : '0';
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     408);
}

static void pass1_of_one_identity_serves_no_other(void **state)
{
    desk_t *desk = *state;
    device_t anna = enrolled(desk), eve;
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    desk_enrol(desk, "eve@example.org", &eve);
    assert_int_equal(desk_pass1(desk, &caller, &eve, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &anna, &talk, DESK_PIN, &auth_ott, desk->pool), 408);
}

static void client_without_pass_id_is_matched_by_its_cookie(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), stranger = desk_caller(desk, "192.0.2.1", 2);
    talk_t talk, strangers;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &stranger, &device, &strangers, desk->pool), 200);
    talk.pass_id[0] = '\0';
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 200);
}

static void client_without_cookie_is_judged_against_what_came_without_one(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t bare = desk_caller(desk, "192.0.2.9", 0), moved = desk_caller(desk, "192.0.2.10", 0);
    caller_t browser = desk_browser(desk);
    talk_t talk, other, browsers;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &moved, &device, &other, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &browser, &device, &browsers, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &bare, &device, &talk, desk->pool), 200);
    talk.pass_id[0] = other.pass_id[0] = '\0';

    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    assert_null(rps_pass2(desk->rps, &bare, body, desk->pool)->event);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(rps_pass2(desk->rps, &bare,
                               desk_pass2_body(&device, &other, DESK_PIN, desk->pool), desk->pool)
                         ->status,
                     200);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(
        desk_pass2(desk, &browser, &device, &browsers, DESK_PIN, &auth_ott, desk->pool), 200);
    assert_int_equal(desk_redeem(desk, &browser, auth_ott, desk->pool), 200);
}

static void four_pass1s_judged_at_once_are_one_attempt(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t bare = desk_caller(desk, "192.0.2.9", 0);
    talk_t talk;
    const char *auth_ott;
    for (int i = 0; i < 4; i++)
        assert_int_equal(desk_pass1(desk, &bare, &device, &talk, desk->pool), 200);
    talk.pass_id[0] = '\0';
    assert_int_equal(desk_pass2(desk, &bare, &device, &talk, WRONG, &auth_ott, desk->pool), 200);
    assert_int_equal(desk_identity(desk, &device).failures, 1);
    assert_int_equal(desk_pass2(desk, &bare, &device, &talk, WRONG, &auth_ott, desk->pool), 408);
}

static void strangers_pass1_breaks_nobodys_login(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), stranger = desk_caller(desk, "203.0.113.7", 9);
    talk_t talk, other;
    const char *auth_ott;
    for (int i = 0; i < 10; i++)
        assert_int_equal(desk_pass1(desk, &stranger, &device, &other, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    for (int i = 0; i < 10; i++)
        assert_int_equal(desk_pass1(desk, &stranger, &device, &other, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 200);
}

static void strangers_of_many_addresses_dont_displace_a_known_browser(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    known_t known = {0};
    caller_t caller = desk_browser(desk);
    talk_t talk, other;
    const char *auth_ott;
    known_add(&known, "anna@example.org");
    caller.known = &known;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    for (int i = 0; i < 10; i++) {
        caller_t stranger = desk_caller(desk, apr_psprintf(desk->pool, "203.0.113.%d", i), 9);
        assert_int_equal(desk_pass1(desk, &stranger, &device, &other, desk->pool), 200);
    }
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 200);
}

static void at_most_four_pass1s_are_live(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk[5];
    const char *auth_ott;
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_pass1(desk, &caller, &device, &talk[i], desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk[0], DESK_PIN, &auth_ott, desk->pool),
                     408);
    for (int i = 1; i < 5; i++)
        assert_int_equal(
            desk_pass2(desk, &caller, &device, &talk[i], DESK_PIN, &auth_ott, desk->pool), 200);
}

static void repeated_U_is_refused(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), later = caller;
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 200);
    result_t *again = rps_pass1(desk->rps, &caller, body, desk->pool);
    assert_int_equal(again->status, 403);
    assert_string_equal(again->code, "repeated_u");
    assert_string_equal(again->event, "repeated_u");

    later.now +=
        apr_time_from_sec(3600); /* as the last one it is remembered when it is long dead */
    assert_string_equal(rps_pass1(desk->rps, &later, body, desk->pool)->code, "repeated_u");
    assert_int_equal(desk_pass1(desk, &later, &device, &talk, desk->pool), 200);
}

static void every_pass1_gets_another_y(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t first, second;
    assert_int_equal(desk_pass1(desk, &caller, &device, &first, desk->pool), 200);
    assert_int_equal(desk_pass1(desk, &caller, &device, &second, desk->pool), 200);
    assert_memory_not_equal(first.y, second.y, sizeof first.y);
    assert_string_not_equal(first.pass_id, second.pass_id);
}

/* ---- what comes in --------------------------------------------------------------------------- */

/* Each field of both bodies in every type that JSON has: 403 with a message, or ignored. */
static const char *const values[] = {"null",        "true", "false", "0",       "-1",       "1e308",
                                     "99999999999", "''",   "'0'",   "'zz'",    "'7B'",     "'041'",
                                     "[]",          "[1]",  "{}",    "{'a':1}", "'\\u00e9'"};

static json_t *without(json_t *body, const char *key, apr_pool_t *p)
{
    json_t *copy = json_tie(p, json_deep_copy(body));
    json_object_del(copy, key);
    return copy;
}

static json_t *with(json_t *body, const char *key, const char *value, apr_pool_t *p)
{
    json_t *copy = json_tie(p, json_deep_copy(body));
    json_t *wrap = desk_json(p, apr_psprintf(p, "{'v':%s}", value));
    if (wrap)
        json_object_set(copy, key, json_object_get(wrap, "v"));
    return copy;
}

static void pass1_takes_only_what_the_protocol_says(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    const char *needed[] = {"mpin_id", "U"};
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    for (size_t i = 0; i < 2; i++) {
        result_t *result =
            rps_pass1(desk->rps, &caller, without(body, needed[i], desk->pool), desk->pool);
        assert_int_equal(result->status, 403);
        assert_non_null(result->message);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            json_t *bad = with(body, needed[i], values[v], desk->pool);
            assert_int_equal(rps_pass1(desk->rps, &caller, bad, desk->pool)->status, 403);
        }
    }
    assert_int_equal(
        rps_pass1(desk->rps, &caller, with(body, "pass", "2", desk->pool), desk->pool)->status,
        403);
    assert_int_equal(
        rps_pass1(desk->rps, &caller, with(body, "pass", "'1'", desk->pool), desk->pool)->status,
        403);
    assert_int_equal(rps_pass1(desk->rps, &caller, NULL, desk->pool)->status, 403);
    assert_int_equal(
        rps_pass1(desk->rps, &caller, without(body, "pass", desk->pool), desk->pool)->status, 200);
}

static void time_permit_of_a_client_is_ignored_unparsed(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        talk_t talk;
        json_t *body =
            with(desk_pass1_body(&device, &talk, desk->pool), "UT", values[v], desk->pool);
        assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 200);
    }
}

static void pass2_takes_only_what_the_protocol_says(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
    const char *needed[] = {"mpin_id", "V", "WID"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            rps_pass2(desk->rps, &caller, without(body, needed[i], desk->pool), desk->pool)->status,
            403);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            bool good = i == 2 && (strcmp(values[v], "0") == 0 || strcmp(values[v], "'0'") == 0);
            json_t *bad = with(body, needed[i], values[v], desk->pool);
            if (!good)
                assert_int_equal(rps_pass2(desk->rps, &caller, bad, desk->pool)->status, 403);
        }
    }
    const char *pass_ids[] = {"null", "''", "1",
                              "'00'", "[]", "'00112233445566778899AABBCCDDEEFF'"};
    for (size_t v = 0; v < sizeof pass_ids / sizeof *pass_ids; v++)
        assert_int_equal(
            rps_pass2(desk->rps, &caller, with(body, "passId", pass_ids[v], desk->pool), desk->pool)
                ->status,
            403);
    assert_int_equal(
        rps_pass2(desk->rps, &caller, with(body, "OTP", "'x'", desk->pool), desk->pool)->status,
        403);
    assert_int_equal(
        rps_pass2(desk->rps, &caller, with(body, "pass", "1", desk->pool), desk->pool)->status,
        403);
    assert_int_equal(
        rps_pass2(desk->rps, &caller, with(body, "WID", "'0144002'", desk->pool), desk->pool)
            ->status,
        403);
    assert_int_equal(rps_pass2(desk->rps, &caller, NULL, desk->pool)->status, 403);

    /* None of these has used up the pass1 or a try. */
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(rps_pass2(desk->rps, &caller, body, desk->pool)->status, 200);
}

static void point_off_the_curve_is_403_in_pass1(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    talk.u[50] ^= 1;
    json_object_set_new(body, "U", json_string(hex_encode(desk->pool, talk.u, sizeof talk.u)));
    result_t *result = rps_pass1(desk->rps, &caller, body, desk->pool);
    assert_int_equal(result->status, 403);
    assert_string_equal(result->code, "pass1_malformed");
}

static void V_off_the_curve_counts_nothing_but_its_pass1_is_gone(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    for (int i = 0; i < 5; i++) {
        talk_t talk;
        assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
        json_t *body = desk_pass2_body(&device, &talk, DESK_PIN, desk->pool);
        unsigned char v[MPIN_G1_BYTES];
        assert_true(hex_decode(json_text(body, "V", 194), v, sizeof v));
        v[60] ^= 1;
        json_t *bad = json_deep_copy(body);
        json_object_set_new(bad, "V", json_string(hex_encode(desk->pool, v, sizeof v)));
        json_tie(desk->pool, bad);
        assert_int_equal(rps_pass2(desk->rps, &caller, bad, desk->pool)->status, 403);
        assert_int_equal(rps_pass2(desk->rps, &caller, body, desk->pool)->status, 408);
    }
    assert_int_equal(desk_identity(desk, &device).failures, 0);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

/* ---- the authOTT ----------------------------------------------------------------------------- */

static const char *good_authott(desk_t *desk, const caller_t *caller, const device_t *device)
{
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, caller, device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, caller, device, &talk, DESK_PIN, &auth_ott, desk->pool), 200);
    return auth_ott;
}

static void authott_is_good_once(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    const char *auth_ott = good_authott(desk, &caller, &device);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 408);
}

static void failed_authott_is_not_judged_again(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, WRONG, &auth_ott, desk->pool), 200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 401);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 408);
    assert_int_equal(desk_identity(desk, &device).failures, 1);
}

static void authott_from_another_browser_is_408(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    caller_t others[] = {desk_caller(desk, caller.address, 2),
                         desk_caller(desk, caller.address, 0)};
    for (int i = 0; i < 2; i++) {
        const char *auth_ott = good_authott(desk, &caller, &device);
        assert_int_equal(desk_redeem(desk, &others[i], auth_ott, desk->pool), 408);
        assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 408);
    }
}

static void authott_of_a_client_without_cookie_is_redeemed_by_nobody(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t bare = desk_caller(desk, "192.0.2.9", 0), browser = desk_browser(desk);
    assert_int_equal(desk_redeem(desk, &bare, good_authott(desk, &bare, &device), desk->pool), 408);
    assert_int_equal(desk_redeem(desk, &browser, good_authott(desk, &bare, &device), desk->pool),
                     408);
}

static void authott_of_a_locked_identity_says_so_to_its_browser_only(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), other = desk_caller(desk, caller.address, 2);
    talk_t talk = {.pass_id = "00112233445566778899aabbccddeeff"};
    const char *auth_ott;
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);
    mpin_random_scalar(talk.x);
    mpin_random_scalar(talk.y);
    for (int i = 0; i < 1000; i++) /* nothing of it is kept, so nobody runs out of it */
        assert_int_equal(desk_pass2(desk, &caller, &device, &talk, WRONG, &auth_ott, desk->pool),
                         200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 410);
    assert_int_equal(desk_redeem(desk, &other, auth_ott, desk->pool), 408);
    for (int i = 0; i < 32; i++) {
        char *changed = apr_pstrdup(desk->pool, auth_ott);
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_int_equal(desk_redeem(desk, &caller, changed, desk->pool), 408);
    }
}

static void authott_that_never_was_is_408(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const char *never[] = {NULL,
                           "",
                           "0",
                           "00112233445566778899aabbccddeeff",
                           "00112233445566778899AABBCCDDEEFF",
                           "00112233445566778899aabbccddeeff00",
                           "../../etc/passwd"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_int_equal(desk_redeem(desk, &caller, never[i], desk->pool), 408);
}

static void authott_is_dead_after_a_minute(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    desk->shift = -apr_time_from_sec(61);
    caller_t then = desk_browser(desk);
    const char *auth_ott = good_authott(desk, &then, &device);
    desk->shift = 0;
    caller_t now = desk_browser(desk);
    assert_int_equal(desk_redeem(desk, &now, auth_ott, desk->pool), 408);
}

/* ---- throttles and logs ---------------------------------------------------------------------- */

static void address_with_too_many_failures_is_told_to_wait(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk), others;
    caller_t caller = desk_browser(desk), elsewhere = desk_caller(desk, "198.51.100.1", 3);
    desk_enrol(desk, "bob@example.org", &others);
    desk->throttle.address = (throttle_rule_t){1, apr_time_from_sec(3600)};
    caller_t here = desk_caller(desk, "192.0.2.77", 4);
    assert_int_equal(desk_sign_in(desk, &here, &others, WRONG), 401);

    redemption_t redemption;
    redeem(desk, &here, &device, DESK_PIN, &redemption);
    assert_int_equal(redemption.refusal->status, 429);
    assert_in_range(redemption.refusal->retry_after, 1, 3600);
    assert_int_equal(desk_sign_in(desk, &elsewhere, &device, DESK_PIN), 200);

    known_t known = {0};
    known_add(&known, "anna@example.org");
    here.known = &known;
    assert_int_equal(desk_sign_in(desk, &here, &device, DESK_PIN), 200);
    (void)caller;
}

static void right_pins_charge_nothing(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_caller(desk, "192.0.2.99", 1);
    desk->throttle.address = (throttle_rule_t){1, apr_time_from_sec(3600)};
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void logs_hold_no_mpinId_and_no_token(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk), other = desk_caller(desk, "192.0.2.1", 2);
    talk_t talk;
    const char *auth_ott = good_authott(desk, &caller, &device);
    assert_int_equal(desk_redeem(desk, &other, auth_ott, desk->pool), 408);
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    rps_pass1(desk->rps, &caller, body, desk->pool);
    rps_pass1(desk->rps, &caller, body, desk->pool);
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);

    const char *log = desk_logged();
    assert_non_null(strstr(log, "MPIN0307")); /* repeated U */
    assert_non_null(strstr(log, "MPIN0308")); /* locked */
    assert_non_null(strstr(log, "MPIN0309")); /* another browser */
    assert_null(strstr(log, auth_ott));
    assert_null(strstr(log, device.reg_ott));
    assert_null(strstr(log, device.mpin_id + 40));
    assert_null(strstr(log, hex_encode(desk->pool, device.handle, HANDLE_BYTES)));
    assert_null(strstr(log, "anna@"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(right_pin_signs_in),
        DESK_TEST(wrong_pin_is_401_with_the_tries_that_are_left),
        DESK_TEST(third_wrong_is_410_and_stock_client_survives),
        DESK_TEST(unlock_restores_the_same_token),
        DESK_TEST(interleaved_success_does_not_refill_guesses),
        DESK_TEST(fewer_tries_after_the_fact_lock_nobody_for_good),
        DESK_TEST(wrong_pins_are_audited_by_pass2_and_not_again_at_redemption),
        DESK_TEST(unknown_identity_is_answered_in_the_usual_shape),
        DESK_TEST(revoked_identity_is_refused_at_every_step),
        DESK_TEST(disabled_user_is_refused_at_every_step),
        DESK_TEST(lock_between_pass2_and_redemption_counts),
        DESK_TEST(name_that_is_no_longer_listed_is_403_at_login),
        DESK_TEST(without_a_list_only_proven_names_sign_in),
        DESK_TEST(pass2_refuses_a_second_use_of_y),
        DESK_TEST(pass2_without_pass1_is_408_and_counts_nothing),
        DESK_TEST(pass1_is_dead_after_15_seconds),
        DESK_TEST(pass_id_that_is_wrong_falls_back_to_nothing),
        DESK_TEST(pass1_of_one_identity_serves_no_other),
        DESK_TEST(client_without_pass_id_is_matched_by_its_cookie),
        DESK_TEST(client_without_cookie_is_judged_against_what_came_without_one),
        DESK_TEST(four_pass1s_judged_at_once_are_one_attempt),
        DESK_TEST(strangers_pass1_breaks_nobodys_login),
        DESK_TEST(strangers_of_many_addresses_dont_displace_a_known_browser),
        DESK_TEST(at_most_four_pass1s_are_live),
        DESK_TEST(repeated_U_is_refused),
        DESK_TEST(every_pass1_gets_another_y),
        DESK_TEST(pass1_takes_only_what_the_protocol_says),
        DESK_TEST(time_permit_of_a_client_is_ignored_unparsed),
        DESK_TEST(pass2_takes_only_what_the_protocol_says),
        DESK_TEST(point_off_the_curve_is_403_in_pass1),
        DESK_TEST(V_off_the_curve_counts_nothing_but_its_pass1_is_gone),
        DESK_TEST(authott_is_good_once),
        DESK_TEST(failed_authott_is_not_judged_again),
        DESK_TEST(authott_from_another_browser_is_408),
        DESK_TEST(authott_of_a_client_without_cookie_is_redeemed_by_nobody),
        DESK_TEST(authott_of_a_locked_identity_says_so_to_its_browser_only),
        DESK_TEST(authott_that_never_was_is_408),
        DESK_TEST(authott_is_dead_after_a_minute),
        DESK_TEST(address_with_too_many_failures_is_told_to_wait),
        DESK_TEST(right_pins_charge_nothing),
        DESK_TEST(logs_hold_no_mpinId_and_no_token),
    };
    return cmocka_run_group_tests_name("rps login", tests, NULL, NULL);
}
