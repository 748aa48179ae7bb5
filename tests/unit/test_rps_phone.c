/* SPDX-License-Identifier: Apache-2.0 */
/* A phone proves a PIN for a code, its desktop comes in, and the phone learns of it: whole, and
 * broken off in every place. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "phone_desk.h"
#include "phone/code.h"

#define WRONG 4321

/* A desktop with its code, a phone with a PIN, and seats. */
typedef struct pair_t {
    desk_t *desk;
    caller_t desktop, phone;
    device_t device;
    shown_t shown;
    seats_t *seats;
} pair_t;

static pair_t pair(void **state)
{
    pair_t pair = {.desk = *state};
    pair.desktop = phone_desktop(pair.desk);
    pair.phone = phone_caller(pair.desk, "198.51.100.1", 2);
    pair.seats = seats_make(2, pair.desk->pool);
    desk_enrol(pair.desk, "anna", &pair.device);
    assert_int_equal(phone_show(pair.desk, &pair.desktop, &pair.shown), 200);
    return pair;
}

static const char *proof(pair_t *pair, const char *wid)
{
    return phone_proves(pair->desk, &pair->phone, &pair->device, wid, DESK_PIN);
}

static void say(pair_t *pair, const char *text)
{
    assert_int_equal(phone_says(pair->desk, &pair->phone, pair->shown.wid, text)->status, 200);
}

/* ---- the phone waits in a thread of its own -------------------------------------------------- */

typedef struct waiting_t {
    pair_t *pair;
    caller_t caller;
    const char *auth_ott;
    seats_t *seats;
    apr_pool_t *p;
    result_t *result;
    pthread_t thread;
} waiting_t;

static void *wait_there(void *data)
{
    waiting_t *waiting = data;
    waiting->result = phone_authenticates(waiting->pair->desk, waiting->seats, &waiting->caller,
                                          waiting->auth_ott, waiting->p);
    return NULL;
}

