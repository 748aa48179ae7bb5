/* SPDX-License-Identifier: Apache-2.0 */
/* What the word of an RPS elsewhere is worth, and what it is told. */
#include <apr_strings.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "remote_desk.h"
#include "remote/remote.h"

/* ---- logins ---------------------------------------------------------------------------------- */

static const char *mpin_id_of(const desk_t *desk, const char *name, int salt)
{
    const char *json = apr_psprintf(desk->pool,
                                    "{\"mobile\": 0, \"issued\": \"2026-11-22 01:01:35.538057\", "
                                    "\"userID\": \"%s\", \"salt\": \"%032d\"}",
                                    name, salt);
    return hex_encode(desk->pool, (const unsigned char *)json, strlen(json));
}

static void handle_of(const char *mpin_id, unsigned char handle[HANDLE_BYTES])
{
    unsigned char decoded[1024], hash[32];
    apr_size_t len;
    assert_true(hex_decode_upto(mpin_id, decoded, sizeof decoded, &len));
    crypto_hash_sha256(hash, decoded, len);
    people_handle(hash, handle);
}

static const result_t *sign_in(desk_t *desk, const char *mpin_id, const char *name)
{
    static int number;
    redemption_t redemption;
    caller_t caller = desk_browser(desk);
    remote_desk_answers(
        desk, 200,
        apr_psprintf(desk->pool,
                     "{\"status\": 200, \"message\": \"Authentication successful\", "
                     "\"userId\": \"%s\", \"mpinId\": \"%s\"}",
                     name, mpin_id));
    remote_redeem(desk->remote, &caller, apr_psprintf(desk->pool, "%032x", ++number), NULL,
                  &redemption, desk->pool);
    if (redemption.refusal)
        return redemption.refusal;
    assert_string_equal(redemption.user.name, redemption.identity.name);
    return result_ok(desk->pool, json_pack("{s:s}", "user", redemption.user.name));
}

static void assert_signs_in(desk_t *desk, const char *mpin_id, const char *name, int status,
                            const char *code)
{
    const result_t *result = sign_in(desk, mpin_id, name);
    assert_string_equal(result->code ? result->code : "in", code);
    assert_int_equal(result->status, status);
}

/* The status that an RPS gets which asks whether this identity may sign in. */
static int permitted(desk_t *desk, const char *mpin_id)
{
    const caller_t rps = desk_caller(desk, "127.0.0.1", 0);
    return remote_permit(desk->remote, &rps, mpin_id, desk->pool)->status;
}

static void it_hears_what_milagros_would(void **state)
{
    desk_t *desk = *state;
    redemption_t redemption;
    caller_t caller = desk_browser(desk);
    remote_desk_forget(desk);
    remote_desk_answers(desk, 408, "{\"status\": 408, \"message\": \"Expired\", \"userId\": \"\"}");
    remote_redeem(desk->remote, &caller, "4f7c9344564b4b19036387629da53779", NULL, &redemption,
                  desk->pool);
    const char *request = http_peer_request();
    assert_int_equal(redemption.refusal->status, 408);
    assert_int_equal(strncmp(request, "POST /authenticate HTTP/1.1\r\n", 29), 0);
    assert_non_null(strcasestr(request, "\r\nContent-Type: application/json\r\n"));
    assert_null(strcasestr(request, "Authorization:"));
    assert_null(strcasestr(request, "Expect:"));
    assert_string_equal(strstr(request, "\r\n\r\n") + 4,
                        "{\"authOTT\":\"4f7c9344564b4b19036387629da53779\"}");
}

static void devices_from_before_the_move_sign_in_where_their_names_are_listed(void **state)
{
    desk_t *desk = *state;
    const char *anna = mpin_id_of(desk, "Anna@Example.org", 1);
    desk->settings.register_open = false;
    desk->settings.allow.kind = ALLOW_NOBODY;
    remote_desk_forget(desk);
    assert_signs_in(desk, anna, "Anna@Example.org", 403, "not_allowed");
    desk->settings.allow.kind = ALLOW_ANY;
    remote_desk_forget(desk);
    assert_signs_in(desk, anna, "Anna@Example.org", 200, "in");
    assert_signs_in(desk, mpin_id_of(desk, "anna@example.org", 2), "anna@example.org", 200, "in");
    desk->settings.allow.kind = ALLOW_NOBODY; /* asked at every login */
    remote_desk_forget(desk);
    assert_signs_in(desk, anna, "Anna@Example.org", 403, "not_allowed");
}

static void strangers_take_over_no_name_that_is_somebodys(void **state)
{
    desk_t *desk = *state;
    remote_desk_forget(desk); /* registration is open */
    desk_session(desk, "john");
    assert_signs_in(desk, mpin_id_of(desk, "john", 1), "john", 403, "name_taken");
    assert_signs_in(desk, mpin_id_of(desk, "bob", 1), "bob", 200, "in");
    assert_signs_in(desk, mpin_id_of(desk, "bob", 2), "bob", 403, "name_taken");
    assert_signs_in(desk, mpin_id_of(desk, "bob", 1), "bob", 200, "in");
}

