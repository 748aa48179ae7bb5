/* SPDX-License-Identifier: Apache-2.0 */
/* clientSettings, registration and signature. Tests that carry a name of docs/security.md test that
 * rule. */
#include <apr_strings.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/pending.h"
#include "rps_desk.h"

static result_t *put_user(desk_t *desk, const caller_t *caller, const char *body)
{
    return rps_register(desk->rps, caller, NULL, desk_json(desk->pool, body), desk->pool);
}

static void assert_refusal(const result_t *result, int status, const char *code)
{
    assert_int_equal(result->status, status);
    assert_string_equal(result->code, code);
    assert_non_null(result->message);
}

/* ---- clientSettings -------------------------------------------------------------------------- */

static void client_settings_have_what_old_clients_need(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    json_t *json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_string_equal(json_text(json, "registerURL", 99), "/rps/user");
    assert_string_equal(json_text(json, "signatureURL", 99), "/rps/signature");
    assert_string_equal(json_text(json, "setupDoneURL", 99), "/rps/setupDone");
    assert_string_equal(json_text(json, "mpinAuthServerURL", 99), "/rps");
    assert_string_equal(json_text(json, "authenticateURL", 99), "/mpinAuthenticate");
    assert_int_equal(strlen(json_text(json, "appID", 99)), 32);
    assert_true(json_is_false(json_object_get(json, "requestOTP")));
    assert_true(json_is_false(json_object_get(json, "useWebSocket")));
    assert_string_equal(json_text(json, "suite", 99), "BLS12381-MPIN-NU");
    assert_int_equal(json_integer_value(json_object_get(json, "pinLength")), 4);
    assert_int_equal(json_integer_value(json_object_get(json, "maxFailures")), 3);
    assert_string_equal(json_text(json, "title", 99), "Wiki");

    const char *seed = json_text(json, "seedValue", 400);
    json_t *again = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_string_not_equal(seed, json_text(again, "seedValue", 400));
}

