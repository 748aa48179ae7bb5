/* SPDX-License-Identifier: Apache-2.0 */
/* The age of a proof, and the places where the way of a proof counts (docs/security.md, "A proof has
 * an age", "Where an identity counts"). */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "rps/admission.h"
#include "remote_desk.h"

#define MINUTE 60

static result_t *put_user(desk_t *desk, const caller_t *caller, const char *name)
{
    json_t *body = json_tie(desk->pool, json_pack("{s:s}", "userId", name));
    return rps_register(desk->rps, caller, NULL, body, desk->pool);
}

static void assert_refusal(const result_t *result, int status, const char *code)
{
    assert_int_equal(result->status, status);
    assert_string_equal(result->code, code);
}

/* A browser in which john has signed in by password, some minutes ago, which has proven the name. */
static caller_t signed_in(desk_t *desk, session_t *session, uint32_t minutes)
{
    caller_t caller = desk_browser(desk);
    user_t user;
    assert_int_equal(people_claim(desk->people, "john", caller.now, &user, desk->pool), STORE_OK);
    assert_int_equal(people_name_proven(desk->people, &user, caller.now, desk->pool), STORE_OK);
    *session = desk_session(desk, "john");
    session->proven[FACTOR_PASSWORD] -= minutes * MINUTE;
    session->auth_time = session->proven[FACTOR_PASSWORD];
    caller.session = session;
    return caller;
}

static bool is_fresh(desk_t *desk, const caller_t *caller)
{
    json_t *json = rps_client_settings(desk->rps, caller, desk->pool)->json;
    return json_is_true(json_object_get(json_object_get(json, "signedIn"), "fresh"));
}

/* ---- the age of a proof ---------------------------------------------------------------------- */

/* One of somebody who was merely the first of the name is worth no more than their PIN. */
static void passkey_adds_a_device_unless_its_name_is_open(void **state)
{
    desk_t *desk = *state;
    session_t session;
    device_t device;
    caller_t caller = signed_in(desk, &session, 1);
    session.proven[FACTOR_PASSKEY] = session.proven[FACTOR_PASSWORD];
    session.proven[FACTOR_PASSWORD] = 0;
    session.amr = AMR_HWK | AMR_USER | AMR_MFA | AMR_OPEN;
    assert_int_equal(put_user(desk, &caller, "john")->status, 403);
    session.amr &= ~(uint32_t)AMR_OPEN;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    session.amr = AMR_HWK; /* a second step */
    assert_int_equal(put_user(desk, &caller, "john")->status, 403);
}

static void device_from_an_old_session_needs_a_fresh_proof(void **state)
{
    desk_t *desk = *state;
    session_t session;
    device_t device;
    caller_t caller = signed_in(desk, &session, 9);
    assert_true(is_fresh(desk, &caller));
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    caller = signed_in(desk, &session, 11);
    assert_false(is_fresh(desk, &caller));
    const result_t *old = put_user(desk, &caller, "john");
    assert_refusal(old, 403, "proof_too_old");
    assert_string_equal(json_text(old->json, "login_url", 99), "/login?fresh=1");
    assert_int_equal(put_user(desk, &caller, "mary")->status, 200); /* a free name, openly */
}

/* john's other device signs in here: his password is old, and the PIN is as good. */
static void pin_makes_an_old_password_fresh_and_proves_nothing_alone(void **state)
{
    desk_t *desk = *state;
    session_t session;
    device_t device;
    caller_t caller = signed_in(desk, &session, 60);
    assert_refusal(put_user(desk, &caller, "john"), 403, "proof_too_old");
    session.proven[FACTOR_TOTP] = session.seen; /* a second step alone is no sign-in */
    assert_refusal(put_user(desk, &caller, "john"), 403, "proof_too_old");
    session.proven[FACTOR_PIN] = session.seen;
    session.amr |= AMR_PIN | AMR_MFA;
    assert_int_equal(desk_register(desk, &caller, "john", &device), 200);
    session.proven[FACTOR_PASSWORD] = 0;
    session.amr = AMR_PIN | AMR_MFA;
    assert_refusal(put_user(desk, &caller, "john"), 403, "name_taken");
}

