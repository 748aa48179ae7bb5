/* SPDX-License-Identifier: Apache-2.0 */
/* Debug lines: each decision that a person may ask about has one, and none holds a secret. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "notice/outbox.h"
#include "phone_desk.h"
#include "remote_desk.h"
#include "rps/activation.h"

#define SITE "https://www.example.com"
#define ANNA "anna@example.org"
#define WRONG 4321

/* The desk's log is read from where it ended when this was called. */
static size_t heard;

static void hear(void)
{
    heard = strlen(desk_logged());
}

/* A line of this number with that text has been written since. */
static void assert_said(const char *id, const char *text)
{
    const char *line = desk_logged() + heard;
    for (; *line; line += strcspn(line, "\n") + 1) {
        const char *at = strstr(line, text);
        if (strncmp(line, id, strlen(id)) == 0 && at && at < line + strcspn(line, "\n"))
            return;
    }
    fail_msg("no line %s \"%s\" in:\n%s", id, text, desk_logged() + heard);
}

static void assert_unsaid(const char *id)
{
    assert_null(strstr(desk_logged() + heard, id));
}

/* ---- registration ---------------------------------------------------------------------------- */

static int put_user(desk_t *desk, const caller_t *caller, const char *name)
{
    device_t device;
    return desk_register(desk, caller, name, &device);
}

static void a_registration_says_which_way_it_took_and_why_not_another(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, ANNA);
    hear();
    assert_int_equal(put_user(desk, &caller, "bob"), 200);
    assert_said("MPIN0754", "b*** registers as the first; not by session: nobody is signed in; "
                            "not by mail: MPinRegister has no mail");
    assert_said("MPIN0747", "b*** is allowed by MPinRegisterAllow (is any)");
    assert_said("MPIN0758", "of b*** begins, as the first of its name");

    caller.session = &session;
    hear();
    assert_int_equal(put_user(desk, &caller, ANNA), 200);
    assert_said("MPIN0754", "a***@example.org registers by session");

    session.amr = AMR_PIN | AMR_MFA;
    desk->settings.register_open = false;
    hear();
    assert_int_equal(put_user(desk, &caller, ANNA), 403);
    assert_said("MPIN0754", "a***@example.org does not register; not by session: a PIN alone adds "
                            "no device; not by mail: MPinRegister has no mail; not as the first: "
                            "MPinRegister has no open");
    desk->settings.register_open = true;
    desk->settings.open_to_anyone = false;
    hear();
    assert_int_equal(put_user(desk, &caller, "eve"), 403);
    assert_said("MPIN0754", "not by session: somebody else is signed in; not by mail: ");
    assert_said("MPIN0754", "not as the first: open holds for callers on this machine only");
}

static void a_signature_that_is_refused_says_what_was_wrong(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk), other = desk_caller(desk, "192.0.2.1", 2);
    caller_t bare = caller;
    device_t device, wrong;
    bare.prelogin = NULL;
    assert_int_equal(desk_register(desk, &caller, "bob", &device), 200);
    wrong = device;
    memset(wrong.reg_ott, '0', 32);
    hear();
    assert_int_equal(desk_sign(desk, &caller, &wrong), 400);
    assert_said("MPIN0753", "the regOTT is another");
    assert_int_equal(desk_sign(desk, &other, &device), 400);
    assert_said("MPIN0753", "it began in another browser");
    assert_int_equal(desk_sign(desk, &bare, &device), 400);
    assert_said("MPIN0753", "the pre-login cookie of the browser in which it began did not come");
    assert_int_equal(desk_sign(desk, &caller, &device), 200);
    assert_said("MPIN0750", "of b***, as the first of its name, is an identity now");
    assert_int_equal(desk_sign(desk, &caller, &device), 400);
    assert_said("MPIN0753", "none waits");
}

/* ---- PINs ------------------------------------------------------------------------------------ */

static void a_pin_says_whether_it_was_right_and_how_many_tries_are_left(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk);
    device_t device;
    desk_enrol(desk, "anna", &device);
    hear();
    assert_int_equal(desk_sign_in(desk, &caller, &device, WRONG), 401);
    assert_said("MPIN0763", "1 of 4 live, by a browser that is new to it");
    assert_said("MPIN0764", "has 3 tries left after 0 wrong PINs in a row; 0 are under way");
    assert_said("MPIN0765", "was wrong, and 2 tries are left; that took ");
    assert_said("MPIN0766", "is wrong; the answer looks the same");
    assert_said("MPIN0767", ": wrong");
    hear();
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    assert_said("MPIN0765", "was right");
    assert_said("MPIN0746", "its 1 wrong PINs are cleared");
    assert_said("MPIN0767", ": right");
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &caller, &device, WRONG);
    hear();
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 410);
    assert_said("MPIN0763", "is locked; it gets the usual answer");
    assert_said("MPIN0764", "is locked");
    assert_unsaid("MPIN0765");
}