static void client_settings_offer_nothing_that_is_not_there(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    json_t *json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    const char *absent[] = {"timePermitsURL",       "timePermitsStorageURL", "getQrUrl",
                            "accessNumberURL",      "getAccessNumberURL",    "codeStatusURL",
                            "mobileAuthenticateURL"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_null(json_object_get(json, absent[i]));
}

static void client_settings_say_who_is_signed_in_and_how_to_register(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    json_t *json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_true(json_is_null(json_object_get(json, "signedIn")));
    assert_string_equal(json_write(desk->pool, json_object_get(json, "registration")),
                        "[\"signed-in\",\"open\"]");

    desk->settings.open_to_anyone = false;
    caller.session = &session;
    json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_string_equal(json_text(json_object_get(json, "signedIn"), "user", 99), "john");
    assert_string_equal(json_write(desk->pool, json_object_get(json, "registration")),
                        "[\"signed-in\"]");
    caller.loopback = true;
    json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_int_equal(json_array_size(json_object_get(json, "registration")), 2);

    desk->settings.register_signed_in = desk->settings.register_open = false;
    desk->settings.verify_url = "http://127.0.0.1:1/mpinVerify";
    json = rps_client_settings(desk->rps, &caller, desk->pool)->json;
    assert_string_equal(json_write(desk->pool, json_object_get(json, "registration")),
                        "[\"application\"]");
}

/* ---- what a registration looks like ---------------------------------------------------------- */

static void mpin_id_is_the_protocols_json(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    result_t *result = put_user(desk, &caller, "{'userId':'Anna@Example.org','mobile':'1'}");
    assert_int_equal(result->status, 200);
    assert_string_equal(result->event, "registered");
    assert_true(json_is_true(json_object_get(result->json, "active")));
    assert_int_equal(strlen(json_text(result->json, "regOTT", 99)), 32);
    assert_int_equal(strlen(json_text(result->json, "expireTime", 99)),
                     strlen("2026-11-22T02:01:35.538284"));
    assert_int_equal(json_text(result->json, "nowTime", 99)[10], 'T');

    unsigned char bytes[1024];
    apr_size_t len;
    assert_true(
        hex_decode_upto(json_text(result->json, "mpinId", 1024), bytes, sizeof bytes, &len));
    json_t *id = json_read(desk->pool, (const char *)bytes, len);
    assert_int_equal(json_object_size(id), 4);
    assert_int_equal(json_integer_value(json_object_get(id, "mobile")), 1);
    assert_int_equal(strlen(json_text(id, "issued", 99)), strlen("2026-11-22 01:01:35.538307"));
    assert_int_equal(json_text(id, "issued", 99)[10], ' ');
    assert_string_equal(json_text(id, "userID", 99), "anna@example.org");
    assert_int_equal(strlen(json_text(id, "salt", 99)), 32);
}

static void registration_takes_only_what_the_protocol_says(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const char *no_name[] = {"{}",
                             "{'userId':null}",
                             "{'userId':1}",
                             "{'userId':''}",
                             "{'userId':'a b'}",
                             "{'userId':'a:b'}",
                             "{'userId':['a']}",
                             "{'userId':{}}",
                             "{'userId':'a<b>'}",
                             "{'userId':'\\u00e9'}",
                             "{'userId':'a\\nb'}"};
    for (size_t i = 0; i < sizeof no_name / sizeof *no_name; i++)
        assert_refusal(put_user(desk, &caller, no_name[i]), 400, "user_id_invalid");
    assert_refusal(rps_register(desk->rps, &caller, NULL, NULL, desk->pool), 400,
                   "user_id_invalid");

    const char *field[] = {"'mobile':'2'",   "'mobile':''",     "'mobile':2",    "'mobile':-1",
                           "'mobile':1.0",   "'mobile':true",   "'mobile':null", "'mobile':[]",
                           "'replaces':1",   "'replaces':null", "'replaces':''", "'replaces':'7'",
                           "'replaces':'zz'"};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        assert_refusal(put_user(desk, &caller,
                                apr_psprintf(desk->pool, "{'userId':'u%d',%s}", (int)i, field[i])),
                       400, "field_malformed");

    const char *device[] = {"1", "null", "'a\\nb'", "'\\u202eb'",
                            "'123456789012345678901234567890123'"};
    for (size_t i = 0; i < sizeof device / sizeof *device; i++)
        assert_refusal(put_user(desk, &caller,
                                apr_psprintf(desk->pool, "{'userId':'d%d','deviceName':%s}", (int)i,
                                             device[i])),
                       400, "device_name_invalid");

    const char *good[] = {
        "{'userId':'a','deviceName':''}", "{'userId':'b','deviceName':'My-Phone_2 x'}",
        "{'userId':'d','deviceName':'B\\u00fcro <PC>'}", "{'userId':'c','userData':{'x':[1]}}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(put_user(desk, &caller, good[i])->status, 200);
}

static void a_refusal_names_the_character_that_no_name_has(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const result_t *result = put_user(desk, &caller, "{'userId':'J\\u00f6rg'}");
    assert_string_equal(json_text(result->json, "character", 4), "\xc3\xb6");
    desk->settings.names = NAMES_UNICODE;
    assert_int_equal(put_user(desk, &caller, "{'userId':'J\\u00f6rg M'}")->status, 200);
}

static void device_name_is_kept(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    result_t *result = put_user(desk, &caller, "{'userId':'anna','deviceName':'My-Phone_2 x'}");
    const char *id = json_text(result->json, "mpinId", 1024),
               *ott = json_text(result->json, "regOTT", 32);
    result_t *signed_ = rps_signature(desk->rps, &caller, id, ott, desk->pool);
    assert_int_equal(signed_->status, 200);
    assert_string_equal(signed_->event, "identity_activated");
    assert_string_equal(json_text(signed_->json, "params", 9), "");
    user_t user;
    identity_t *list;
    int count;
    people_find(desk->people, "anna", &user, desk->pool);
    people_identities(desk->people, user.uid, &list, &count, desk->pool);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].device, "My-Phone_2 x");
    assert_string_equal(list[0].name, "anna");
    assert_int_equal(list[0].origin, ORIGIN_OPEN);
}

