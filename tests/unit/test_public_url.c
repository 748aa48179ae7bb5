/* SPDX-License-Identifier: Apache-2.0 */
/* MPinPublicURL: one spelling, the browser's, or a sentence that says why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "config/public_url.h"

static apr_pool_t *pool;

static void assert_origin(const char *text, const char *origin, const char *host, bool loopback)
{
    public_url_t url;
    const char *wrong = public_url_parse(&url, text, pool);
    if (wrong)
        fail_msg("%s: %s", text, wrong);
    assert_string_equal(url.text, origin);
    assert_string_equal(url.host, host);
    assert_int_equal(url.https, !strncmp(origin, "https", 5));
    assert_int_equal(url.loopback, loopback);
}

static void assert_wrong(const char *text, const char *sentence)
{
    public_url_t url;
    const char *wrong = public_url_parse(&url, text, pool);
    if (!wrong)
        fail_msg("taken: %s", text);
    if (!strstr(wrong, sentence))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, wrong, sentence);
}

static void an_origin_is_spelled_as_browsers_spell_it(void **state)
{
    (void)state;
    assert_origin("https://www.example.com", "https://www.example.com", "www.example.com", false);
    assert_origin("HTTPS://WWW.Example.COM", "https://www.example.com", "www.example.com", false);
    assert_origin("https://www.example.com/", "https://www.example.com", "www.example.com", false);
    assert_origin("https://a.example:443", "https://a.example", "a.example", false);
    assert_origin("https://a.example:80", "https://a.example:80", "a.example", false);
    assert_origin("http://a.example:80", "http://a.example", "a.example", false);
    assert_origin("https://a.example:08443", "https://a.example:8443", "a.example", false);
    assert_origin("https://192.0.2.7:8443", "https://192.0.2.7:8443", "192.0.2.7", false);
    assert_origin("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443", "[2001:db8::1]",
                  false);
    assert_origin("https://wiki", "https://wiki", "wiki", false);
}

static void only_the_three_names_of_this_machine_are_loopback(void **state)
{
    (void)state;
    assert_origin("http://localhost:8005", "http://localhost:8005", "localhost", true);
    assert_origin("http://127.0.0.1:8005", "http://127.0.0.1:8005", "127.0.0.1", true);
    assert_origin("http://[::1]:8005", "http://[::1]:8005", "[::1]", true);
    assert_origin("http://[0:0:0:0:0:0:0:1]", "http://[::1]", "[::1]", true);
    assert_origin("http://127.0.0.2", "http://127.0.0.2", "127.0.0.2", false);
    assert_origin("http://localhost.example.com", "http://localhost.example.com",
                  "localhost.example.com", false);
}

static void more_than_scheme_host_and_port_is_refused(void **state)
{
    (void)state;
    assert_wrong("https://www.example.com/app", "path");
    assert_wrong("https://www.example.com//", "path");
    assert_wrong("https://www.example.com?x=1", "query");
    assert_wrong("https://www.example.com#top", "fragment");
    assert_wrong("https://john@www.example.com", "user name");
    assert_wrong("https://john:secret@www.example.com", "user name");
    assert_wrong("https://[::1]@evil.example", "user name");
}

static void what_is_no_host_or_port_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {"https://",
                                        "https://.",
                                        "https://a..b",
                                        "https://.a",
                                        "https://a.",
                                        "https://a b",
                                        "https://caf\xc3\xa9.fr",
                                        "https://a%2eb",
                                        "https://a\\b",
                                        "https://127.1",
                                        "https://1.2.3.256",
                                        "https://a.0x7f.1",
                                        "https://1",
                                        "https://*",
                                        "https://a\nb",
                                        "https://[1.2.3.4]",
                                        "https://[g::1]",
                                        "https://[::1",
                                        "https://::1"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
        assert_wrong(hosts[i], "write");
    assert_wrong("https://a:0", "port");
    assert_wrong("https://a:65536", "port");
    assert_wrong("https://a:999999999999", "port");
    assert_wrong("https://a:", "port");
    assert_wrong("https://a:80x", "port");
    assert_wrong("https://a:+80", "port");
    assert_wrong("https://[::1]x", "]");
    assert_wrong(apr_pstrcat(pool, "https://", apr_psprintf(pool, "%0400d", 1), ".example", NULL),
                 "too long");
}

static void another_scheme_is_refused(void **state)
{
    (void)state;
    assert_wrong("www.example.com", "https://");
    assert_wrong("//www.example.com", "https://");
    assert_wrong("ftp://www.example.com", "https://");
    assert_wrong("https:/www.example.com", "https://");
    assert_wrong("", "https://");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_spelled_as_browsers_spell_it),
        cmocka_unit_test(only_the_three_names_of_this_machine_are_loopback),
        cmocka_unit_test(more_than_scheme_host_and_port_is_refused),
        cmocka_unit_test(what_is_no_host_or_port_is_refused),
        cmocka_unit_test(another_scheme_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