static apr_status_t drop_pool(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

static waiting_t *wait_for(pair_t *pair, const char *auth_ott)
{
    waiting_t *waiting = apr_pcalloc(pair->desk->pool, sizeof *waiting);
    *waiting = (waiting_t){
        .pair = pair, .caller = pair->phone, .auth_ott = auth_ott, .seats = pair->seats};
    apr_pool_create(&waiting->p, NULL); /* the thread's own, and gone with the desk */
    apr_pool_cleanup_register(pair->desk->pool, waiting->p, drop_pool, apr_pool_cleanup_null);
    assert_int_equal(pthread_create(&waiting->thread, NULL, wait_there, waiting), 0);
    return waiting;
}

static result_t *end_of(waiting_t *waiting)
{
    pthread_join(waiting->thread, NULL);
    return waiting->result;
}

/* Until the desktop is offered something: the authOTT of its poll. */
static const char *offered(pair_t *pair)
{
    for (int i = 0; i < 60000; i++) {
        const json_t *json = phone_poll(pair->desk, pair->shown.web_ott, pair->desk->pool);
        if (strcmp(json_text(json, "status", 20), "authenticate") == 0)
            return json_text(json, "authOTT", 32);
        apr_sleep(1000);
    }
    fail_msg("nothing was offered");
    return NULL;
}

/* The desktop redeems and, where it is let in, its relying party tells. */
static redemption_t enter(pair_t *pair, const caller_t *desktop, const char *auth_ott)
{
    redemption_t redemption;
    apr_pool_t *p = pair->desk->pool;
    rps_redeem(pair->desk->rps, desktop, auth_ott, &redemption, p);
    if (!redemption.refusal)
        rps_phone_done(pair->desk->rps, desktop, &redemption,
                       desk_json(p, "{'userId':'anna','sessionToken':'sealed'}"), p);
    return redemption;
}

static void a_phone_signs_its_desktop_in(void **state)
{
    pair_t with = pair(state);
    for (int by_number = 0; by_number < 2; by_number++) {
        assert_int_equal(phone_show(with.desk, &with.desktop, &with.shown), 200);
        const char *auth_ott = proof(&with, by_number ? with.shown.number : with.shown.wid);
        assert_status(with.desk, &with.shown, "new"); /* until the phone authenticates */
        waiting_t *phone = wait_for(&with, auth_ott);
        assert_string_equal(offered(&with), auth_ott);

        redemption_t redemption = enter(&with, &with.desktop, auth_ott);
        assert_null(redemption.refusal);
        assert_true(redemption.by_phone);
        assert_string_equal(redemption.user.name, "anna");
        const result_t *told = end_of(phone);
        assert_int_equal(told->status, 200);
        assert_string_equal(json_text(told->json, "logoutURL", 100), "/logout");
        assert_string_equal(
            json_text(json_object_get(told->json, "logoutData"), "sessionToken", 100), "sealed");
        assert_status(with.desk, &with.shown, "expired");

        /* Nothing of it is good twice. */
        assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
        assert_refusal(
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 408,
            "authott_unknown");
    }
}

static void where_nobody_signs_out_the_phone_gets_nothing_for_it(void **state)
{
    pair_t with = pair(state);
    with.desk->settings.logout_url = NULL;
    const char *auth_ott = proof(&with, with.shown.number);
    waiting_t *phone = wait_for(&with, auth_ott);
    offered(&with);
    assert_null(enter(&with, &with.desktop, auth_ott).refusal);
    const result_t *told = end_of(phone);
    assert_int_equal(told->status, 200);
    assert_string_equal(json_text(told->json, "logoutURL", 100), "");
    assert_string_equal(json_text(told->json, "logoutData", 100), "");
}

static void authott_from_another_browser_is_408(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott = proof(&with, with.shown.number);
    /* Nobody redeems it before the phone has offered it, not even its desktop. */
    assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
    assert_int_equal(desk_redeem(with.desk, &with.phone, auth_ott, with.desk->pool), 408);
    assert_status(with.desk, &with.shown, "new");

    waiting_t *phone = wait_for(&with, auth_ott);
    offered(&with);
    assert_int_equal(desk_redeem(with.desk, &with.phone, auth_ott, with.desk->pool), 408);
    assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
    assert_status(with.desk, &with.shown, "expired");
    assert_refusal(end_of(phone), 412, "code_unknown");
    assert_non_null(strstr(desk_logged(), "MPIN0309"));

    /* A desktop without its cookie is another browser. */
    assert_int_equal(phone_show(with.desk, &with.desktop, &with.shown), 200);
    phone = wait_for(&with, auth_ott = proof(&with, with.shown.wid));
    offered(&with);
    caller_t bare = with.desktop;
    bare.prelogin = NULL;
    assert_int_equal(desk_redeem(with.desk, &bare, auth_ott, with.desk->pool), 408);
    assert_int_equal(end_of(phone)->status, 412);

    /* And one that had none when it asked for its code never comes in. */
    assert_int_equal(phone_show(with.desk, &bare, &with.shown), 200);
    phone = wait_for(&with, auth_ott = proof(&with, with.shown.wid));
    offered(&with);
    assert_int_equal(desk_redeem(with.desk, &bare, auth_ott, with.desk->pool), 408);
    assert_int_equal(end_of(phone)->status, 412);

    /* The phone's part belongs to the phone that made pass2. */
    assert_int_equal(phone_show(with.desk, &with.desktop, &with.shown), 200);
    auth_ott = proof(&with, with.shown.wid);
    caller_t other = phone_caller(with.desk, "198.51.100.1", 3);
    assert_refusal(phone_authenticates(with.desk, with.seats, &other, auth_ott, with.desk->pool),
                   408, "authott_unknown");
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 408,
        "authott_unknown");
    assert_status(with.desk, &with.shown, "new");
}

static void a_browsers_authott_is_no_phones(void **state)
{
    pair_t with = pair(state);
    talk_t talk;
    const char *auth_ott;
    apr_pool_t *p = with.desk->pool;
    assert_int_equal(desk_pass1(with.desk, &with.phone, &with.device, &talk, p), 200);
    assert_int_equal(
        desk_pass2(with.desk, &with.phone, &with.device, &talk, DESK_PIN, &auth_ott, p), 200);
    assert_refusal(phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, p), 408,
                   "authott_unknown");
    assert_int_equal(desk_redeem(with.desk, &with.phone, auth_ott, p), 200);
}