/* ---- proof of a name ------------------------------------------------------------------------- */

static void open_registration_of_a_taken_name_is_403(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    desk_enrol(desk, "anna@example.org", &device);
    assert_refusal(put_user(desk, &caller, "{'userId':'ANNA@example.org'}"), 403, "name_taken");
    desk_session(desk, "john"); /* has signed in, has no device */
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "name_taken");
    people_revoke_identity(desk->people, device.handle, caller.now, desk->pool);
    assert_refusal(put_user(desk, &caller, "{'userId':'anna@example.org'}"), 403, "name_taken");
}

static void open_registration_is_for_loopback_unless_open_to_anyone(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    desk->settings.open_to_anyone = false;
    assert_refusal(put_user(desk, &caller, "{'userId':'anna'}"), 403, "registration_closed");
    caller.loopback = true;
    assert_int_equal(put_user(desk, &caller, "{'userId':'anna'}")->status, 200);
    desk->settings.register_open = false;
    assert_refusal(put_user(desk, &caller, "{'userId':'bob'}"), 403, "registration_closed");
}

static void open_registration_without_a_list_is_403(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    desk->settings.allow.kind = ALLOW_NOBODY;
    assert_refusal(put_user(desk, &caller, "{'userId':'anna'}"), 403, "not_allowed");
}

static void session_of_that_very_name_registers_without_any_list(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t device;
    desk->settings.register_open = false;
    desk->settings.allow.kind = ALLOW_NOBODY;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_int_equal(desk_identity(desk, &device).origin, ORIGIN_SESSION);
    assert_memory_equal(desk_identity(desk, &device).uid, session.uid, UID_BYTES);
    assert_refusal(put_user(desk, &caller, "{'userId':'mary'}"), 403, "registration_closed");

    session.amr = AMR_PIN | AMR_MFA; /* a PIN alone adds no devices */
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "registration_closed");
    session.amr = AMR_PWD;
    desk->settings.register_signed_in = false;
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "registration_closed");
}

static void session_that_has_ended_proves_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t device;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    people_end_sessions(desk->people, session.uid, caller.now, desk->pool);
    assert_int_equal(desk_sign(desk, &caller, &device), 400);
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "registration_closed");
}

static void disabled_user_registers_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t device;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    people_disable(desk->people, session.uid, caller.now, desk->pool);
    assert_int_equal(desk_sign(desk, &caller, &device), 403);
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "user_disabled");
}

static void stronger_proof_revokes_identities_of_origin_open(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t squatter, owner, second;
    desk_enrol(desk, "john", &squatter);
    session_t session = desk_session(desk, "john");
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &owner), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &squatter, DESK_PIN), 200);
    assert_int_equal(desk_sign(desk, &caller, &owner), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &squatter, DESK_PIN), 403);
    assert_int_equal(desk_identity(desk, &squatter).state, IDENTITY_REVOKED);

    assert_int_equal(desk_register(desk, &caller, "john", &second), 200);
    assert_int_equal(desk_sign(desk, &caller, &second), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &owner, DESK_PIN), 200);
}

static result_t *register_instead(desk_t *desk, const caller_t *caller, const char *name,
                                  const device_t *old, device_t *device)
{
    json_t *body = desk_json(desk->pool, apr_psprintf(desk->pool, "{'userId':'%s','replaces':'%s'}",
                                                      name, old->mpin_id));
    result_t *result = rps_register(desk->rps, caller, NULL, body, desk->pool);
    memset(device, 0, sizeof *device);
    if (result->status == 200) {
        unsigned char bytes[1024];
        apr_size_t len;
        apr_cpystrn(device->mpin_id, json_text(result->json, "mpinId", 1024),
                    sizeof device->mpin_id);
        apr_cpystrn(device->reg_ott, json_text(result->json, "regOTT", 32), sizeof device->reg_ott);
        assert_true(hex_decode_upto(device->mpin_id, bytes, sizeof bytes, &len));
        crypto_hash_sha256(device->hash, bytes, len);
        people_handle(device->hash, device->handle);
    }
    return result;
}

