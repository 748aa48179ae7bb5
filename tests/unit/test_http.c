/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/http.h"
#include "http_peer.h"

static apr_pool_t *pool;
static http_t *http;

static http_answer_t ask(const char *url, apr_size_t body_max)
{
    const http_request_t request = {
        .method = "GET", .url = url, .connect_ms = 2000, .total_ms = 500, .body_max = body_max};
    return http_exchange(http, &request, pool);
}

static http_answer_t get(apr_size_t body_max)
{
    return ask(http_peer_url(), body_max);
}

static void an_answer_has_status_type_and_body(void **state)
{
    (void)state;
    http_peer_start(
        "HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 0);
    http_answer_t answer = get(2);
    assert_int_equal(answer.outcome, HTTP_EXCHANGE_OK);
    assert_int_equal(answer.status, 403);
    assert_string_equal(answer.type, "application/json");
    assert_string_equal(answer.body, "{}");
    assert_int_equal(answer.len, 2);
    answer = get(2); /* and once more, on the handle that was kept */
    assert_int_equal(answer.outcome, HTTP_EXCHANGE_OK);
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
    (void)state;
    http_peer_start(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0);
    http_answer_t answer = get(100);
    assert_int_equal(answer.outcome, HTTP_EXCHANGE_OK);
    assert_int_equal(answer.status, 302);
    assert_string_equal(answer.type, "");
}

static void a_body_that_is_too_large_is_broken(void **state)
{
    (void)state;
    http_peer_start("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 0);
    assert_int_equal(get(2).outcome, HTTP_EXCHANGE_BROKEN);
}

static void half_an_answer_is_broken(void **state)
{
    (void)state;
    http_peer_start("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc", 0);
    assert_int_equal(get(100).outcome, HTTP_EXCHANGE_BROKEN);
}

static void what_is_no_http_is_broken(void **state)
{
    (void)state;
    http_peer_start("SSH-2.0-OpenSSH\r\n", 0);
    http_answer_t answer = get(100);
    assert_int_equal(answer.outcome, HTTP_EXCHANGE_BROKEN);
    assert_non_null(answer.why);
}

static void a_peer_that_takes_too_long_is_slow(void **state)
{
    (void)state;
    http_peer_start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 5000);
    assert_int_equal(get(100).outcome, HTTP_EXCHANGE_SLOW);
}

static void nobody_there_is_unreachable(void **state)
{
    (void)state;
    http_peer_start("", 0);
    http_peer_stop(NULL);
    assert_int_equal(get(100).outcome, HTTP_EXCHANGE_UNREACHABLE);
}

static void no_other_scheme_is_spoken(void **state)
{
    (void)state;
    assert_int_not_equal(ask("file:///etc/hostname", 100).outcome, HTTP_EXCHANGE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_answer_has_status_type_and_body, http_peer_stop),
        cmocka_unit_test_teardown(a_redirect_is_an_answer_and_not_followed, http_peer_stop),
        cmocka_unit_test_teardown(a_body_that_is_too_large_is_broken, http_peer_stop),
        cmocka_unit_test_teardown(half_an_answer_is_broken, http_peer_stop),
        cmocka_unit_test_teardown(what_is_no_http_is_broken, http_peer_stop),
        cmocka_unit_test_teardown(a_peer_that_takes_too_long_is_slow, http_peer_stop),
        cmocka_unit_test_teardown(nobody_there_is_unreachable, http_peer_stop),
        cmocka_unit_test_teardown(no_other_scheme_is_spoken, http_peer_stop),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    http = http_make(pool);
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