/* ---- what is not a right PIN ----------------------------------------------------------------- */

static void wrong_pins_are_the_phones_affair(void **state)
{
    pair_t with = pair(state);
    for (int left = 2; left >= 0; left--) {
        const char *auth_ott =
            phone_proves(with.desk, &with.phone, &with.device, with.shown.number, WRONG);
        assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
        result_t *result =
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool);
        assert_refusal(result, left ? 401 : 410, left ? "wrong_pin" : "locked");
        if (left)
            assert_int_equal(json_integer_value(json_object_get(result->json, "attemptsLeft")),
                             left);
        assert_refusal(
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 408,
            "authott_unknown");
        assert_status(with.desk, &with.shown, "new");
    }

    /* A locked one is answered in the usual shape, also without a cookie. */
    for (unsigned char cookie = 0; cookie <= 2; cookie += 2) {
        with.phone = phone_caller(with.desk, "198.51.100.1", cookie);
        const char *auth_ott =
            phone_proves(with.desk, &with.phone, &with.device, with.shown.number, DESK_PIN);
        assert_refusal(
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 410,
            "locked");
    }
    assert_status(with.desk, &with.shown, "new");
}

static void an_unknown_number_is_412(void **state)
{
    pair_t with = pair(state);
    static const char *const unknown[] = {"0000000", "7673507", "0123456789abcdef0123456789abcdef"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const char *auth_ott = proof(&with, unknown[i]);
        assert_refusal(
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 412,
            "code_unknown");
    }
    with.desk->shift = apr_time_from_sec(CODE_SECONDS);
    with.phone.now += with.desk->shift;
    const char *auth_ott = proof(&with, with.shown.number);
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 412,
        "code_unknown");
}

static void who_may_not_sign_in_is_refused_on_both(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott = proof(&with, with.shown.number);
    people_disable(with.desk->people, desk_identity(with.desk, &with.device).uid, apr_time_now(),
                   with.desk->pool);
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 403,
        "user_disabled");
    assert_status(with.desk, &with.shown, "new");

    /* Only after the phone's part: the desktop is refused, and the phone hears it. */
    people_enable(with.desk->people, desk_identity(with.desk, &with.device).uid, with.desk->pool);
    waiting_t *phone = wait_for(&with, auth_ott = proof(&with, with.shown.number));
    offered(&with);
    people_disable(with.desk->people, desk_identity(with.desk, &with.device).uid, apr_time_now(),
                   with.desk->pool);
    assert_refusal(enter(&with, &with.desktop, auth_ott).refusal, 403, "user_disabled");
    assert_refusal(end_of(phone), 403, "user_disabled");
}

static void guesses_of_codes_by_proof_are_throttled(void **state)
{
    pair_t with = pair(state);
    with.desk->throttle.address.count = 5;
    talk_t talk;
    const char *auth_ott;
    apr_pool_t *p = with.desk->pool;
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            phone_authenticates(with.desk, with.seats, &with.phone, proof(&with, "7673507"), p)
                ->status,
            412);
    assert_int_equal(desk_pass1(with.desk, &with.phone, &with.device, &talk, p), 200);
    assert_int_equal(
        desk_pass2(with.desk, &with.phone, &with.device, &talk, DESK_PIN, &auth_ott, p), 200);
    assert_int_equal(desk_redeem(with.desk, &with.phone, auth_ott, p), 429);
}

/* A phone that has signed its own user in guesses no more: whoever has a PIN of their own could
 * else sign in strangers' desktops. */
static void a_known_phone_guesses_no_more_codes_than_others(void **state)
{
    pair_t with = pair(state);
    apr_pool_t *p = with.desk->pool;
    known_t known = {.id = {0}};
    known_add(&known, desk_identity(with.desk, &with.device).name);
    with.phone.known = &known;
    with.desk->throttle.address.count = 5;
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            phone_authenticates(with.desk, with.seats, &with.phone, proof(&with, "7673507"), p)
                ->status,
            412);
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, proof(&with, "7673507"), p), 429,
        "throttled");
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, proof(&with, with.shown.number), p),
        429, "throttled");
    assert_status(with.desk, &with.shown, "new");
}