static void reset_revokes_the_old_identity_at_the_first_success(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t old, new;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &old), 200);
    assert_int_equal(desk_sign(desk, &caller, &old), 200);
    assert_int_equal(register_instead(desk, &caller, "john", &old, &new)->status, 200);
    assert_int_equal(desk_sign(desk, &caller, &new), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &old, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &new, 4321), 401);
    assert_int_equal(desk_sign_in(desk, &caller, &old, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &new, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &old, DESK_PIN), 403);
    assert_int_equal(desk_sign_in(desk, &caller, &new, DESK_PIN), 200);
}

static void reset_of_anothers_identity_revokes_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t annas, new;
    desk_enrol(desk, "anna", &annas);
    caller.session = &session;
    assert_int_equal(register_instead(desk, &caller, "john", &annas, &new)->status, 200);
    assert_int_equal(desk_sign(desk, &caller, &new), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &new, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &annas, DESK_PIN), 200);
}

static void eleventh_device_is_403(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "john");
    device_t device[IDENTITIES_MAX + 1];
    caller.session = &session;
    for (int i = 0; i <= IDENTITIES_MAX; i++)
        assert_int_equal(desk_register(desk, &caller, "john", &device[i]), 200);
    for (int i = 0; i < IDENTITIES_MAX; i++)
        assert_int_equal(desk_sign(desk, &caller, &device[i]), 200);
    assert_int_equal(desk_sign(desk, &caller, &device[IDENTITIES_MAX]), 403);
    assert_refusal(put_user(desk, &caller, "{'userId':'john'}"), 403, "too_many_identities");
}

/* ---- signature ------------------------------------------------------------------------------- */

static void wrong_regOTT_is_400_and_the_registration_stays(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    const char *wrong[] = {NULL, "", "0", "00112233445566778899aabbccddeeff", "zz", "00"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refusal(rps_signature(desk->rps, &caller, device.mpin_id, wrong[i], desk->pool), 400,
                       "registration_unknown");
    const char *ids[] = {NULL, "", "7b7d", "abc", "zz"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_refusal(rps_signature(desk->rps, &caller, ids[i], device.reg_ott, desk->pool), 400,
                       "registration_unknown");
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void signature_wants_the_browser_of_its_put(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk), other = desk_caller(desk, caller.address, 2);
    caller_t bare = desk_caller(desk, caller.address, 0);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    assert_int_equal(desk_sign(desk, &other, &device), 400);
    assert_int_equal(desk_sign(desk, &bare, &device), 400);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);

    assert_int_equal(desk_register(desk, &bare, "native", &device), 200);
    assert_int_equal(desk_sign(desk, &other, &device),
                     200); /* it had none: regOTT is all there is */
}

static void signature_is_given_once(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 400);
}

static void identity_does_not_exist_before_its_signature(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    identity_t identity;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    assert_int_equal(people_identity(desk->people, device.handle, &identity, desk->pool),
                     STORE_MISSING);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_ACTIVE);
}

static void registration_that_was_closed_meanwhile_gets_no_signature(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    desk->settings.register_open = false;
    assert_int_equal(desk_sign(desk, &caller, &device), 403);
}

static void setup_done_is_an_empty_object(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    result_t *result = rps_setup_done(desk->rps, &caller, "7b7d", desk->pool);
    assert_int_equal(result->status, 200);
    assert_string_equal(json_write(desk->pool, result->json), "{}");
}

/* ---- resend ---------------------------------------------------------------------------------- */

