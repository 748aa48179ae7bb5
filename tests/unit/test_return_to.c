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
#include "web/form.h"
#include "web/return_to.h"

static apr_pool_t *pool;

static void assert_stays(const char *value)
{
    const char *path = return_to_path(value, pool);
    assert_non_null(path);
    assert_string_equal(path, value);
}

static void assert_refused(const char *value)
{
    if (return_to_path(value, pool))
        fail_msg("accepted: %s", value ? value : "NULL");
}

static void a_path_of_ours_is_kept_as_it_is(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/",           "/protected",  "/a/b?c=d&e=f", "/q?next=https://example.org/",
        "/q?x=%0d%0a", "/caf%C3%A9",  "/a%20b",       "/a/../b",
        "/x?y=//z",    "/a#b",        "/AC%5CDC",     "/a//b",
        "/a/%2Fb",     "/50%25%20off"};
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
    char *value = apr_palloc(pool, RETURN_TO_MAX + 2);
    memset(value, 'a', RETURN_TO_MAX + 1);
    value[0] = '/';
    value[RETURN_TO_MAX + 1] = '\0';
    assert_refused(value);
    value[RETURN_TO_MAX] = '\0';
    assert_stays(value);
    assert_true(RETURN_TO_MAX >= 4096);
}

/* ---- other hosts ---- */

static const char *at_hosts(const char *value)
{
    static const public_url_t own = {"https://login.example.com", "login.example.com", true, false};
    apr_array_header_t *are = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(are, const char *) = "wiki.example.net";
    APR_ARRAY_PUSH(are, const char *) = "wiki.example.net:8443";
    const return_hosts_t listed = {.are = are}, below = {.domain = "example.com"};
    const char *url = return_to_url(value, &own, &listed, pool);
    return url ? url : return_to_url(value, &own, &below, pool);
}

static void a_place_at_a_host_that_is_listed_or_below_the_domain_is_kept(void **state)
{
    (void)state;
    assert_string_equal(at_hosts("https://wiki.example.com/a?b=c"),
                        "https://wiki.example.com/a?b=c");
    assert_string_equal(at_hosts("https://WIKI.example.com"), "https://wiki.example.com/");
    assert_string_equal(at_hosts("https://wiki.example.com:8443/"),
                        "https://wiki.example.com:8443/");
    assert_string_equal(at_hosts("https://wiki.example.net:443/x"), "https://wiki.example.net/x");
    assert_string_equal(at_hosts("https://wiki.example.net:8443/x"),
                        "https://wiki.example.net:8443/x");
    assert_string_equal(at_hosts("https://login.example.com:443/x?y"), "/x?y"); /* our own */
}

static void any_other_host_is_refused_however_it_is_spelled(void **state)
{
    (void)state;
    static const char *const values[] = {"https://evil.example/",
                                         "https://wiki.example.net.evil.example/",
                                         "https://evilexample.com/",
                                         "https://wiki.example.net:99/",
                                         "http://wiki.example.com/",
                                         "//wiki.example.com/",
                                         "https:wiki.example.com/",
                                         "https:///wiki.example.com/",
                                         "https://wiki.example.com@evil.example/",
                                         "https://wiki.example.com%40evil.example/",
                                         "https://evil.example\\.example.com/",
                                         "https://evil.example/.example.com",
                                         "https://evil.example#.example.com",
                                         "https://evil.example?.example.com",
                                         "https://wiki.example.com\\@evil.example/",
                                         "https://wiki.example.com//evil",
                                         "https://login.example.com//evil",
                                         "https://login.example.com@evil.example/",
                                         "https://wiki.example.com/\t/evil",
                                         "https://wiki.example.com./",
                                         "https://wiki.example.com?x",
                                         "javascript:https://wiki.example.com/",
                                         ""};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (at_hosts(values[i]))
            fail_msg("accepted: %s", values[i]);
    assert_null(at_hosts(NULL));
}

static void only_places_that_get_our_cookies_are_near(void **state)
{
    (void)state;
    const return_hosts_t below = {.domain = "example.com"}, none = {.domain = NULL};
    assert_true(return_to_is_near("/a", &none, pool));
    assert_true(return_to_is_near("https://wiki.example.com:8443/a", &below, pool));
    assert_false(return_to_is_near("https://wiki.example.com/a", &none, pool));
    assert_false(return_to_is_near("https://wiki.example.net/a", &below, pool));
}

/* ---- in a URL ---- */

static void a_place_comes_back_from_a_query_byte_for_byte(void **state)
{
    (void)state;
    static const char place[] = "/a%2Fb/c+d;e?f=g&h=%26&i=a+b&=#'\"<>j";
    const char *query =
        apr_pstrcat(pool, "x=1&return=", return_to_escape(place, pool), "&y=2", NULL);
    assert_string_equal(apr_table_get(form_parse(query, pool), "return"), place);
    assert_null(strpbrk(return_to_escape(place, pool), "&#+<>\" "));
    assert_string_equal(return_to_escape("/a/b?c=d", pool), "%2fa%2fb%3fc%3dd");
    char *slashes = apr_palloc(pool, 5001);
    memset(slashes, '/', 5000);
    slashes[5000] = '\0';
    assert_string_equal(return_to_escape(slashes, pool), slashes); /* a long one grows little */
    assert_string_equal(return_to_spell("/caf\xc3\xa9 x", pool), "/caf%C3%A9%20x");
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
        cmocka_unit_test(a_place_at_a_host_that_is_listed_or_below_the_domain_is_kept),
        cmocka_unit_test(any_other_host_is_refused_however_it_is_spelled),
        cmocka_unit_test(only_places_that_get_our_cookies_are_near),
        cmocka_unit_test(a_place_comes_back_from_a_query_byte_for_byte),
        cmocka_unit_test(a_place_is_shown_as_its_path_and_never_long),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