static void one_that_is_not_judged_says_why(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk);
    device_t device;
    talk_t talk;
    const char *auth_ott;
    desk_enrol(desk, "anna", &device);
    assert_int_equal(desk_pass1(desk, &caller, &device, &talk, desk->pool), 200);
    memset(talk.pass_id, '0', 32);
    hear();
    assert_int_equal(desk_pass2(desk, &caller, &device, &talk, DESK_PIN, &auth_ott, desk->pool),
                     408);
    assert_said("MPIN0764", "none of the 1 live pass1s");
    assert_said("MPIN0764", "is the one of its passId");

    device.mpin_id[0] = device.mpin_id[0] == '7' ? '6' : '7';
    hear();
    desk_pass1(desk, &caller, &device, &talk, desk->pool);
    assert_said("MPIN0763", "is unknown, revoked or replaced; it gets the usual answer");
}

static void an_authott_that_is_worth_nothing_says_so(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    hear();
    desk_redeem(desk, &caller, "00000000000000000000000000000000", desk->pool);
    assert_said("MPIN0767", "used, older than 60 s, or never issued here");
    caller.prelogin = NULL;
    desk_redeem(desk, &caller, "00000000000000000000000000000000", desk->pool);
    assert_said("MPIN0767", "; and no pre-login cookie came");
}

static void a_throttle_says_what_it_counts_and_which_bucket_is_full(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_caller(desk, "2001:db8::1", 1);
    int wait;
    desk->throttle.address = (throttle_rule_t){2, apr_time_from_sec(60)};
    desk->throttle.account = (throttle_rule_t){1, apr_time_from_sec(600)};
    hear();
    throttle_reserve(&desk->throttle, &caller, "anna", "anna", &wait, desk->pool);
    assert_said("MPIN0741",
                "ipv6-48 1 of 32 in 60 s, ipv6-64 1 of 2 in 60 s, account 1 of 1 in 600 s");
    throttle_reserve(&desk->throttle, &caller, "anna", "anna", &wait, desk->pool);
    assert_true(wait > 0);
    assert_said("MPIN0740", apr_psprintf(desk->pool,
                                         "has to wait %d s, as this bucket is full: "
                                         "account 1 of 1 in 600 s",
                                         wait));
    throttle_release(&desk->throttle, &caller, "anna", "anna", desk->pool);
    assert_said("MPIN0742", "account 0 of 1 in 600 s");
}

/* ---- people ---------------------------------------------------------------------------------- */

static void a_user_who_is_signed_out_everywhere_is_named_masked(void **state)
{
    desk_t *desk = *state;
    device_t device;
    user_t user;
    desk_enrol(desk, ANNA, &device);
    assert_int_equal(people_find(desk->people, ANNA, &user, desk->pool), STORE_OK);
    hear();
    people_end_sessions(desk->people, user.uid, apr_time_now(), desk->pool);
    assert_said("MPIN0744", "a***@example.org is signed out everywhere: sessions below version 2");
    people_disable(desk->people, user.uid, apr_time_now(), desk->pool);
    assert_said("MPIN0744", "a***@example.org is disabled: sessions below version 3 are void");
    people_revoke_identity(desk->people, device.handle, apr_time_now(), desk->pool);
    assert_said("MPIN0743", "of a***@example.org is revoked, and its sessions end");
    revocations_t *others;
    assert_int_equal(revocations_make(&others, desk->store, desk->pool), STORE_OK);
    assert_said("MPIN0784", "3 new revocations were read: 2 are held");
}