static void resend_needs_the_regOTT_and_ends_the_old_registration(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    json_t *body =
        desk_json(desk->pool, "{'userId':'anna','regOTT':'00112233445566778899aabbccddeeff'}");
    assert_refusal(rps_register(desk->rps, &caller, device.mpin_id, body, desk->pool), 400,
                   "registration_unknown");
    json_object_del(body, "regOTT");
    assert_refusal(rps_register(desk->rps, &caller, device.mpin_id, body, desk->pool), 400,
                   "registration_unknown");
    assert_refusal(rps_register(desk->rps, &caller, "abc", body, desk->pool), 400,
                   "field_malformed");

    json_object_set_new(body, "regOTT", json_string(device.reg_ott));
    result_t *result = rps_register(desk->rps, &caller, device.mpin_id, body, desk->pool);
    assert_int_equal(result->status, 200);
    assert_string_not_equal(json_text(result->json, "mpinId", 1024), device.mpin_id);
    assert_int_equal(desk_sign(desk, &caller, &device), 400);
    assert_int_equal(rps_signature(desk->rps, &caller, json_text(result->json, "mpinId", 1024),
                                   json_text(result->json, "regOTT", 32), desk->pool)
                         ->status,
                     200);
}

static void resend_of_an_unknown_id_begins_anew(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    json_t *body = desk_json(desk->pool, "{'userId':'anna'}");
    assert_int_equal(rps_register(desk->rps, &caller, "00ff", body, desk->pool)->status, 200);
}

/* ---- who may have how many ------------------------------------------------------------------- */

static void fill_fleeting(desk_t *desk, apr_size_t len)
{
    static const char filler[8192];
    store_status_t status = STORE_OK;
    for (int i = 0; status == STORE_OK; i++)
        status = store_put(desk->store, STORE_FLEETING,
                           apr_psprintf(desk->pool, "filler:%d:%d", (int)len, i), filler, len,
                           apr_time_now() + apr_time_from_sec(600));
    assert_int_equal(status, STORE_FULL);
}

static void flood_of_pending_records_leaves_sessions_and_logout_working(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk), stranger = desk_caller(desk, "203.0.113.7", 9);
    session_t session = desk_session(desk, "john");
    device_t device, others;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);

    /* One address has its share and no more; another one's is untouched. */
    int made = 0;
    result_t *result;
    while ((result = put_user(desk, &stranger, apr_psprintf(desk->pool, "{'userId':'x%d'}", made)))
               ->status == 200)
        assert_in_range(++made, 1, 1000);
    assert_refusal(result, 429, "too_many_pending");
    assert_true(result->retry_after > 0);
    stranger.address = "::ffff:203.0.113.7"; /* the same one */
    assert_refusal(put_user(desk, &stranger, "{'userId':'x'}"), 429, "too_many_pending");
    caller_t elsewhere = desk_caller(desk, "203.0.113.8", 9);
    assert_int_equal(desk_register(desk, &elsewhere, "mary", &others), 200);

    /* Nor has a whole network: all addresses together fill no store. */
    made = 0;
    do {
        stranger.address = apr_psprintf(desk->pool, "2001:db8:%x::1", made);
        result = put_user(desk, &stranger, apr_psprintf(desk->pool, "{'userId':'y%d'}", made));
    } while (result->status == 200 && ++made < 10000);
    assert_refusal(result, 429, "too_many_pending");

    /* Strangers' records stop nobody who is known here. */
    fill_fleeting(desk, 8192);
    fill_fleeting(desk, 16);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    assert_int_equal(desk_sign_in(desk, &elsewhere, &device, DESK_PIN), 200);
    assert_int_equal(put_user(desk, &caller, "{'userId':'john'}")->status, 200);
    sessions_t *sessions =
        sessions_make(desk->keys, "mpin", "http://localhost", apr_time_from_sec(600),
                      apr_time_from_sec(3600), desk->revocations, desk->pool);
    session_start(sessions, &session, FACTOR_PIN, caller.now);
    const char *text = session_seal(sessions, &session, caller.now, desk->pool);
    session_t opened;
    assert_int_equal(session_open(sessions, text, strlen(text), caller.now, &opened), SESSION_OK);
    assert_int_equal(revocations_add(desk->revocations, REVOKE_FAMILY, session.family, 0,
                                     caller.now, caller.now + apr_time_from_sec(3600)),
                     STORE_OK);
    assert_int_equal(session_open(sessions, text, strlen(text), caller.now, &opened),
                     SESSION_REVOKED);
    assert_int_equal(people_revoke_identity(desk->people, device.handle, caller.now, desk->pool),
                     STORE_OK);
}

