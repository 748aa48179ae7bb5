/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange with somebody else: what is sent, in which seat, and what came of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/peer.h"
#include "http_peer.h"

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define SECRET "geheimgeheimgeheim"

static apr_pool_t *pool;
static http_t *http;
static char last_line[256];
static int lines;

static void remember(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton;
    (void)level;
    lines++;
    snprintf(last_line, sizeof last_line, "%s %s", id, text);
}

static const log_sink_t sink = {remember, NULL, LOG_LEVEL_INFO};
static const log_sink_t reader = {remember, NULL, LOG_LEVEL_DEBUG};

static peer_t begin(const char *answer, int pause_ms)
{
    http_peer_start(answer, pause_ms);
    lines = 0;
    return (peer_t){
        .http = http, .seats = seats_make(1, pool), .log = &sink, .id = "MPIN9", .who = "Anna"};
}

static peer_question_t question(void)
{
    return (peer_question_t){
        .method = "POST", .url = http_peer_url(), .total_ms = 500, .max = 1000};
}

static peer_answer_t ask(const peer_t *peer)
{
    const peer_question_t asked = question();
    return peer_ask(peer, &asked, pool);
}

static bool seat_is_free(const peer_t *peer)
{
    seat_t seat;
    if (!seats_take(peer->seats, 60000, &seat))
        return false;
    seats_give(peer->seats, &seat);
    return true;
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static void a_body_goes_as_json_beside_the_callers_headers(void **state)
{
    (void)state;
    const char *headers[] = {"X-One: 1", "X-Two: 2", NULL};
    const peer_t peer = begin(OK_JSON "Content-Length: 2\r\n\r\n{}", 0);
    peer_question_t asked = question();
    asked.headers = headers;
    asked.body = json_tie(pool, json_pack("{s:s}", "user", "anna"));
    assert_int_equal(peer_ask(&peer, &asked, pool).outcome, PEER_OK);
    const char *sent = http_peer_request();
    assert_non_null(strstr(sent, "POST / HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(sent, "\r\nX-One: 1\r\n"));
    assert_non_null(strstr(sent, "\r\nX-Two: 2\r\n"));
    assert_non_null(strstr(sent, "\r\n\r\n{\"user\":\"anna\"}"));
    assert_null(strstr(sent, "Authorization"));
}

static void without_a_body_no_type_is_sent(void **state)
{
    (void)state;
    const peer_t peer = begin(OK_JSON "Content-Length: 2\r\n\r\n{}", 0);
    assert_int_equal(ask(&peer).outcome, PEER_OK);
    assert_null(strstr(http_peer_request(), "Content-Type"));
}

static void a_secret_shows_who_asks_and_stays_nowhere_in_the_pool(void **state)
{
    (void)state;
    const peer_t peer = begin(OK_JSON "Content-Length: 2\r\n\r\n{}", 0);
    apr_pool_t *p;
    peer_question_t asked = question();
    asked.bearer = (const unsigned char *)SECRET "and more";
    asked.bearer_len = strlen(SECRET);
    apr_pool_create(&p, pool);
    const char *from = apr_palloc(p, 1);
    assert_int_equal(peer_ask(&peer, &asked, p).outcome, PEER_OK);
    const char *to = apr_palloc(p, 1);
    assert_true(to > from && to - from < 8192); /* all that it took lies between the two */
    assert_null(memmem(from, (size_t)(to - from), SECRET, strlen(SECRET)));
    assert_non_null(strstr(http_peer_request(), "\r\nAuthorization: Bearer " SECRET "\r\n"));
    apr_pool_destroy(p);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void an_answer_is_its_status_and_its_object(void **state)
{
    (void)state;
    const peer_t peer = begin("HTTP/1.1 403 No\r\nContent-Type: application/json; charset=utf-8\r\n"
                              "Content-Length: 8\r\n\r\n{\"a\": 1}",
                              0);
    const peer_answer_t answer = ask(&peer);
    assert_int_equal(answer.outcome, PEER_OK);
    assert_int_equal(answer.status, 403);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "a")), 1);
    assert_true(answer.is_typed);
    assert_true(seat_is_free(&peer));
}

static void the_type_is_judged_apart_from_the_object(void **state)
{
    (void)state;
    const peer_t peer =
        begin("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}", 0);
    peer_answer_t answer = ask(&peer);
    assert_non_null(answer.json);
    assert_false(answer.is_typed);
    http_peer_answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    assert_false(ask(&peer).is_typed);
    http_peer_answers(
        "HTTP/1.1 200 OK\r\nContent-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}");
    assert_false(ask(&peer).is_typed);
    http_peer_answers(
        "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON\r\nContent-Length: 2\r\n\r\n[]");
    answer = ask(&peer);
    assert_null(answer.json);
    assert_true(answer.is_typed);
}

static void what_is_no_answer_has_its_reason_and_gives_the_seat_back(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        int pause_ms;
        peer_outcome_t outcome;
    } cases[] = {
        {OK_JSON "Content-Length: 0\r\n\r\n", 3000, PEER_SLOW},
        {"SSH-2.0-OpenSSH\r\n", 0, PEER_BROKEN},
        {OK_JSON "Content-Length: 1001\r\n\r\n", 0, PEER_BROKEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const peer_t peer = begin(cases[i].bytes, cases[i].pause_ms);
        const peer_answer_t answer = ask(&peer);
        assert_int_equal(answer.outcome, cases[i].outcome);
        assert_int_equal(answer.status, 0);
        assert_null(answer.json);
        assert_true(answer.why[0]);
        assert_true(seat_is_free(&peer));
        http_peer_stop(NULL);
    }
    const peer_t peer = begin("", 0);
    http_peer_stop(NULL);
    assert_int_equal(ask(&peer).outcome, PEER_UNREACHABLE);
    assert_true(seat_is_free(&peer));
}

static void without_a_seat_nothing_is_sent(void **state)
{
    (void)state;
    seat_t seat;
    const peer_t peer = begin(OK_JSON "Content-Length: 2\r\n\r\n{}", 0);
    assert_true(seats_take(peer.seats, 60000, &seat));
    const peer_answer_t answer = ask(&peer);
    assert_int_equal(answer.outcome, PEER_BUSY);
    assert_true(answer.why[0]);
    assert_int_equal(http_peer_requests(), 0);
    seats_give(peer.seats, &seat);
    assert_int_equal(ask(&peer).outcome, PEER_OK);
}

/* ---- what is said of it ---------------------------------------------------------------------- */

static void a_complaint_is_made_once_a_minute_by_the_callers_words(void **state)
{
    (void)state;
    peer_t peer = begin("", 0);
    ask(&peer);
    assert_int_equal(lines, 0);
    peer_complain(&peer, "status 500");
    assert_string_equal(last_line, "MPIN9 Anna gives no answer that counts: status 500");
    peer_complain(&peer, "status 501");
    assert_int_equal(lines, 1);
    peer.complained -= apr_time_from_sec(60);
    peer_complain(&peer, "status 502");
    assert_int_equal(lines, 2);
}

static void a_debug_line_says_how_it_went_to_whoever_asks_and_not_what_was_said(void **state)
{
    (void)state;
    seat_t seat;
    const peer_t peer = begin(OK_JSON "Content-Length: 17\r\n\r\n{\"hidden\":\"word\"}", 0);
    peer_question_t asked = question();
    asked.url = apr_pstrcat(pool, http_peer_url(), "mpinPermit?mpin_id=hidden", NULL);
    asked.bearer = (const unsigned char *)SECRET;
    asked.bearer_len = sizeof SECRET - 1;
    asked.body = json_tie(pool, json_pack("{s:s}", "user", "hidden"));
    peer_ask(&peer, &asked, pool);
    assert_int_equal(lines, 0); /* the peer's own log has no debug lines */

    asked.log = &reader;
    peer_ask(&peer, &asked, pool);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(last_line, "MPIN0748 Anna answered 200 after "));
    assert_null(strstr(last_line, "hidden"));
    assert_null(strstr(last_line, SECRET));

    assert_true(seats_take(peer.seats, 60000, &seat));
    peer_ask(&peer, &asked, pool);
    assert_non_null(strstr(last_line, "as many workers as may are waiting for somebody"));
    seats_give(peer.seats, &seat);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, http_peer_stop)
    const struct CMUnitTest tests[] = {
        TEST(a_body_goes_as_json_beside_the_callers_headers),
        TEST(without_a_body_no_type_is_sent),
        TEST(a_secret_shows_who_asks_and_stays_nowhere_in_the_pool),
        TEST(an_answer_is_its_status_and_its_object),
        TEST(the_type_is_judged_apart_from_the_object),
        TEST(what_is_no_answer_has_its_reason_and_gives_the_seat_back),
        TEST(without_a_seat_nothing_is_sent),
        TEST(a_complaint_is_made_once_a_minute_by_the_callers_words),
        TEST(a_debug_line_says_how_it_went_to_whoever_asks_and_not_what_was_said),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    http = http_make(pool);
    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