static void a_pin_that_takes_the_place_of_another_says_so(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    session_t session = desk_session(desk, "anna");
    device_t first, second;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "anna", &first), 200);
    assert_int_equal(desk_sign(desk, &caller, &first), 200);
    json_t *body =
        json_tie(desk->pool, json_pack("{s:s, s:s}", "userId", "anna", "replaces", first.mpin_id));
    hear();
    result_t *result = rps_register(desk->rps, &caller, NULL, body, desk->pool);
    assert_true(desk_registered(result, &second));
    assert_said("MPIN0758", "begins, by session; it will replace another one");
    assert_int_equal(desk_sign(desk, &caller, &second), 200);
    assert_int_equal(desk_sign_in(desk, &caller, &second, DESK_PIN), 200);
    assert_said("MPIN0745", "signed in for the first time: it replaces ");
    hear();
    assert_int_equal(desk_sign_in(desk, &caller, &first, DESK_PIN), 403);
    assert_said("MPIN0763", "is unknown, revoked or replaced; it gets the usual answer");
    assert_null(strstr(desk_logged(), first.mpin_id));
}

/* ---- mails ----------------------------------------------------------------------------------- */

static int mail_desk(void **state)
{
    if (desk_place(state))
        return -1;
    desk_t *desk = *state;
    desk->settings.register_mail = true;
    desk->settings.mail_site = SITE;
    desk->settings.activate_url = SITE "/mpinActivate";
    desk_open(desk);
    return 0;
}

static outbox_outcome_t take_letter(void *baton, const notice_t *notice, const char **why,
                                    apr_pool_t *p)
{
    (void)why, (void)p;
    *(notice_t *)baton = *notice;
    return OUTBOX_SENT;
}

static const char *post_letter(desk_t *desk)
{
    static const bool go_on;
    notice_t notice = {.kind = NOTICE_NONE};
    const outbox_t outbox = {desk->store, SITE};
    const outbox_sender_t sender = {take_letter, &notice, &go_on, &desk->log};
    outbox_send(&outbox, &sender, apr_time_now(), desk->pool);
    const char *token = strstr(notice.link, "?t=");
    return token ? apr_pstrdup(desk->pool, token + 3) : NULL;
}

static void a_mail_says_that_it_is_queued_that_it_left_and_what_its_link_did(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk), elsewhere = desk_caller(desk, "192.0.2.9", 2);
    json_t *body = desk_json(desk->pool, "{'userId':'" ANNA "','confirm':1}");
    hear();
    assert_int_equal(rps_register(desk->rps, &caller, NULL, body, desk->pool)->status, 200);
    assert_said("MPIN0754", "a***@example.org registers by mail; not by session: nobody is signed");
    assert_said("MPIN0760", "is queued");
    const char *token = post_letter(desk);
    assert_non_null(token);
    assert_said("MPIN0785", "a mail to a***@example.org has left: it waited ");
    rps_link_follow(desk->rps, &elsewhere, token, "000001", desk->pool);
    assert_said("MPIN0761", "the number is not the pad's");
    rps_link_follow(desk->rps, &caller, token, NULL, desk->pool);
    assert_said("MPIN0761", "it is active: this is its browser");
    rps_link_follow(desk->rps, &caller, "00", NULL, desk->pool);
    assert_said("MPIN0761", "the link is none of ours");
    for (int i = 0; i < 3; i++)
        rps_register(desk->rps, &caller, NULL, body, desk->pool);
    assert_said("MPIN0760", "is not written: its mailbox has had three in this hour");
    assert_null(strstr(desk_logged(), token));
    assert_null(strstr(desk_logged(), ANNA));
}

static void that_no_mail_is_sent_is_said_in_the_log_and_nowhere_else(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk);
    desk->settings.allow.kind = ALLOW_NOBODY;
    hear();
    assert_int_equal(put_user(desk, &caller, ANNA), 200);
    assert_said("MPIN0747", "a***@example.org is not allowed by MPinRegisterAllow (is not there");
    assert_said("MPIN0755", "no mail goes to a***@example.org, and the caller is not told so");
    assert_said("MPIN0760", "is queued for nobody");
    assert_null(post_letter(desk));
    assert_said("MPIN0785", "goes to nobody");
}

/* ---- phones ---------------------------------------------------------------------------------- */