static void registration_begun_in_time_ends_with_its_session(void **state)
{
    desk_t *desk = *state;
    session_t session;
    device_t late, ended, other, expired;
    caller_t caller = signed_in(desk, &session, 9);
    assert_int_equal(desk_register(desk, &caller, "john", &late), 200);
    assert_int_equal(desk_register(desk, &caller, "john", &ended), 200);
    assert_int_equal(desk_register(desk, &caller, "john", &other), 200);
    session.expires = session.seen + 40 * MINUTE;
    assert_int_equal(desk_register(desk, &caller, "john", &expired), 200);

    caller.now += apr_time_from_sec(50 * MINUTE); /* the pad needs no session for the rest */
    caller.session = NULL;
    assert_int_equal(desk_sign(desk, &caller, &late), 200);
    assert_int_equal(desk_sign(desk, &caller, &expired), 400);
    revocations_add(desk->revocations, REVOKE_SESSION, session.id, 0, caller.now,
                    caller.now + apr_time_from_sec(3600)); /* a step-up goes on */
    assert_int_equal(desk_sign(desk, &caller, &other), 200);
    revocations_add(desk->revocations, REVOKE_FAMILY, session.family, 0, caller.now,
                    caller.now + apr_time_from_sec(3600));
    assert_int_equal(desk_sign(desk, &caller, &ended), 400);
}

static void mailbox_is_a_fresh_proof_where_mail_is_open(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    desk->settings.register_mail = true;
    desk->settings.mail_site = desk->settings.public_url;
    desk->settings.activate_url = "https://rps.example.org/mpinActivate";
    remote_desk_forget(desk);
    session_t session = desk_session(desk, "john@example.org");
    caller.session = &session;
    session.proven[FACTOR_PASSWORD] -= 60 * MINUTE;
    const result_t *mailed = put_user(desk, &caller, "john@example.org");
    assert_int_equal(mailed->status, 200);
    assert_true(json_is_false(json_object_get(mailed->json, "active")));
}

/* ---- where an identity counts ---------------------------------------------------------------- */

static void an_identity_counts_where_its_way_or_a_weaker_one_is_open(void **state)
{
    (void)state;
    enum { NONE = 0, OPEN = 1, SESSION = 2, MAIL = 4 };
    static const struct {
        unsigned ways;
        const char *counts; /* open, session, mail, invitation, application */
    } rows[] = {
        {OPEN, "yyyy-"},        {SESSION, "-yyy-"},
        {MAIL, "--yy-"},        {OPEN | SESSION, "yyyy-"},
        {OPEN | MAIL, "yyyy-"}, {SESSION | MAIL, "-yyy-"},
        {NONE, "-yyy-"},        {OPEN | SESSION | MAIL, "yyyy-"},
    };
    static const origin_t origins[] = {ORIGIN_OPEN, ORIGIN_SESSION, ORIGIN_MAIL, ORIGIN_INVITATION,
                                       ORIGIN_APPLICATION};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
            const rps_settings_t settings = {.register_open = rows[row].ways & OPEN,
                                             .register_signed_in = rows[row].ways & SESSION,
                                             .register_mail = rows[row].ways & MAIL};
            const rps_settings_t service = {.service = true};
            assert_int_equal(rps_origin_counts(&settings, origins[i]), rows[row].counts[i] == 'y');
            assert_int_equal(rps_origin_counts(&service, origins[i]),
                             origins[i] == ORIGIN_APPLICATION);
        }
}

static void open_identity_is_no_proof_at_a_mail_site(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t caller = desk_browser(desk);
    desk_enrol(desk, "anna@example.org", &device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);

    desk->settings.register_open = desk->settings.register_signed_in = false;
    desk->settings.register_mail = true;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 403);
    assert_non_null(strstr(desk_logged(), "MPIN0562"));
    assert_null(strstr(desk_logged(), "anna@"));
    identity_t identity = desk_identity(desk, &device);
    user_t user;
    assert_refusal(rps_admit(desk->rps, &caller, device.handle, &identity, &user, desk->pool), 403,
                   "way_closed");
    desk->settings.register_open = true;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(passkey_adds_a_device_unless_its_name_is_open),
        DESK_TEST(device_from_an_old_session_needs_a_fresh_proof),
        DESK_TEST(pin_makes_an_old_password_fresh_and_proves_nothing_alone),
        DESK_TEST(registration_begun_in_time_ends_with_its_session),
        REMOTE_TEST(mailbox_is_a_fresh_proof_where_mail_is_open),
        cmocka_unit_test(an_identity_counts_where_its_way_or_a_weaker_one_is_open),
        DESK_TEST(open_identity_is_no_proof_at_a_mail_site),
    };
    return cmocka_run_group_tests_name("rps age", tests, NULL, NULL);
}
