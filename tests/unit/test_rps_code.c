/* SPDX-License-Identifier: Apache-2.0 */
/* Codes that wait for a phone: how they are made, what a phone may say of them, what their desktop
 * sees. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "phone/code.h"
#include "phone_desk.h"
#include "phone/browser_name.h"
#include "phone/access_number.h"
#include "phone/qr.h"

/* ---- numbers --------------------------------------------------------------------------------- */

static void check_digit_is_the_protocols(void **state)
{
    static const char *const good[] = {"7673507", "1101773", "5013232", "0144002"};
    static const char *const wrong[] = {"7673508", "0000000", "767350",  "76735077",
                                        "767350a", "",        "-144002", " 144002"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(access_number_is(good[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(access_number_is(wrong[i]));
}

/* No digit can be mistyped, and no two neighbours swapped, into another number. */
static void mistyped_number_is_none(void **state)
{
    char number[NUMBER_DIGITS + 1];
    (void)state;
    for (unsigned six = 0; six < 1000000; six += 997) {
        if (!access_number_make(six, number))
            continue;
        assert_true(number[6] != '0' && access_number_is(number));
        for (int at = 0; at < NUMBER_DIGITS; at++) {
            const char right = number[at];
            for (char digit = '0'; digit <= '9'; digit++) {
                number[at] = digit;
                assert_int_equal(access_number_is(number), digit == right);
            }
            number[at] = right;
        }
    }
}

static void a_number_and_a_qr_code_name_one_code(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    assert_true(access_number_is(shown.number));
    assert_status(desk, &shown, "new");
    assert_int_equal(phone_says(desk, &phone, shown.number, "{'status':'wid','wid':'$'}")->status,
                     200);
    assert_status(desk, &shown, "wid");
    assert_int_equal(
        phone_says(desk, &phone, shown.wid, "{'status':'user','wid':'$','userId':'anna'}")->status,
        200);
    assert_status(desk, &shown, "user");
}

static void answers_have_the_protocols_fields(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    result_t *result = phone_access_number(desk->phones, &desktop, desk->pool);
    const json_t *json = result->json;
    assert_int_equal(json_object_size(json), 5);
    assert_int_equal(json_integer_value(json_object_get(json, "ttlSeconds")), 300);
    assert_int_equal(json_integer_value(json_object_get(json, "localTimeStart")),
                     desktop.now / 1000);
    assert_int_equal(json_integer_value(json_object_get(json, "localTimeEnd")),
                     desktop.now / 1000 + 300000);

    const char *body =
        apr_pstrcat(desk->pool, "{ \"webOTT\" : \"", json_text(json, "webOTT", 32), "\"}", NULL);
    result = phone_access(desk->phones, &desktop, body, strlen(body), desk->pool);
    assert_string_equal(result->text, "{\"status\":\"new\",\"statusCode\":0,\"userId\":\"\","
                                      "\"redirectURL\":\"\",\"authOTT\":\"\"}");

    result = phone_qr_url(desk->phones, &desktop,
                          desk_json(desk->pool, "{'prerollid':'Anna@Example.org'}"), desk->pool);
    const char *url = json_text(result->json, "qrUrl", 200);
    assert_int_equal(strncmp(url, "https://wiki.example.org/m#", 27), 0);
    assert_int_equal(strlen(url), 27 + 32);
    assert_non_null(strstr(json_text(result->json, "qrSvg", 20000), "<svg xmlns="));
    caller_t phone = phone_caller(desk, "198.51.100.1", 2);
    result = phone_says(desk, &phone, url + 27, "{'status':'wid','wid':'$'}");
    assert_string_equal(json_text(result->json, "PrerollId", 300), "anna@example.org");
    assert_string_equal(json_text(result->json, "AppName", 300), "Wiki");
    assert_string_equal(json_text(result->json, "AppLogoUrl", 300),
                        "https://wiki.example.org/logo.png");
}

static void malformed_requests_are_400(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    static const char *const polls[] = {"",
                                        "{}",
                                        "{\"webOTT\":1}",
                                        "[]",
                                        "{",
                                        "{\"webOTT\":\"",
                                        "{\"webOTT\":\"0123456789abcdef0123456789abcdef\"} x",
                                        "{\"webOTT\":\"0123456789abcdef0123456789abcdef0\"}"};
    for (size_t i = 0; i < sizeof polls / sizeof *polls; i++)
        assert_int_equal(
            phone_access(desk->phones, &desktop, polls[i], strlen(polls[i]), desk->pool)->status,
            400);
    assert_int_equal(phone_qr_url(desk->phones, &desktop,
                                  desk_json(desk->pool, "{'prerollid':'<b>'}"), desk->pool)
                         ->status,
                     400);

    shown_t shown;
    static const char *const sayings[] = {
        "{'wid':'$'}",
        "{'status':'done','wid':'$'}",
        "{'status':1,'wid':'$'}",
        "{'status':'wid','xid':'$'}",
        "{'status':'user','wid':'$'}",
        "{'status':'user','wid':'$','userId':7}",
        "{'status':'user','wid':'$','userId':''}",
        "{'status':'wid','wid':'$','pick':'yes'}",
        "{'status':'user','wid':'$','userId':'anna','choice':47}",
        "{'status':'user','wid':'$','userId':'anna','confirmed':2}"};
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
        assert_refusal(phone_says(desk, &phone, shown.wid, sayings[i]), 400, "field_malformed");
    assert_status(desk, &shown, "new");
}

/* ---- caps ------------------------------------------------------------------------------------ */

/* Each by a browser of its own, as many as there may be. */
static int made_from(desk_t *desk, const char *address)
{
    static unsigned browsers;
    int made = 0;
    result_t *result;
    for (;; made++) {
        caller_t desktop = desk_caller(desk, address, (unsigned char)(10 + browsers++ % 240));
        result = phone_access_number(desk->phones, &desktop, desk->pool);
        if (result->status != 200)
            break;
    }
    assert_refusal(result, 429, "too_many_codes");
    assert_true(result->retry_after > 0);
    return made;
}

static void live_access_numbers_are_capped(void **state)
{
    desk_t *desk = *state;
    caller_t phone = phone_caller(desk, "198.51.100.1", 2), desktop = phone_desktop(desk);
    shown_t shown;
    assert_int_equal(made_from(desk, "203.0.113.7"), 5);
    assert_int_equal(made_from(desk, "::ffff:203.0.113.7"), 0);
    assert_int_equal(made_from(desk, "2001:db8::1"), 5);
    assert_int_equal(made_from(desk, "2001:db8::2"), 0);

    /* A code that is done makes room. */
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    assert_int_equal(made_from(desk, desktop.address), 4);
    phone_says(desk, &phone, shown.wid, "{'status':'cancel','wid':'$'}");
    assert_int_equal(made_from(desk, desktop.address), 1);

    /* All addresses of the world together have 2,000. */
    int all = 15, idle = 0;
    for (int i = 0; i < 5000 && idle < 20; i++) {
        apr_pool_t *p = desk->pool;
        int made = made_from(desk, apr_psprintf(p, "2001:%x:%x:1::1", 0xd00 + i / 100, i));
        idle = made ? 0 : idle + 1;
        all += made;
    }
    assert_in_range(all, NUMBERS_LIVE * 9 / 10, NUMBERS_LIVE);
}

/* As many as there may be from what a format makes of a number. */
static int made_from_many(desk_t *desk, const char *format)
{
    int all = 0, made = 1;
    for (int i = 0; i < 2000 && made; i++)
        all += made = made_from(desk, apr_psprintf(desk->pool, format, i));
    return all;
}

static void one_ipv6_site_does_not_take_all_phone_codes(void **state)
{
    desk_t *desk = *state;
    assert_int_equal(made_from_many(desk, "2001:db8:1:%x::1"), CODES_OF_SITE);
    assert_int_equal(made_from(desk, "2001:db8:2::1"), 5); /* its neighbour */
    assert_int_equal(
        made_from_many(desk, "2001:db8:%x::1") + CODES_OF_SITE + 5 < CODES_OF_PROVIDER + 10, true);
    assert_int_equal(made_from(desk, "2001:db9::1"), 5); /* another provider */
    assert_int_equal(made_from(desk, "203.0.113.7"), 5);
}

/* Whatever ends a code gives all its places back, its number's too. */
static void a_code_that_is_over_gives_all_its_places_back(void **state)
{
    desk_t *desk = *state;
    caller_t phone = phone_caller(desk, "198.51.100.1", 2);
    shown_t shown;
    for (int i = 0; i < 3 * CODES_OF_SITE; i++) {
        caller_t desktop = phone_desktop(desk);
        desktop.address = apr_psprintf(desk->pool, "2001:db8:1:%x::1", i);
        assert_int_equal(phone_show(desk, &desktop, &shown), 200);
        phone_says(desk, &phone, shown.wid, "{'status':'cancel','wid':'$'}");
        assert_refusal(phone_says(desk, &phone, shown.number, "{'status':'wid','wid':'$'}"), 412,
                       "code_unknown");
    }
}

static void a_browser_that_asks_again_gives_up_its_oldest(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    shown_t shown[7];
    assert_int_equal(made_from(desk, desktop.address), 5);
    assert_int_equal(phone_show(desk, &desktop, &shown[0]), 429); /* it has none to give up */

    desktop.address = "203.0.113.9";
    for (int i = 0; i < 7; i++)
        assert_int_equal(phone_show(desk, &desktop, &shown[i]), 200);
    for (int i = 0; i < 7; i++)
        assert_status(desk, &shown[i], i < 2 ? "expired" : "new");
    caller_t bare = desk_caller(desk, desktop.address, 0);
    assert_int_equal(phone_show(desk, &bare, &shown[0]), 429); /* nobody's oldest is anybody's */
}

/* ---- what a phone says ----------------------------------------------------------------------- */

static void code_status_shows_a_name_or_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    static const char *const hostile[] = {"<script>alert(1)</script>",
                                          "a b",
                                          "\\\"},x:{\\\"",
                                          "anna<img src=x>",
                                          "a\\u0000b",
                                          "\\u202eanna",
                                          "\\u00e4nna",
                                          "anna\\n"};
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        result_t *result =
            phone_says(desk, &phone, shown.wid,
                       apr_pstrcat(desk->pool, "{'status':'user','wid':'$','userId':'", hostile[i],
                                   "'}", NULL));
        assert_int_equal(result->status, 400);
    }
    char *longest = apr_pcalloc(desk->pool, 300);
    memset(longest, 'x', 255);
    assert_int_equal(phone_says(desk, &phone, shown.wid,
                                apr_pstrcat(desk->pool, "{'status':'user','wid':'$','userId':'",
                                            longest, "'}", NULL))
                         ->status,
                     400);
    assert_string_equal(json_text(phone_poll(desk, shown.web_ott, desk->pool), "userId", 300), "");
    longest[254] = '\0';
    assert_int_equal(phone_says(desk, &phone, shown.wid,
                                apr_pstrcat(desk->pool, "{'status':'user','wid':'$','userId':'",
                                            longest, "'}", NULL))
                         ->status,
                     200);
    assert_string_equal(json_text(phone_poll(desk, shown.web_ott, desk->pool), "userId", 300),
                        longest);
}

static void one_phone_has_a_code_and_may_repeat_itself(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    static const unsigned char cookies[] = {2, 0}; /* known by its cookie, by its address */
    for (size_t i = 0; i < sizeof cookies; i++) {
        caller_t phone = phone_caller(desk, "198.51.100.1", cookies[i]),
                 other = phone_caller(desk, "198.51.100.2", cookies[i] ? 3 : 0);
        static const char *const sayings[] = {
            "{'status':'wid','wid':'$'}", "{'status':'user','wid':'$','userId':'mallory'}",
            "{'status':'cancel','wid':'$'}", "{'status':'abort','wid':'$'}"};
        shown_t shown;
        assert_int_equal(phone_show(desk, &desktop, &shown), 200);
        assert_int_equal(phone_says(desk, &phone, shown.number, sayings[0])->status, 200);
        for (size_t j = 0; j < sizeof sayings / sizeof *sayings; j++)
            assert_refusal(phone_says(desk, &other, shown.wid, sayings[j]), 403, "code_taken");
        phone.address = cookies[i] ? "198.51.100.99" : phone.address;
        for (int j = 0; j < 3; j++)
            assert_int_equal(phone_says(desk, &phone, shown.wid, sayings[0])->status, 200);
        assert_int_equal(
            phone_says(desk, &phone, shown.wid, "{'status':'user','wid':'$','userId':'anna'}")
                ->status,
            200);
        assert_status(desk, &shown, "user");
        assert_int_equal(phone_says(desk, &phone, shown.wid, sayings[2])->status, 200);
        assert_status(desk, &shown, "abort");
        assert_refusal(phone_says(desk, &phone, shown.wid, sayings[0]), 412, "code_unknown");
    }
}

static void a_desktop_takes_its_code_back_whoever_has_it(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    shown_t shown;
    for (int claimed = 0; claimed < 2; claimed++) {
        assert_int_equal(phone_show(desk, &desktop, &shown), 200);
        if (claimed)
            phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$'}");
        assert_int_equal(
            phone_says(desk, &desktop, shown.number, "{'status':'abort','wid':'$'}")->status, 200);
        assert_status(desk, &shown, "abort");
        assert_refusal(phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$'}"), 412,
                       "code_unknown");
    }
}

/* A phone that lets people pick: what it was given. */
typedef struct given_t {
    const json_t *json;
    char match[3], other[3];
} given_t;

static given_t pick_on(desk_t *desk, const caller_t *phone, const shown_t *shown, const char *text)
{
    given_t given = {.json = phone_says(desk, phone, shown->wid, text)->json};
    const json_t *choices = json_object_get(given.json, "choices");
    const char *match = json_text(phone_poll(desk, shown->web_ott, desk->pool), "match", 2);
    int found = 0;
    assert_non_null(match);
    assert_int_equal(json_array_size(choices), 3);
    apr_cpystrn(given.match, match, sizeof given.match);
    for (size_t i = 0; i < 3; i++) {
        const char *choice = json_string_value(json_array_get(choices, i));
        assert_int_equal(strlen(choice), 2);
        if (strcmp(choice, match) == 0)
            found++;
        else
            apr_cpystrn(given.other, choice, sizeof given.other);
    }
    assert_int_equal(found, 1);
    return given;
}

static const char *user(desk_t *desk, const char *choice, const char *more)
{
    return apr_pstrcat(desk->pool, "{'status':'user','wid':'$','userId':'anna','choice':'", choice,
                       "'", more, "}", NULL);
}

static void relay_context_is_shown(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    static const char wid[] = "{'status':'wid','wid':'$','pick':true}";
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given_t given = pick_on(desk, &phone, &shown, wid);
    const json_t *about = json_object_get(given.json, "desktop");
    assert_string_equal(json_text(given.json, "origin", 100), "wiki.example.org");
    assert_string_equal(json_text(about, "browser", 100), "Chrome on Linux");
    assert_string_equal(json_text(about, "address", 100), "192.0.2.7");
    assert_true(json_is_false(json_object_get(about, "sameNetwork")));
    assert_true(json_is_false(json_object_get(about, "seen")));
    assert_true(json_is_true(json_object_get(given.json, "secondTap")));

    /* An unseen desktop on another network wants a second tap. */
    assert_refusal(phone_says(desk, &phone, shown.wid, user(desk, given.match, "")), 403,
                   "second_tap");
    assert_status(desk, &shown, "wid");
    assert_int_equal(
        phone_says(desk, &phone, shown.wid, user(desk, given.match, ",'confirmed':true"))->status,
        200);
    assert_status(desk, &shown, "user");

    /* One on the phone's network does not. */
    phone.address = "192.0.2.200";
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given = pick_on(desk, &phone, &shown, wid);
    assert_true(
        json_is_true(json_object_get(json_object_get(given.json, "desktop"), "sameNetwork")));
    assert_true(json_is_false(json_object_get(given.json, "secondTap")));
    assert_int_equal(phone_says(desk, &phone, shown.wid, user(desk, given.match, ""))->status, 200);

    /* Nor does one where that user has signed in before; another user has not. */
    known_t known = {.id = {0}};
    known_add(&known, "anna");
    desktop.known = &known;
    phone.address = "198.51.100.1";
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given = pick_on(desk, &phone, &shown, wid);
    assert_refusal(
        phone_says(desk, &phone, shown.wid,
                   apr_pstrcat(desk->pool, "{'status':'user','wid':'$','userId':'mary','choice':'",
                               given.match, "'}", NULL)),
        403, "second_tap");
    assert_int_equal(phone_says(desk, &phone, shown.wid, user(desk, given.match, ""))->status, 200);

    /* A phone on which the same user has signed in knows that at once. */
    phone.known = &known;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given = pick_on(desk, &phone, &shown, wid);
    assert_true(json_is_true(json_object_get(json_object_get(given.json, "desktop"), "seen")));
    assert_true(json_is_false(json_object_get(given.json, "secondTap")));
}

static void a_wrong_pick_ends_the_code(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "192.0.2.9", 2);
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given_t given = pick_on(desk, &phone, &shown, "{'status':'wid','wid':'$','pick':true}");
    assert_refusal(
        phone_says(desk, &phone, shown.wid, "{'status':'user','wid':'$','userId':'anna'}"), 400,
        "field_missing"); /* it said that its user would pick */
    result_t *result = phone_says(desk, &phone, shown.wid, user(desk, given.other, ""));
    assert_refusal(result, 403, "wrong_pick");
    assert_string_equal(result->event, "wrong_pick");
    assert_status(desk, &shown, "expired");
    assert_null(json_object_get(phone_poll(desk, shown.web_ott, desk->pool), "match"));
    assert_refusal(phone_says(desk, &phone, shown.wid, user(desk, given.match, "")), 412,
                   "code_unknown");
}

/* The same numbers however often it asks: no second guess, and no new pair of eyes. */
static void asking_again_gives_the_same_choices(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "192.0.2.9", 2);
    static const char wid[] = "{'status':'wid','wid':'$','pick':true}";
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    given_t first = pick_on(desk, &phone, &shown, wid);
    for (int i = 0; i < 5; i++) {
        given_t again = pick_on(desk, &phone, &shown, wid);
        assert_true(json_equal(json_object_get(first.json, "choices"),
                               json_object_get(again.json, "choices")));
        assert_string_equal(first.match, again.match);
    }
    /* Saying "wid" once more without `pick` takes nothing back. */
    phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$'}");
    assert_refusal(
        phone_says(desk, &phone, shown.wid, "{'status':'user','wid':'$','userId':'anna'}"), 400,
        "field_missing");
}