/* ---- broken off ------------------------------------------------------------------------------ */

static void a_desktop_that_does_not_come_in_time_never_does(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott = proof(&with, with.shown.number);
    assert_refusal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 408,
        "phone_timeout");
    assert_status(with.desk, &with.shown, "expired");
    assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
}

static void a_phone_that_gives_up_ends_the_code(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott = proof(&with, with.shown.number);
    waiting_t *phone = wait_for(&with, auth_ott);
    offered(&with);
    say(&with, "{'status':'cancel','wid':'$'}");
    assert_status(with.desk, &with.shown, "abort");
    assert_int_equal(desk_redeem(with.desk, &with.desktop, auth_ott, with.desk->pool), 408);
    assert_refusal(end_of(phone), 412, "code_unknown");
}

static void two_tabs_of_a_desktop_are_one(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott = proof(&with, with.shown.number);
    waiting_t *phone = wait_for(&with, auth_ott);
    assert_string_equal(offered(&with), auth_ott);
    assert_string_equal(offered(&with), auth_ott); /* the other tab sees the same */
    assert_null(enter(&with, &with.desktop, auth_ott).refusal);
    assert_int_equal(enter(&with, &with.desktop, auth_ott).refusal->status, 408);
    assert_int_equal(end_of(phone)->status, 200);
}

static void without_a_seat_the_phone_asks_again(void **state)
{
    pair_t with = pair(state);
    seat_t seat;
    const char *auth_ott = proof(&with, with.shown.number);
    with.seats = seats_make(1, with.desk->pool);
    assert_true(seats_take(with.seats, 60000, &seat));
    result_t *result =
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool);
    assert_refusal(result, 429, "busy");
    assert_true(result->retry_after > 0);

    /* The desktop is told all the same, and comes in without anybody waiting. */
    assert_string_equal(offered(&with), auth_ott);
    assert_null(enter(&with, &with.desktop, auth_ott).refusal);
    assert_int_equal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool)->status,
        200);
}

static void a_seat_is_given_back(void **state)
{
    pair_t with = pair(state);
    seat_t seat;
    with.seats = seats_make(1, with.desk->pool);
    const char *auth_ott = proof(&with, with.shown.number);
    assert_int_equal(
        phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool)->status,
        408);
    assert_true(seats_take(with.seats, 1000, &seat));
}

/* A phone that waits in vain gives back its desktop's place: five of them block nobody. */
static void five_timed_out_phones_block_no_address(void **state)
{
    pair_t with = pair(state);
    for (int i = 0; i < 6; i++) {
        caller_t other = desk_caller(with.desk, with.desktop.address, (unsigned char)(20 + i));
        assert_int_equal(phone_show(with.desk, &other, &with.shown), 200);
        const char *auth_ott = proof(&with, i % 2 ? with.shown.number : with.shown.wid);
        assert_refusal(
            phone_authenticates(with.desk, with.seats, &with.phone, auth_ott, with.desk->pool), 408,
            "phone_timeout");
    }
}

/* ---- who is announced, who is proven --------------------------------------------------------- */

static void another_user_than_announced_is_told(void **state)
{
    pair_t with = pair(state);
    say(&with, "{'status':'wid','wid':'$'}");
    say(&with, "{'status':'user','wid':'$','userId':'mary'}");
    waiting_t *phone = wait_for(&with, proof(&with, with.shown.number));
    const char *auth_ott = offered(&with);
    const json_t *json = phone_poll(with.desk, with.shown.web_ott, with.desk->pool);
    assert_string_equal(json_text(json, "userId", 100), "mary");
    assert_string_equal(json_text(json, "provenUserId", 100), "anna");
    assert_string_equal(enter(&with, &with.desktop, auth_ott).user.name, "anna");
    assert_int_equal(end_of(phone)->status, 200);

    /* The announced one, and one who was not announced, raise no question. */
    static const char *const quiet[] = {"{'status':'user','wid':'$','userId':'anna'}",
                                        "{'status':'wid','wid':'$'}"};
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
        assert_int_equal(phone_show(with.desk, &with.desktop, &with.shown), 200);
        say(&with, quiet[i]);
        phone = wait_for(&with, proof(&with, with.shown.number));
        auth_ott = offered(&with);
        json = phone_poll(with.desk, with.shown.web_ott, with.desk->pool);
        assert_null(json_object_get(json, "provenUserId"));
        assert_null(enter(&with, &with.desktop, auth_ott).refusal);
        assert_int_equal(end_of(phone)->status, 200);
    }
}

