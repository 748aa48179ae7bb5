/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <string.h>

#include "web/elsewhere.h"

static apr_pool_t *pool;

static const char *cleared(const char *host, const char *path)
{
    apr_array_header_t *lines = apr_array_make(pool, 1, sizeof(const char *));
    elsewhere_clear(lines, "mpin", host, path, false, pool);
    return apr_array_pstrcat(pool, lines, '|');
}

static void each_place_that_sends_a_cookie_is_cleared(void **state)
{
    (void)state;
    assert_string_equal(cleared("127.0.0.1", "/"), "mpin=; Path=/; HttpOnly; Max-Age=0");
    assert_string_equal(cleared("127.0.0.1", "/app/x?a=/b"),
                        "mpin=; Path=/; HttpOnly; Max-Age=0|mpin=; Path=/app; HttpOnly; Max-Age=0|"
                        "mpin=; Path=/app/; HttpOnly; Max-Age=0|"
                        "mpin=; Path=/app/x; HttpOnly; Max-Age=0");
    assert_string_equal(cleared("www.example.com", "/"),
                        "mpin=; Path=/; HttpOnly; Max-Age=0|"
                        "mpin=; Path=/; Domain=www.example.com; HttpOnly; Max-Age=0|"
                        "mpin=; Path=/; Domain=example.com; HttpOnly; Max-Age=0");
    assert_string_equal(cleared("localhost", "/"), "mpin=; Path=/; HttpOnly; Max-Age=0");
    assert_string_equal(cleared("[::1]", "/"), "mpin=; Path=/; HttpOnly; Max-Age=0");
}

static void nothing_of_a_path_becomes_an_attribute_or_a_line(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/;Domain=evil", "/\r\nSet-Cookie: a=b", "/ x", "/\"", "*", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_string_equal(cleared("127.0.0.1", paths[i]), "mpin=; Path=/; HttpOnly; Max-Age=0");
}

static void a_deep_path_has_an_end(void **state)
{
    (void)state;
    char deep[1000];
    for (size_t i = 0; i < sizeof deep; i += 2)
        memcpy(deep + i, "/x", 2);
    deep[sizeof deep - 1] = '\0';
    apr_array_header_t *lines = apr_array_make(pool, 1, sizeof(const char *));
    elsewhere_clear(lines, "mpin", "a.b.c.d.example.com", deep, true, pool);
    assert_int_equal(lines->nelts, ELSEWHERE_MAX);
}

static int make_pool(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_place_that_sends_a_cookie_is_cleared),
        cmocka_unit_test(nothing_of_a_path_becomes_an_attribute_or_a_line),
        cmocka_unit_test(a_deep_path_has_an_end),
    };
    apr_initialize();
    return cmocka_run_group_tests(tests, make_pool, NULL);
}
