/* SPDX-License-Identifier: Apache-2.0 */
/* Time permits: who gets one, and that a login is judged with it. Tests that carry a name of
 * docs/security.md test that rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps_desk.h"

#define DAY apr_time_from_sec(86400)
#define HOUR apr_time_from_sec(3600)

/* A desk where permits are on, tomorrow at half past an hour of that day. */
static desk_t *desk_at(void **state, int hour)
{
    desk_t *desk = *state;
    apr_time_t now = apr_time_now();
    desk->settings.time_permits = true;
    desk->shift = DAY - now % DAY + hour * HOUR + HOUR / 2;
    return desk;
}

static uint32_t day_of(const desk_t *desk)
{
    return (uint32_t)((apr_time_now() + desk->shift) / DAY);
}

static device_t enrolled(desk_t *desk)
{
    device_t device;
    desk_enrol(desk, "anna@example.org", &device);
    return device;
}

static result_t *ask_permit(desk_t *desk, const device_t *device)
{
    caller_t caller = desk_browser(desk);
    return rps_time_permit(desk->rps, &caller, device->mpin_id, desk->pool);
}

/* As a device does it that has fetched its permit; `date` is the day that its UT is made for. */
static int sign_in_with(desk_t *desk, const device_t *device, uint32_t date, uint32_t pin,
                        const unsigned char permit[MPIN_G1_BYTES])
{
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    unsigned char secret[MPIN_G1_BYTES], v[MPIN_G1_BYTES], wire[MPIN_WIRE_SCALAR_BYTES];
    json_t *body = desk_pass1_body(device, &talk, desk->pool);
    client_pass1_permit(device->hash, date, talk.x, talk.u);
    json_object_set_new(body, "UT", json_string(hex_encode(desk->pool, talk.u, sizeof talk.u)));
    result_t *result = rps_pass1(desk->rps, &caller, body, desk->pool);
    if (result->status != 200)
        return result->status;
    assert_true(hex_decode(json_text(result->json, "y", 2 * sizeof wire), wire, sizeof wire));
    memcpy(talk.y, wire + sizeof wire - sizeof talk.y, sizeof talk.y);
    apr_cpystrn(talk.pass_id, json_text(result->json, "passId", 32), sizeof talk.pass_id);

    client_unlock(device->token, device->hash, pin, secret);
    assert_int_equal(mpin_recombine_g1(secret, permit, secret), MPIN_ACCEPTED);
    client_answer(secret, talk.x, talk.y, v);
    body = desk_pass2_body(device, &talk, pin, desk->pool);
    json_object_set_new(body, "V", json_string(hex_encode(desk->pool, v, sizeof v)));
    result = rps_pass2(desk->rps, &caller, body, desk->pool);
    if (result->status != 200)
        return result->status;
    auth_ott = json_text(result->json, "authOTT", 32);
    return desk_redeem(desk, &caller, auth_ott, desk->pool);
}

static void permit_of(const result_t *result, unsigned char permit[MPIN_G1_BYTES])
{
    const char *text = json_text(result->json, "timePermit", 2 * MPIN_G1_BYTES);
    assert_int_equal(result->status, 200);
    assert_true(text && hex_decode(text, permit, MPIN_G1_BYTES));
}

/* ---- who gets a permit ----------------------------------------------------------------------- */

static void a_permit_has_the_fields_of_the_protocol(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    result_t *result = ask_permit(desk, &device);
    unsigned char permit[MPIN_G1_BYTES], expected[MPIN_G1_BYTES];
    permit_of(result, permit);
    assert_int_equal(json_integer_value(json_object_get(result->json, "date")), day_of(desk));
    assert_string_equal(json_text(result->json, "storageId", 64),
                        hex_encode(desk->pool, device.hash, sizeof device.hash));
    assert_string_equal(json_text(result->json, "message", 64), "M-Pin Time Permit Generated");
    assert_string_equal(json_text(result->json, "version", 8), "0.3");
    assert_non_null(json_text(result->json, "signature", 64));
    assert_int_equal(
        mpin_time_permit(keys_master(desk->keys)->bytes, day_of(desk), device.hash, expected),
        MPIN_ACCEPTED);
    assert_memory_equal(permit, expected, sizeof permit);
}