static void a_phone_that_lets_people_pick_cannot_skip_it(void **state)
{
    pair_t with = pair(state);
    say(&with, "{'status':'wid','wid':'$','pick':true}");
    assert_refusal(phone_authenticates(with.desk, with.seats, &with.phone,
                                       proof(&with, with.shown.number), with.desk->pool),
                   412, "code_unknown");
    assert_status(with.desk, &with.shown, "wid");
}

static void another_phones_code_is_412(void **state)
{
    pair_t with = pair(state);
    caller_t first = phone_caller(with.desk, "203.0.113.1", 3);
    assert_int_equal(
        phone_says(with.desk, &first, with.shown.wid, "{'status':'user','wid':'$','userId':'mary'}")
            ->status,
        200);
    assert_refusal(phone_authenticates(with.desk, with.seats, &with.phone,
                                       proof(&with, with.shown.number), with.desk->pool),
                   412, "code_unknown");
    assert_status(with.desk, &with.shown, "user");
}

/* ---- an application's word ------------------------------------------------------------------- */

static result_t *login_result(pair_t *pair, const char *auth_ott, const char *rest)
{
    const char *text =
        apr_pstrcat(pair->desk->pool, "{'authOTT':'", auth_ott, "'", rest, "}", NULL);
    return rps_login_result(pair->desk->rps, &pair->desktop, desk_json(pair->desk->pool, text),
                            pair->desk->pool);
}

static void an_application_has_the_last_word(void **state)
{
    static const char good[] =
        ",'status':200,'message':'ok','logoutURL':'https://app/out','logoutData':{'a':1}";
    pair_t with = pair(state);
    redemption_t redemption;
    const char *auth_ott = proof(&with, with.shown.number);
    assert_refusal(login_result(&with, auth_ott, good), 404, "not_found"); /* nobody waits yet */
    waiting_t *phone = wait_for(&with, auth_ott);
    offered(&with);
    assert_refusal(login_result(&with, auth_ott, good), 404, "not_found"); /* nobody redeemed it */
    rps_redeem(with.desk->rps, &with.desktop, auth_ott, &redemption, with.desk->pool);
    assert_null(redemption.refusal);
    assert_refusal(login_result(&with, auth_ott, ",'status':302"), 400, "field_malformed");
    assert_refusal(login_result(&with, "00", good), 408, "authott_unknown");
    assert_int_equal(login_result(&with, auth_ott, good)->status, 200);
    assert_refusal(login_result(&with, auth_ott, good), 404, "not_found"); /* it is said once */
    const result_t *told = end_of(phone);
    assert_int_equal(told->status, 200);
    assert_string_equal(json_text(told->json, "logoutURL", 100), "https://app/out");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(told->json, "logoutData"), "a")), 1);
    assert_refusal(login_result(&with, auth_ott, good), 408, "authott_unknown");

    assert_int_equal(phone_show(with.desk, &with.desktop, &with.shown), 200);
    phone = wait_for(&with, auth_ott = proof(&with, with.shown.number));
    offered(&with);
    rps_redeem(with.desk->rps, &with.desktop, auth_ott, &redemption, with.desk->pool);
    char *long_text = apr_pcalloc(with.desk->pool, CODE_WORD_MAX + 1);
    memset(long_text, 'x', CODE_WORD_MAX);
    assert_refusal(login_result(&with, auth_ott,
                                apr_pstrcat(with.desk->pool, ",'status':403,'message':'", long_text,
                                            "'", NULL)),
                   400, "field_malformed");
    assert_int_equal(login_result(&with, auth_ott, ",'status':403,'message':'no'")->status, 200);
    told = end_of(phone);
    assert_int_equal(told->status, 403);
    assert_string_equal(told->message, "no");
}