static void a_code_says_who_claimed_it_and_what_was_picked(void **state)
{
    desk_t *desk = *state;
    const caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "192.0.2.8", 2),
                   other = phone_caller(desk, "192.0.2.9", 3);
    shown_t shown;
    hear();
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    assert_said("MPIN0773", "to Chrome on Linux that nobody has signed in from");
    phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$','pick':true}");
    assert_said("MPIN0772", "claimed by this phone, which is known by its cookie");
    assert_said("MPIN0774", "a phone says wid of a code: done");
    phone_says(desk, &other, shown.wid, "{'status':'wid','wid':'$','pick':true}");
    assert_said("MPIN0772", "another phone's");
    phone_says(desk, &phone, shown.wid,
               "{'status':'user','wid':'$','userId':'" ANNA "','choice':'7'}");
    assert_said("MPIN0774", "a phone says user of a code: wrong_pick");
    phone_says(desk, &phone, "1000000", "{'status':'wid','wid':'$'}");
    assert_said("MPIN0774", "names a number that is not live: that is a guess");
    assert_null(strstr(desk_logged(), shown.wid));
    assert_null(strstr(desk_logged(), shown.web_ott));
    assert_null(strstr(desk_logged(), shown.number));
    assert_null(strstr(desk_logged(), ANNA));
}

static void a_phone_that_waits_says_how_that_ended(void **state)
{
    desk_t *desk = *state;
    const caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "192.0.2.8", 2);
    seats_t *none = seats_make(0, desk->pool);
    device_t device;
    shown_t shown;
    seat_t seat;
    desk_enrol(desk, "anna", &device);
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    const char *auth_ott = phone_proves(desk, &phone, &device, shown.wid, DESK_PIN);
    while (seats_take(none, 60000, &seat))
        continue;
    hear();
    phone_authenticates(desk, none, &phone, auth_ott, desk->pool);
    assert_said("MPIN0775", "a right PIN of a*** is offered to the computer: the phone waits");
    assert_said("MPIN0775", "the phone has no seat to wait on: it asks again");
    assert_int_equal(desk_redeem(desk, &phone, auth_ott, desk->pool), 408);
    assert_said("MPIN0776", "another browser than the one that shows the code: it is over");
    phone_authenticates(desk, desk->seats, &phone, auth_ott, desk->pool);
    assert_said("MPIN0775", "code_unknown");
    assert_said("MPIN0770", "which is right: 412 code_unknown");
    assert_null(strstr(desk_logged(), auth_ott));
}

/* ---- an RPS elsewhere ------------------------------------------------------------------------ */

static void an_rps_elsewhere_says_what_it_answered_and_what_we_made_of_it(void **state)
{
    desk_t *desk = *state;
    const caller_t caller = desk_browser(desk);
    const char ott[] = "4f7c9344564b4b19036387629da53779";
    redemption_t redemption;
    remote_desk_forget(desk);
    remote_desk_answers(desk, 410, "{\"status\": 410, \"message\": \"x\", \"userId\": \"\"}");
    hear();
    remote_redeem(desk->remote, &caller, ott, NULL, &redemption, desk->pool);
    assert_said("MPIN0748", " answered 410 after ");
    assert_said("MPIN0779", "the RPS names nobody: 410 locked");
    remote_redeem(desk->remote, &caller, ott, NULL, &redemption, desk->pool);
    assert_said("MPIN0779", "the RPS is not asked: this authOTT came before");
    const char *mpin_id = hex_encode(desk->pool, (const unsigned char *)"{\"userID\":\"eve\"}", 16);
    remote_permit(desk->remote, &caller, mpin_id, desk->pool);
    assert_said("MPIN0780", "which is not known here: it may sign in");
    assert_null(strstr(desk_logged(), ott));
    assert_null(strstr(desk_logged(), mpin_id));
}

int main(void)
{
#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, mail_desk, desk_drop)
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_registration_says_which_way_it_took_and_why_not_another),
        DESK_TEST(a_signature_that_is_refused_says_what_was_wrong),
        DESK_TEST(a_pin_says_whether_it_was_right_and_how_many_tries_are_left),
        DESK_TEST(one_that_is_not_judged_says_why),
        DESK_TEST(an_authott_that_is_worth_nothing_says_so),
        DESK_TEST(a_throttle_says_what_it_counts_and_which_bucket_is_full),
        DESK_TEST(a_user_who_is_signed_out_everywhere_is_named_masked),
        DESK_TEST(a_pin_that_takes_the_place_of_another_says_so),
        MAIL_TEST(a_mail_says_that_it_is_queued_that_it_left_and_what_its_link_did),
        MAIL_TEST(that_no_mail_is_sent_is_said_in_the_log_and_nowhere_else),
        PHONE_TEST(a_code_says_who_claimed_it_and_what_was_picked),
        PHONE_TEST(a_phone_that_waits_says_how_that_ended),
        REMOTE_TEST(an_rps_elsewhere_says_what_it_answered_and_what_we_made_of_it),
    };
    return cmocka_run_group_tests_name("debug lines", tests, NULL, NULL);
}