static void who_is_revoked_or_unknown_gets_no_permit(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk), unknown = device;
    memcpy(unknown.mpin_id, "7b7d", sizeof "7b7d");
    assert_int_equal(ask_permit(desk, &unknown)->status, 403);
    assert_int_equal(
        people_revoke_identity(desk->people, device.handle, apr_time_now(), desk->pool), STORE_OK);
    result_t *result = ask_permit(desk, &device);
    assert_int_equal(result->status, 403);
    assert_string_equal(result->code, "identity_revoked");
    assert_null(result->json);

    memcpy(unknown.mpin_id, "7B7D", sizeof "7B7D");
    assert_int_equal(ask_permit(desk, &unknown)->status, 400);
}

static void who_is_disabled_gets_no_permit(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    identity_t identity = desk_identity(desk, &device);
    assert_int_equal(people_disable(desk->people, identity.uid, apr_time_now(), desk->pool),
                     STORE_OK);
    result_t *result = ask_permit(desk, &device);
    assert_int_equal(result->status, 403);
    assert_string_equal(result->code, "user_disabled");
}

/* Old clients take any refusal here for a revocation, and throw their token away. */
static void who_is_locked_gets_a_permit_and_is_told_at_the_end(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    unsigned char permit[MPIN_G1_BYTES];
    permit_of(ask_permit(desk, &device), permit);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sign_in_with(desk, &device, day_of(desk), 1, permit), i < 2 ? 401 : 410);
    permit_of(ask_permit(desk, &device), permit);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, permit), 410);
}

static void without_time_permits_there_is_no_such_page(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    assert_int_equal(ask_permit(desk, &device)->status, 404);
    result_t *settings = rps_client_settings(desk->rps, &caller, desk->pool);
    assert_null(json_object_get(settings->json, "timePermitsURL"));
    assert_null(json_object_get(settings->json, "timePermitsStorageURL"));
    assert_null(json_object_get(settings->json, "serverTime"));
    desk->settings.time_permits = true;
    settings = rps_client_settings(desk->rps, &caller, desk->pool);
    assert_string_equal(json_text(settings->json, "timePermitsURL", 64), "/rps/timePermit");
    assert_non_null(json_text(settings->json, "timePermitsStorageURL", 64));
    assert_int_equal(json_integer_value(json_object_get(settings->json, "serverTime")),
                     caller.now / 1000);
}

/* ---- a login with it ------------------------------------------------------------------------- */

static void a_login_wants_todays_permit(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    unsigned char today[MPIN_G1_BYTES], yesterday[MPIN_G1_BYTES];
    const unsigned char *master = keys_master(desk->keys)->bytes;
    permit_of(ask_permit(desk, &device), today);
    mpin_time_permit(master, day_of(desk) - 1, device.hash, yesterday);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, today), 200);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk) - 1, DESK_PIN, yesterday), 401);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, yesterday), 401);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, today), 200);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN + 1, today), 401);
}

static void in_a_days_first_hour_yesterdays_permit_is_good_too(void **state)
{
    desk_t *desk = desk_at(state, 0);
    device_t device = enrolled(desk);
    unsigned char permit[3][MPIN_G1_BYTES];
    for (uint32_t i = 0; i < 3; i++)
        mpin_time_permit(keys_master(desk->keys)->bytes, day_of(desk) - i, device.hash, permit[i]);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, permit[0]), 200);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk) - 1, DESK_PIN, permit[1]), 200);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk) - 2, DESK_PIN, permit[2]), 401);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk) - 1, DESK_PIN + 1, permit[1]), 401);

    desk->shift += HOUR; /* half past one */
    assert_int_equal(sign_in_with(desk, &device, day_of(desk) - 1, DESK_PIN, permit[1]), 410);
}