/* The phone's end where its application redeems with `first` and then says `last` (NULL: no more). */
static result_t *told_by_application(pair_t *pair, const char *first, const char *last)
{
    apr_pool_t *p = pair->desk->pool;
    assert_int_equal(phone_show(pair->desk, &pair->desktop, &pair->shown), 200);
    const char *auth_ott = proof(pair, pair->shown.number);
    waiting_t *phone = wait_for(pair, auth_ott);
    offered(pair);
    const json_t *body =
        desk_json(p, apr_pstrcat(p, "{'authOTT':'", auth_ott, "'", first, "}", NULL));
    assert_int_equal(rps_authenticate(pair->desk->rps, &pair->desktop, body, p)->status, 200);
    const apr_time_t in = apr_time_now();
    if (last)
        assert_int_equal(login_result(pair, auth_ott, last)->status, 200);
    result_t *told = end_of(phone);
    assert_true(apr_time_now() - in < apr_time_from_sec(3)); /* of the ten that it would wait */
    assert_int_not_equal(login_result(pair, auth_ott, ",'status':200")->status, 200);
    return told;
}

static void assert_told(pair_t *pair, const char *first, const char *last, const char *expected)
{
    const result_t *told = told_by_application(pair, first, last);
    assert_int_equal(told->status, 200);
    assert_true(json_equal(told->json, desk_json(pair->desk->pool, expected)));
}

static void an_application_that_only_redeems_is_done(void **state)
{
    pair_t with = pair(state);
    with.desk->phone_settings.logout_path = "/logout";
    assert_told(&with, "", NULL, "{'logoutURL':'','logoutData':''}");
    assert_told(&with, ",'logoutData':{'a':1}", NULL,
                "{'logoutURL':'/logout','logoutData':{'a':1}}");
    assert_told(&with, ",'logoutData':{'a':1},'logoutURL':'/out'", NULL,
                "{'logoutURL':'/out','logoutData':{'a':1}}");
}

static void what_is_said_at_the_login_result_adds_to_what_was_said_before(void **state)
{
    pair_t with = pair(state);
    with.desk->phone_settings.logout_path = "/logout";
    assert_told(&with, ",'logoutData':{'a':1}", ",'status':200,'logoutData':{'a':1,'b':2}",
                "{'logoutURL':'/logout','logoutData':{'a':1,'b':2}}");
    assert_told(&with, ",'logoutData':{'a':1},'logoutURL':'/out'", ",'status':200",
                "{'logoutURL':'/out','logoutData':{'a':1}}");
    assert_told(&with, "", ",'status':200,'logoutData':7,'logoutURL':'/out'",
                "{'logoutURL':'/out','logoutData':7}");
    with.desk->phone_settings.logout_path = NULL;
    assert_told(&with, ",'logoutData':{'a':1}", ",'status':200",
                "{'logoutURL':'','logoutData':{'a':1}}");
    const result_t *told = told_by_application(&with, ",'logoutData':{'a':1}", ",'status':403");
    assert_refusal(told, 403, "not_allowed");
}

/* ---- many at once ---------------------------------------------------------------------------- */

#define PHONES 1000
#define RUNNERS 20

typedef struct racer_t {
    pair_t *pair;
    const char *const *auth_ott;
    int from, offered;
    pthread_barrier_t *start;
    pthread_t thread;
} racer_t;

