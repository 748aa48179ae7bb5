/* SPDX-License-Identifier: Apache-2.0 */
/* Where a login may send a person: our own origin only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "login/return_to.h"

static apr_pool_t *pool;

static void assert_stays(const char *value)
{
    const char *path = return_to_path(value, 512, pool);
    assert_non_null(path);
    assert_string_equal(path, value);
}

static void assert_refused(const char *value)
{
    if (return_to_path(value, 512, pool))
        fail_msg("accepted: %s", value ? value : "NULL");
}

static void a_path_of_ours_is_kept_as_it_is(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/",           "/protected", "/a/b?c=d&e=f", "/q?next=https://example.org/",
        "/q?x=%0d%0a", "/caf%C3%A9", "/a%20b",       "/a/../b",
        "/x?y=//z",    "/a#b"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        assert_stays(paths[i]);
}

static void what_a_browser_may_take_for_another_host_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"",
                                         "//evil",
                                         "///evil",
                                         "////evil",
                                         "/\\evil",
                                         "\\\\evil",
                                         "\\/evil",
                                         "http:host",
                                         "http://evil",
                                         "https:/evil",
                                         "javascript:alert(1)",
                                         "data:text/html,x",
                                         "evil",
                                         "@evil",
                                         "?x",
                                         "#x",
                                         ".",
                                         "../x",
                                         "/\tevil",
                                         "\t//evil",
                                         "/\t/evil",
                                         "/\n/evil",
                                         "/\r/evil",
                                         " /x",
                                         "/x ",
                                         "/x y",
                                         "/\x01",
                                         "/\x7f",
                                         "/\xc3\xa9",
                                         "/%09/evil",
                                         "/%2fevil",
                                         "/%2Fevil",
                                         "/%5cevil",
                                         "/%5Cevil",
                                         "/a%5cb",
                                         "/%252fevil",
                                         "/%25252fevil",
                                         "/%255cevil",
                                         "/a%0d%0aSet-Cookie:x",
                                         "/a%00b",
                                         "/a%2500b",
                                         "/a?b%00",
                                         "/%2525252525252fevil",
                                         "/x\\y"};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        assert_refused(values[i]);
    assert_refused(NULL);
}

/* Each way to write a slash, in each of the first three places, with each thing that browsers
 * strip. */
static void no_spelling_of_two_slashes_gets_through(void **state)
{
    (void)state;
    static const char *const slashes[] = {"/",   "\\",    "%2f",   "%2F",    "%5c",
                                          "%5C", "%252f", "%255c", "%25252f"};
    static const char *const strips[] = {"", "\t", "\n", "\r", "%09", "%0a", "%0d", "%2509"};
    int tried = 0;
    for (size_t a = 0; a < sizeof(slashes) / sizeof(*slashes); a++)
        for (size_t s = 0; s < sizeof(strips) / sizeof(*strips); s++)
            for (size_t b = 0; b < sizeof(slashes) / sizeof(*slashes); b++, tried++)
                assert_refused(
                    apr_pstrcat(pool, slashes[a], strips[s], slashes[b], "evil.example", NULL));
    assert_true(tried > 600);
}

static void a_long_value_is_refused(void **state)
{
    (void)state;
    char *value = apr_palloc(pool, 514);
    memset(value, 'a', 513);
    value[0] = '/';
    value[513] = '\0';
    assert_refused(value);
    value[512] = '\0';
    assert_stays(value);
}

static void a_place_is_shown_as_its_path_and_never_long(void **state)
{
    (void)state;
    static const char *const shown[][2] = {
        {"/reports", "/reports"},
        {"/reports?year=2026&x=1", "/reports"},
        {"/reports#summer", "/reports"},
        {"https://wiki.example.org/reports?x=1", "/reports"},
        {"https://wiki.example.org", ""},
        {"/", ""},
        {"", ""},
        {"/?x=https://evil.example/reports", ""},
        {"/0123456789012345678901234567890123456789",
         "/01234567890123456789012345678901234567\u2026"},
    };
    for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
        assert_string_equal(return_to_shown(shown[i][0], pool), shown[i][1]);
    assert_string_equal(return_to_shown(NULL, pool), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_of_ours_is_kept_as_it_is),
        cmocka_unit_test(what_a_browser_may_take_for_another_host_is_refused),
        cmocka_unit_test(no_spelling_of_two_slashes_gets_through),
        cmocka_unit_test(a_long_value_is_refused),
        cmocka_unit_test(a_place_is_shown_as_its_path_and_never_long),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