static void permit_downgrade_is_403(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    static const char *const values[] = {"", "ignored", "04", "null"};
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        json_object_set_new(body, "UT", json_string(values[i]));
        assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 403);
    }
    json_object_del(body, "UT");
    assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 403);

    /* U in the place of UT is a commitment of the wrong kind: its proof is a wrong PIN */
    json_object_set_new(body, "UT", json_string(hex_encode(desk->pool, talk.u, sizeof talk.u)));
    result_t *result = rps_pass1(desk->rps, &caller, body, desk->pool);
    unsigned char wire[MPIN_WIRE_SCALAR_BYTES];
    const char *auth_ott;
    assert_int_equal(result->status, 200);
    assert_true(hex_decode(json_text(result->json, "y", 2 * sizeof wire), wire, sizeof wire));
    memcpy(talk.y, wire + sizeof wire - sizeof talk.y, sizeof talk.y);
    apr_cpystrn(talk.pass_id, json_text(result->json, "passId", 32), sizeof talk.pass_id);
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     200);
    assert_int_equal(desk_redeem(desk, &caller, auth_ott, desk->pool), 401);
}

static void revoked_identity_with_valid_permit_is_refused(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    unsigned char permit[MPIN_G1_BYTES];
    permit_of(ask_permit(desk, &device), permit);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, permit), 200);
    assert_int_equal(
        people_revoke_identity(desk->people, device.handle, apr_time_now(), desk->pool), STORE_OK);
    assert_int_equal(sign_in_with(desk, &device, day_of(desk), DESK_PIN, permit), 403);
}

static void repeated_UT_is_refused(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    client_pass1_permit(device.hash, day_of(desk), talk.x, talk.u);
    json_object_set_new(body, "UT", json_string(hex_encode(desk->pool, talk.u, sizeof talk.u)));
    assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 200);
    assert_string_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->code, "repeated_u");
}

static void UT_off_the_curve_is_403(void **state)
{
    desk_t *desk = desk_at(state, 12);
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    json_t *body = desk_pass1_body(&device, &talk, desk->pool);
    talk.u[MPIN_G1_BYTES - 1] ^= 1;
    json_object_set_new(body, "UT", json_string(hex_encode(desk->pool, talk.u, sizeof talk.u)));
    assert_int_equal(rps_pass1(desk->rps, &caller, body, desk->pool)->status, 403);
}

static void a_pass1_from_before_permits_were_switched_counts_nothing(void **state)
{
    desk_t *desk = *state;
    device_t device = enrolled(desk);
    caller_t caller = desk_browser(desk);
    talk_t talk;
    const char *auth_ott;
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    desk->settings.time_permits = true;
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     403);
    assert_int_equal(desk_identity(desk, &device).failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_permit_has_the_fields_of_the_protocol),
        DESK_TEST(who_is_revoked_or_unknown_gets_no_permit),
        DESK_TEST(who_is_disabled_gets_no_permit),
        DESK_TEST(who_is_locked_gets_a_permit_and_is_told_at_the_end),
        DESK_TEST(without_time_permits_there_is_no_such_page),
        DESK_TEST(a_login_wants_todays_permit),
        DESK_TEST(in_a_days_first_hour_yesterdays_permit_is_good_too),
        DESK_TEST(permit_downgrade_is_403),
        DESK_TEST(revoked_identity_with_valid_permit_is_refused),
        DESK_TEST(repeated_UT_is_refused),
        DESK_TEST(UT_off_the_curve_is_403),
        DESK_TEST(a_pass1_from_before_permits_were_switched_counts_nothing),
    };
    return cmocka_run_group_tests_name("rps_permit", tests, NULL, NULL);
}