static void a_phone_that_cannot_pick_is_asked_for_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    result_t *result = phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$'}");
    assert_null(json_object_get(result->json, "choices"));
    assert_null(json_object_get(phone_poll(desk, shown.web_ott, desk->pool), "match"));
    assert_int_equal(
        phone_says(desk, &phone, shown.wid, "{'status':'user','wid':'$','userId':'anna'}")->status,
        200);
}

static void guesses_of_numbers_are_throttled(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk), phone = phone_caller(desk, "198.51.100.1", 2);
    shown_t shown;
    desk->throttle.address.count = 30;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    for (int i = 0; i < 40; i++) /* what hits is free */
        assert_int_equal(
            phone_says(desk, &phone, shown.number, "{'status':'wid','wid':'$'}")->status, 200);
    static const char *const wrong[] = {"7673507", "0123456789abcdef0123456789abcdef", "ff", "",
                                        "0000000"};
    int status, guesses = 0;
    while (
        (status =
             phone_says(desk, &phone, wrong[guesses % 5], "{'status':'wid','wid':'$'}")->status) ==
        412)
        guesses++;
    assert_int_equal(status, 429);
    assert_int_equal(guesses, 30);
    assert_int_equal(phone_says(desk, &phone, shown.number, "{'status':'wid','wid':'$'}")->status,
                     429);
    caller_t elsewhere = phone_caller(desk, "203.0.113.1", 2);
    assert_int_equal(
        phone_says(desk, &elsewhere, shown.number, "{'status':'wid','wid':'$'}")->status, 200);
}