/* A phone that gets no 412 has the code: it would wait, but all seats are taken. */
static void *run_for_it(void *data)
{
    racer_t *racer = data;
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    pthread_barrier_wait(racer->start);
    for (int i = racer->from; i < PHONES; i += RUNNERS) {
        const caller_t phone =
            phone_caller(racer->pair->desk, "198.51.100.1", (unsigned char)(2 + i % 250));
        const result_t *result = phone_authenticates(racer->pair->desk, racer->pair->seats, &phone,
                                                     racer->auth_ott[i], p);
        racer->offered += result->status == 429;
        if (result->status != 429 && result->status != 412)
            abort();
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void of_a_thousand_phones_exactly_one_has_the_code(void **state)
{
    pair_t with = pair(state);
    const char *auth_ott[PHONES];
    racer_t racer[RUNNERS];
    pthread_barrier_t start;
    seat_t seat;
    with.seats = seats_make(1, with.desk->pool);
    assert_true(seats_take(with.seats, 600000, &seat));
    for (int i = 0; i < PHONES; i++) {
        with.phone = phone_caller(with.desk, "198.51.100.1", (unsigned char)(2 + i % 250));
        auth_ott[i] = proof(&with, with.shown.number);
    }
    pthread_barrier_init(&start, NULL, RUNNERS);
    for (int i = 0; i < RUNNERS; i++) {
        racer[i] = (racer_t){.pair = &with, .auth_ott = auth_ott, .from = i, .start = &start};
        assert_int_equal(pthread_create(&racer[i].thread, NULL, run_for_it, &racer[i]), 0);
    }
    int offered_to = 0;
    for (int i = 0; i < RUNNERS; i++) {
        pthread_join(racer[i].thread, NULL);
        offered_to += racer[i].offered;
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(offered_to, 1);
    assert_null(enter(&with, &with.desktop, offered(&with)).refusal);
}

/* ---- mobile clients -------------------------------------------------------------------------- */

static void clients_are_told_where_to_go(void **state)
{
    pair_t with = pair(state);
    const json_t *json = phone_service(with.desk->phones, with.desk->pool)->json;
    assert_string_equal(json_text(json, "url", 100), "https://wiki.example.org");
    assert_string_equal(json_text(json, "rps_prefix", 100), "rps");
    assert_string_equal(json_text(json, "name", 100), "Wiki");
    assert_string_equal(json_text(json, "type", 100), "online");
    const json_t *list = phone_mobile_config(with.desk->phones, with.desk->pool)->json;
    assert_true(json_equal(json_array_get(list, 0), json));

    with.desk->phone_settings.base_url =
        "https://wiki.example.org/rps"; /* as where it serves others */
    json = phone_service(with.desk->phones, with.desk->pool)->json;
    assert_string_equal(json_text(json, "rps_prefix", 100), "rps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PHONE_TEST(a_phone_signs_its_desktop_in),
        PHONE_TEST(where_nobody_signs_out_the_phone_gets_nothing_for_it),
        PHONE_TEST(authott_from_another_browser_is_408),
        PHONE_TEST(a_browsers_authott_is_no_phones),
        PHONE_TEST(wrong_pins_are_the_phones_affair),
        PHONE_TEST(an_unknown_number_is_412),
        PHONE_TEST(guesses_of_codes_by_proof_are_throttled),
        PHONE_TEST(a_known_phone_guesses_no_more_codes_than_others),
        PHONE_TEST(who_may_not_sign_in_is_refused_on_both),
        PHONE_TEST(a_desktop_that_does_not_come_in_time_never_does),
        PHONE_TEST(a_phone_that_gives_up_ends_the_code),
        PHONE_TEST(two_tabs_of_a_desktop_are_one),
        PHONE_TEST(without_a_seat_the_phone_asks_again),
        PHONE_TEST(a_seat_is_given_back),
        PHONE_TEST(five_timed_out_phones_block_no_address),
        PHONE_TEST(another_user_than_announced_is_told),
        PHONE_TEST(a_phone_that_lets_people_pick_cannot_skip_it),
        PHONE_TEST(another_phones_code_is_412),
        PHONE_TEST(an_application_has_the_last_word),
        PHONE_TEST(an_application_that_only_redeems_is_done),
        PHONE_TEST(what_is_said_at_the_login_result_adds_to_what_was_said_before),
        PHONE_TEST(of_a_thousand_phones_exactly_one_has_the_code),
        PHONE_TEST(clients_are_told_where_to_go),
    };
    return cmocka_run_group_tests_name("rps phone login", tests, NULL, NULL);
}