/* Those that begin have a limit of their own. */
static void refused_registrations_are_charged_to_their_address(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_caller(desk, "192.0.2.50", 1);
    device_t device;
    desk_enrol(desk, "taken", &device);
    desk->throttle.address = (throttle_rule_t){2, apr_time_from_sec(3600)};
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            put_user(desk, &caller, apr_psprintf(desk->pool, "{'userId':'free%d'}", i))->status,
            200);
    for (int i = 0; i < 2; i++)
        assert_refusal(put_user(desk, &caller, "{'userId':'taken'}"), 403, "name_taken");
    result_t *result = put_user(desk, &caller, "{'userId':'taken'}");
    assert_refusal(result, 429, "throttled");
    assert_in_range(result->retry_after, 1, 3600);
    assert_refusal(put_user(desk, &caller, "{'userId':'free'}"), 429, "throttled");
}

/* MPinThrottle register=. */
static void an_address_begins_as_many_registrations_as_are_allowed(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_caller(desk, "192.0.2.51", 1);
    desk->throttle.registration = (throttle_rule_t){3, apr_time_from_sec(600)};
    caller.now = (apr_time_sec(caller.now) / 600 + 1) * apr_time_from_sec(600);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            assert_int_equal(
                put_user(desk, &caller, apr_psprintf(desk->pool, "{'userId':'n%d'}", i))->status,
                200);
        result_t *result = put_user(desk, &caller, "{'userId':'n4'}");
        assert_refusal(result, 429, "too_many_pending");
        assert_int_equal(result->retry_after, 600);
        caller.now += apr_time_from_sec(600);
    }
    const throttle_rule_t few = {60, apr_time_from_sec(3600)}, many = {600, apr_time_from_sec(60)};
    assert_int_equal(pending_of_strangers(&few), PENDING_OF_STRANGERS);
    assert_int_equal(pending_of_strangers(&many), 72000);
}

/* ---- at once --------------------------------------------------------------------------------- */

#define THREADS 32

typedef struct race_t {
    desk_t *desk;
    caller_t caller;
    device_t device;
    pthread_barrier_t *start;
    int status;
} race_t;

static void *race_signature(void *data)
{
    race_t *race = data;
    pthread_barrier_wait(race->start);
    race->status = desk_sign(race->desk, &race->caller, &race->device);
    return NULL;
}