static void a_code_lives_for_300_seconds(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    desk->shift = apr_time_from_sec(299);
    assert_status(desk, &shown, "new");
    desk->shift = apr_time_from_sec(300);
    assert_status(desk, &shown, "expired");
    caller_t phone = phone_caller(desk, "198.51.100.1", 2);
    assert_refusal(phone_says(desk, &phone, shown.number, "{'status':'wid','wid':'$'}"), 412,
                   "code_unknown");
    assert_refusal(phone_says(desk, &phone, shown.wid, "{'status':'wid','wid':'$'}"), 412,
                   "code_unknown");
}

static void who_has_the_wid_cannot_poll(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    shown_t shown;
    assert_int_equal(phone_show(desk, &desktop, &shown), 200);
    assert_string_equal(json_text(phone_poll(desk, shown.wid, desk->pool), "status", 20),
                        "expired");
    assert_string_equal(json_text(phone_poll(desk, "00", desk->pool), "status", 20), "expired");
}

static void phone_login_that_is_off_is_404(void **state)
{
    desk_t *desk = *state;
    caller_t desktop = phone_desktop(desk);
    const json_t *none = desk_json(desk->pool, "{}");
    desk->phone_settings.on = false;
    assert_refusal(phone_access_number(desk->phones, &desktop, desk->pool), 404, "not_found");
    assert_refusal(phone_qr_url(desk->phones, &desktop, none, desk->pool), 404, "not_found");
    assert_refusal(phone_access(desk->phones, &desktop, "{}", 2, desk->pool), 404, "not_found");
    assert_refusal(phone_code_status(desk->phones, &desktop, none, desk->pool), 404, "not_found");
    assert_refusal(rps_phone_authenticate(desk->rps, NULL, &desktop, none, desk->pool), 404,
                   "not_found");
    assert_refusal(phone_mobile_config(desk->phones, desk->pool), 404, "not_found");
    assert_refusal(phone_service(desk->phones, desk->pool), 404, "not_found");
    static const char *const fields[] = {"mobileAuthenticateURL", "accessNumberURL",
                                         "getAccessNumberURL", "getQrUrl", "codeStatusURL"};
    const json_t *settings = rps_client_settings(desk->rps, &desktop, desk->pool)->json;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_null(json_object_get(settings, fields[i]));
    desk->phone_settings.on = true;
    settings = rps_client_settings(desk->rps, &desktop, desk->pool)->json;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_int_equal(strncmp(json_text(settings, fields[i], 100), "/rps/", 5), 0);
}