static void who_is_withdrawn_or_disabled_is_refused_whatever_the_rps_says(void **state)
{
    desk_t *desk = *state;
    unsigned char handle[HANDLE_BYTES];
    user_t user;
    const char *bob = mpin_id_of(desk, "bob", 1), *eve = mpin_id_of(desk, "eve", 1);
    remote_desk_forget(desk);
    assert_signs_in(desk, bob, "bob", 200, "in");
    assert_signs_in(desk, eve, "eve", 200, "in");
    assert_int_equal(permitted(desk, bob), 200);
    handle_of(bob, handle);
    assert_int_equal(people_revoke_identity(desk->people, handle, apr_time_now(), desk->pool),
                     STORE_OK);
    assert_signs_in(desk, bob, "bob", 403, "identity_revoked");
    assert_int_equal(permitted(desk, bob), 403);

    assert_int_equal(people_find(desk->people, "eve", &user, desk->pool), STORE_OK);
    people_disable(desk->people, user.uid, apr_time_now(), desk->pool);
    assert_signs_in(desk, eve, "eve", 403, "user_disabled");
    assert_int_equal(permitted(desk, eve), 403);
    assert_int_equal(permitted(desk, mpin_id_of(desk, "eve", 2)), 403);
    assert_int_equal(permitted(desk, mpin_id_of(desk, "fay", 2)), 200);
    assert_int_equal(permitted(desk, "zz"), 400);
    assert_int_equal(permitted(desk, NULL), 400);
}

/* ---- registrations --------------------------------------------------------------------------- */

static const result_t *verify(desk_t *desk, const session_t *session, const char *mpin_id,
                              const char *name)
{
    caller_t caller = desk_caller(desk, "127.0.0.1", 0);
    caller.session = session;
    const json_t *body =
        json_tie(desk->pool, json_pack("{s:s, s:s, s:i, s:s, s:b, s:s, s:s}", "userId", name,
                                       "mpinId", mpin_id, "mobile", 0, "activateKey", "00",
                                       "resend", 0, "deviceName", "Laptop <1>", "userData", ""));
    return remote_verify(desk->remote, &caller, body, desk->pool);
}

static void a_proven_name_is_granted_and_becomes_an_identity_at_its_first_login(void **state)
{
    desk_t *desk = *state;
    unsigned char handle[HANDLE_BYTES];
    identity_t identity;
    session_t session = desk_session(desk, "john");
    const char *john = mpin_id_of(desk, "john", 1), *eve = mpin_id_of(desk, "eve", 1);
    desk->settings.register_open = false;
    desk->settings.allow.kind = ALLOW_NOBODY;
    remote_desk_forget(desk);
    assert_int_equal(verify(desk, NULL, john, "john")->status, 403);
    assert_int_equal(permitted(desk, john), 403);
    assert_int_equal(verify(desk, &session, eve, "eve")->status, 403);
    assert_int_equal(verify(desk, &session, john, "eve")->status, 400);

    const result_t *granted = verify(desk, &session, john, "john");
    assert_int_equal(granted->status, 200);
    assert_true(json_is_true(json_object_get(granted->json, "forceActivate")));
    assert_int_equal(permitted(desk, john), 200);
    handle_of(john, handle);
    assert_int_equal(people_identity(desk->people, handle, &identity, desk->pool), STORE_MISSING);
    assert_signs_in(desk, john, "john", 200, "in");
    assert_int_equal(people_identity(desk->people, handle, &identity, desk->pool), STORE_OK);
    assert_int_equal(identity.origin, ORIGIN_SESSION);
    assert_string_equal(identity.device, "Laptop <1>");
    assert_signs_in(desk, mpin_id_of(desk, "john", 2), "john", 403, "not_allowed");
}

static void a_grant_ends_when_its_user_signs_out_everywhere(void **state)
{
    desk_t *desk = *state;
    session_t session = desk_session(desk, "john");
    const char *john = mpin_id_of(desk, "john", 1);
    desk->settings.register_open = false;
    remote_desk_forget(desk);
    assert_int_equal(verify(desk, &session, john, "john")->status, 200);
    people_end_sessions(desk->people, session.uid, apr_time_now(), desk->pool);
    assert_signs_in(desk, john, "john", 403, "identity_revoked");
}

static void of_all_who_were_granted_a_free_name_the_first_gets_it(void **state)
{
    desk_t *desk = *state;
    const char *one = mpin_id_of(desk, "bob", 1), *two = mpin_id_of(desk, "bob", 2);
    remote_desk_forget(desk);
    assert_int_equal(verify(desk, NULL, one, "bob")->status, 200);
    assert_int_equal(verify(desk, NULL, two, "bob")->status, 200);
    assert_signs_in(desk, two, "bob", 200, "in");
    assert_signs_in(desk, one, "bob", 403, "name_taken");
    assert_int_equal(verify(desk, NULL, mpin_id_of(desk, "bob", 3), "bob")->status, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMOTE_TEST(it_hears_what_milagros_would),
        REMOTE_TEST(devices_from_before_the_move_sign_in_where_their_names_are_listed),
        REMOTE_TEST(strangers_take_over_no_name_that_is_somebodys),
        REMOTE_TEST(who_is_withdrawn_or_disabled_is_refused_whatever_the_rps_says),
        REMOTE_TEST(a_proven_name_is_granted_and_becomes_an_identity_at_its_first_login),
        REMOTE_TEST(a_grant_ends_when_its_user_signs_out_everywhere),
        REMOTE_TEST(of_all_who_were_granted_a_free_name_the_first_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
