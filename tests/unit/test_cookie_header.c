/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <string.h>
#include "web/cookie_header.h"

static apr_pool_t *pool;

typedef struct expected_t {
    const char *header, *left, *value;
    int times;
} expected_t;

static void assert_value(const cookie_t *cookie, const char *expected)
{
    assert_int_equal(cookie->value.len, strlen(expected));
    assert_memory_equal(cookie->value.text, expected, strlen(expected));
}

static void check(const expected_t *expected)
{
    cookie_t ours[2] = {{.name = "mpin"}, {.name = "mpin-login"}};
    const char *left = cookie_header_take(expected->header, ours, 2, pool);
    if (expected->left)
        assert_string_equal(left, expected->left);
    else
        assert_null(left);
    if (expected->value)
        assert_value(&ours[0], expected->value);
    else
        assert_null(ours[0].value.text);
    assert_int_equal(ours[0].times, expected->times);
}

static void ours_are_taken_out_and_the_others_stay(void **state)
{
    static const expected_t all[] = {
        {"mpin=v", NULL, "v", 1},
        {"a=1; mpin=v; b=2", "a=1; b=2", "v", 1},
        {"mpin=v; a=1", "a=1", "v", 1},
        {"a=1; mpin=v", "a=1", "v", 1},
        {"a=1;mpin=v;b=2", "a=1;b=2", "v", 1},
        {"mpin=v; mpin-login=w", NULL, "v", 1},
        {"  mpin = v  ; a=1", "a=1", "v", 1},
        {"a=1, mpin=v, b=2", "a=1, b=2", "v", 1},
        {"a=\"1; mpin=v\"", "a=\"1", "v\"", 1},
        {"mpin=", NULL, "", 1},
        {"mpin", NULL, "", 1},
        {"mpin=\"\"", NULL, "\"\"", 1},
        {"mpin=a=b", NULL, "a=b", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        check(&all[i]);
}

static void a_name_that_came_twice_has_no_value(void **state)
{
    static const expected_t all[] = {
        {"mpin=a; mpin=b", NULL, NULL, 2},
        {"mpin=a; x=1; mpin=b; mpin=c", "x=1", NULL, 3},
        {"mpin=a, mpin=b", NULL, NULL, 2},
        {"mpin=a; mpin", NULL, NULL, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        check(&all[i]);
}

static void what_is_not_ours_stays_as_it_came(void **state)
{
    static const char *const all[] = {"a=1",       ";",
                                      ";;",        "=",
                                      "",          "mpinx=1",
                                      "Mpin=1",    "xmpin=1",
                                      "mpin-=1",   "mpin-loginx=1",
                                      ", ;,",      "a=\"x;y\"; b",
                                      "a=1 mpin=2"};
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        cookie_t ours[2] = {{.name = "mpin"}, {.name = "mpin-login"}};
        assert_ptr_equal(cookie_header_take(all[i], ours, 2, pool), all[i]);
        assert_int_equal(ours[0].times + ours[1].times, 0);
    }
}

static void sixty_four_kilobytes_are_read(void **state)
{
    char *header = apr_palloc(pool, 65536 + 16);
    cookie_t ours[1] = {{.name = "mpin"}};
    (void)state;
    memset(header, ';', 65536);
    strcpy(header + 65536, "mpin=v");
    assert_null(cookie_header_take(header, ours, 1, pool));
    assert_value(&ours[0], "v");
}

static void set_cookie_lines_are_known_by_their_name(void **state)
{
    (void)state;
    assert_true(cookie_header_sets("mpin=v; Path=/", "mpin"));
    assert_true(cookie_header_sets(" mpin = v", "mpin"));
    assert_true(cookie_header_sets("mpin", "mpin"));
    assert_true(cookie_header_sets("mpin;x=1", "mpin"));
    assert_true(cookie_header_sets("=mpin=v", "mpin")); /* comes back as "mpin=v" */
    assert_true(cookie_header_sets(" = mpin=v", "mpin"));
    assert_false(cookie_header_sets("mpin-login=v", "mpin"));
    assert_false(cookie_header_sets("xmpin=v", "mpin"));
    assert_false(cookie_header_sets("", "mpin"));
    assert_false(cookie_header_sets("a=mpin=v", "mpin"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_are_taken_out_and_the_others_stay),
        cmocka_unit_test(a_name_that_came_twice_has_no_value),
        cmocka_unit_test(what_is_not_ours_stays_as_it_came),
        cmocka_unit_test(sixty_four_kilobytes_are_read),
        cmocka_unit_test(set_cookie_lines_are_known_by_their_name),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