/* ---- pictures and names ---------------------------------------------------------------------- */

static void a_qr_code_is_a_picture_and_no_text(void **state)
{
    desk_t *desk = *state;
    const char *svg =
        qr_svg("https://wiki.example.org/m#0123456789abcdef0123456789abcdef", desk->pool);
    assert_null(strstr(svg, "wiki"));
    assert_int_equal(strspn(strchr(svg, '>') + 1, "<>path fill=\"#0123456789abcdefMhvz-/svgd "),
                     strlen(strchr(svg, '>') + 1));
    assert_in_range(strlen(svg), 1000, 12000);
    assert_null(strstr(svg, "script"));
    char *longest = apr_pcalloc(desk->pool, QR_TEXT_MAX + 2);
    memset(longest, 'x', QR_TEXT_MAX);
    assert_in_range(strlen(qr_svg(longest, desk->pool)), 1000, 100000);
    longest[QR_TEXT_MAX] = 'x';
    assert_null(qr_svg(longest, desk->pool));
}

static void a_browser_is_named_in_our_words(void **state)
{
    desk_t *desk = *state;
    static const char *const known[][2] = {
        {DESKTOP_AGENT, "Chrome on Linux"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
         "Edge on Windows"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.5 Safari/605.1.15",
         "Safari on macOS"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
         "Safari on iPhone"},
        {"Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
         "Firefox on Android"},
        {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/126.0.0.0 "
         "Safari/537.36",
         "Chrome on ChromeOS"},
        {"curl/8.8.0", "Unknown browser"},
        {"<b>Your bank</b>", "Unknown browser"},
        {"", "Unknown browser"},
        {NULL, "Unknown browser"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_string_equal(browser_name(known[i][0], desk->pool), known[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_digit_is_the_protocols),
        cmocka_unit_test(mistyped_number_is_none),
        PHONE_TEST(a_number_and_a_qr_code_name_one_code),
        PHONE_TEST(answers_have_the_protocols_fields),
        PHONE_TEST(malformed_requests_are_400),
        PHONE_TEST(live_access_numbers_are_capped),
        PHONE_TEST(one_ipv6_site_does_not_take_all_phone_codes),
        PHONE_TEST(a_code_that_is_over_gives_all_its_places_back),
        PHONE_TEST(a_browser_that_asks_again_gives_up_its_oldest),
        PHONE_TEST(code_status_shows_a_name_or_nothing),
        PHONE_TEST(one_phone_has_a_code_and_may_repeat_itself),
        PHONE_TEST(a_desktop_takes_its_code_back_whoever_has_it),
        PHONE_TEST(relay_context_is_shown),
        PHONE_TEST(a_wrong_pick_ends_the_code),
        PHONE_TEST(asking_again_gives_the_same_choices),
        PHONE_TEST(a_phone_that_cannot_pick_is_asked_for_nothing),
        PHONE_TEST(guesses_of_numbers_are_throttled),
        PHONE_TEST(a_code_lives_for_300_seconds),
        PHONE_TEST(who_has_the_wid_cannot_poll),
        PHONE_TEST(phone_login_that_is_off_is_404),
        PHONE_TEST(a_qr_code_is_a_picture_and_no_text),
        PHONE_TEST(a_browser_is_named_in_our_words),
    };
    return cmocka_run_group_tests_name("rps codes", tests, NULL, NULL);
}