static int count_winners(race_t race[THREADS])
{
    pthread_t thread[THREADS];
    pthread_barrier_t start;
    int winners = 0;
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        race[i].start = &start;
        assert_int_equal(pthread_create(&thread[i], NULL, race_signature, &race[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        winners += race[i].status == 200;
    }
    pthread_barrier_destroy(&start);
    return winners;
}

static void one_signature_asked_for_at_once_is_given_once(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    race_t race[THREADS];
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    for (int i = 0; i < THREADS; i++)
        race[i] = (race_t){.desk = desk, .caller = caller, .device = device};
    assert_int_equal(count_winners(race), 1);
}

static void free_name_wanted_by_many_at_once_goes_to_one(void **state)
{
    desk_t *desk = *state;
    race_t race[THREADS];
    user_t user;
    identity_t *list;
    int count;
    for (int i = 0; i < THREADS; i++) {
        race[i] = (race_t){.desk = desk,
                           .caller = desk_caller(desk, "192.0.2.1", (unsigned char)(i + 1))};
        assert_int_equal(desk_register(desk, &race[i].caller, "anna", &race[i].device), 200);
    }
    assert_int_equal(count_winners(race), 1);
    for (int i = 0; i < THREADS; i++)
        assert_true(race[i].status == 200 || race[i].status == 403);
    assert_int_equal(people_find(desk->people, "anna", &user, desk->pool), STORE_OK);
    assert_int_equal(people_identities(desk->people, user.uid, &list, &count, desk->pool),
                     STORE_OK);
    assert_int_equal(count, 1);
}

/* ---- MPinRegisterAllow ----------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

static void refusal_by_domain_says_so(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const char *domains[] = {"example.org", "example.net", NULL};
    desk->settings.allow.kind = ALLOW_DOMAINS;
    desk->settings.allow.domains = domains;
    assert_true(desk_allows(desk, "anna@example.org", desk->pool));
    assert_true(desk_allows(desk, "anna@example.net", desk->pool));
    const char *bad[] = {"anna",
                         "anna@example.com",
                         "anna@sub.example.org",
                         "anna@xexample.org",
                         "anna@example.org.",
                         "anna@evil@example.org",
                         "@example.org"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(desk_allows(desk, bad[i], desk->pool));
    result_t *result = put_user(desk, &caller, "{'userId':'anna@example.com'}");
    assert_refusal(result, 403, "not_allowed");
    assert_non_null(strstr(result->message, "domain"));
}

static void file_lists_names_and_domains(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/allow", NULL);
    desk->settings.allow.kind = ALLOW_FILE;
    desk->settings.allow.file = path;
    write_file(
        path, "# who may\n\n  john  \r\nAnna@Example.org # her\n@Example.net\nnot a name\n@\nlast");
    const char *good[] = {"john", "anna@example.org", "bob@example.net", "last"};
    const char *bad[] = {
        "Anna@Example.org", "anna", "bob@sub.example.net", "not", "notaname", "#", "", "@"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(desk_allows(desk, good[i], desk->pool));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(desk_allows(desk, bad[i], desk->pool));
    assert_non_null(strstr(desk_logged(), "line 6"));
    assert_null(strstr(desk_logged(), "line 5"));
    result_t *result = put_user(desk, &caller, "{'userId':'mary'}");
    assert_refusal(result, 403, "not_allowed");
    assert_null(strstr(result->message, "domain"));
}

static void file_that_changes_is_read_anew(void **state)
{
    desk_t *desk = *state;
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/allow", NULL);
    desk->settings.allow.kind = ALLOW_FILE;
    desk->settings.allow.file = path;
    write_file(path, "john\n");
    assert_true(desk_allows(desk, "john", desk->pool));
    write_file(path, "mary\n"); /* same size, perhaps the same tick of the clock */
    assert_false(desk_allows(desk, "john", desk->pool));
    assert_true(desk_allows(desk, "mary", desk->pool));

    /* One that is old is not read for nothing: a change that leaves every mark as it was goes
     * unseen. */
    struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_true(desk_allows(desk, "mary", desk->pool));
    write_file(path, "anna\n");
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_true(desk_allows(desk, "mary", desk->pool));
    write_file(path, "anna\nbob\n");
    assert_false(desk_allows(desk, "mary", desk->pool));
    assert_true(desk_allows(desk, "bob", desk->pool));
}

static void file_that_cannot_be_read_allows_nobody_and_is_told_once(void **state)
{
    desk_t *desk = *state;
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/allow", NULL);
    desk->settings.allow.kind = ALLOW_FILE;
    desk->settings.allow.file = path;
    write_file(path, "john\n");
    assert_true(desk_allows(desk, "john", desk->pool));
    assert_int_equal(unlink(path), 0);
    assert_false(desk_allows(desk, "john", desk->pool));
    const char *told = strstr(desk_logged(), "MPIN0303");
    assert_non_null(told);
    assert_int_equal(mkdir(path, 0700), 0); /* not a file */
    assert_false(desk_allows(desk, "john", desk->pool));
    assert_null(strstr(told + 1, "MPIN0303"));
    assert_int_equal(rmdir(path), 0);
    write_file(path, "");
    assert_false(desk_allows(desk, "john", desk->pool));
    write_file(path, "john");
    assert_true(desk_allows(desk, "john", desk->pool));
}

static void *ask_and_ask(void *data)
{
    race_t *race = data;
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    pthread_barrier_wait(race->start);
    race->status = 200;
    for (int i = 0; i < 300; i++) {
        if (!desk_allows(race->desk, "john", p))
            race->status = 403;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void file_is_asked_by_many_threads_while_it_changes(void **state)
{
    desk_t *desk = *state;
    pthread_t thread[4];
    race_t race[4];
    pthread_barrier_t start;
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/allow", NULL);
    const char *next = apr_pstrcat(desk->pool, desk->dir, "/allow.next", NULL);
    desk->settings.allow.kind = ALLOW_FILE;
    desk->settings.allow.file = path;
    write_file(path, "john\n");
    pthread_barrier_init(&start, NULL, 4);
    for (int i = 0; i < 4; i++) {
        race[i] = (race_t){.desk = desk, .start = &start};
        assert_int_equal(pthread_create(&thread[i], NULL, ask_and_ask, &race[i]), 0);
    }
    for (int i = 0; i < 100; i++) {
        write_file(next, i % 2 ? "john\n" : "anna\nbob\njohn\n@example.org\n");
        assert_int_equal(rename(next, path), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(race[i].status, 200);
    }
    pthread_barrier_destroy(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(client_settings_have_what_old_clients_need),
        DESK_TEST(client_settings_offer_nothing_that_is_not_there),
        DESK_TEST(client_settings_say_who_is_signed_in_and_how_to_register),
        DESK_TEST(mpin_id_is_the_protocols_json),
        DESK_TEST(registration_takes_only_what_the_protocol_says),
        DESK_TEST(a_refusal_names_the_character_that_no_name_has),
        DESK_TEST(device_name_is_kept),
        DESK_TEST(open_registration_of_a_taken_name_is_403),
        DESK_TEST(open_registration_is_for_loopback_unless_open_to_anyone),
        DESK_TEST(open_registration_without_a_list_is_403),
        DESK_TEST(session_of_that_very_name_registers_without_any_list),
        DESK_TEST(session_that_has_ended_proves_nothing),
        DESK_TEST(disabled_user_registers_nothing),
        DESK_TEST(stronger_proof_revokes_identities_of_origin_open),
        DESK_TEST(reset_revokes_the_old_identity_at_the_first_success),
        DESK_TEST(reset_of_anothers_identity_revokes_nothing),
        DESK_TEST(eleventh_device_is_403),
        DESK_TEST(wrong_regOTT_is_400_and_the_registration_stays),
        DESK_TEST(signature_wants_the_browser_of_its_put),
        DESK_TEST(signature_is_given_once),
        DESK_TEST(identity_does_not_exist_before_its_signature),
        DESK_TEST(registration_that_was_closed_meanwhile_gets_no_signature),
        DESK_TEST(setup_done_is_an_empty_object),
        DESK_TEST(resend_needs_the_regOTT_and_ends_the_old_registration),
        DESK_TEST(resend_of_an_unknown_id_begins_anew),
        DESK_TEST(flood_of_pending_records_leaves_sessions_and_logout_working),
        DESK_TEST(refused_registrations_are_charged_to_their_address),
        DESK_TEST(an_address_begins_as_many_registrations_as_are_allowed),
        DESK_TEST(one_signature_asked_for_at_once_is_given_once),
        DESK_TEST(free_name_wanted_by_many_at_once_goes_to_one),
        DESK_TEST(refusal_by_domain_says_so),
        DESK_TEST(file_lists_names_and_domains),
        DESK_TEST(file_that_changes_is_read_anew),
        DESK_TEST(file_that_cannot_be_read_allows_nobody_and_is_told_once),
        DESK_TEST(file_is_asked_by_many_threads_while_it_changes),
    };
    return cmocka_run_group_tests_name("rps registration", tests, NULL, NULL);
}
