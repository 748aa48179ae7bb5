/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <string.h>
#include "base/name.h"

static apr_pool_t *pool;

static const char *repeated(char c, int times, const char *rest)
{
    char *text = apr_palloc(pool, (apr_size_t)times + strlen(rest) + 1);
    memset(text, c, (apr_size_t)times);
    strcpy(text + times, rest);
    return text;
}

static void local_names_are_trimmed_and_keep_their_case(void **state)
{
    (void)state;
    assert_string_equal(name_canonical("john", pool), "john");
    assert_string_equal(name_canonical("  John\t ", pool), "John");
    assert_string_equal(name_canonical("DOMAIN!o'brien_(2)*", pool), "DOMAIN!o'brien_(2)*");
    assert_string_equal(name_canonical("!", pool), "!");
}

static void email_names_are_lower_cased_whole(void **state)
{
    (void)state;
    assert_string_equal(name_canonical("Anna.Smith+Wiki@Example.ORG", pool),
                        "anna.smith+wiki@example.org");
    assert_string_equal(name_canonical("ANNA@XN--MLLER-KVA.DE", pool), "anna@xn--mller-kva.de");
    assert_string_equal(name_canonical("A@B@C", pool), "a@b@c");
    assert_string_equal(name_canonical("Anna@Example.org.", pool), "anna@example.org.");
}

static void canonical_form_of_a_canonical_name_is_itself(void **state)
{
    (void)state;
    static const char *const names[] = {"john", "John", "anna@example.org", "a@b@c", "[x]@[1.2]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(name_canonical(names[i], pool), names[i]);
}

static void names_of_1_to_254_bytes_pass(void **state)
{
    (void)state;
    assert_null(name_canonical("", pool));
    assert_null(name_canonical(" \t ", pool));
    assert_int_equal(strlen(name_canonical(repeated('x', 254, ""), pool)), 254);
    assert_null(name_canonical(repeated('x', 255, ""), pool));
    assert_null(name_canonical(repeated('x', 100000, ""), pool));
    assert_int_equal(strlen(name_canonical(repeated(' ', 1000, "john"), pool)), 4);
    assert_int_equal(strlen(name_canonical(repeated('x', 254, "   "), pool)), 254);
}

static void every_other_byte_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char text[] = {'a', (char)c, 'b', '\0'};
        const char *name = name_canonical(text, pool);
        if (c <= ' ' || c >= 0x7f || strchr(",;:\"\\<>{}", c))
            assert_null(name);
        else
            assert_string_equal(name, text);
    }
}

static void hostile_names_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "google:alice", /* a provider's user, not a local name */
        "john\n",
        "john\r\nSet-Cookie: x=1",
        "\"john doe\"@example.org",
        "\"john\"@example.org",
        "john doe",
        "<john@example.org>",
        "john@example.org,eve@evil.example",
        "j\xc3\xb6hn",
        "anna@m\xc3\xbcller.de",
        "anna\xef\xbc\xa0"
        "example.org", /* fullwidth @ */
        "anna\xc2\xa0",
        "\xff",
        "john\x7f",
        "\x1b[31mjohn",
        "{john}",
        "a\\b",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(name_canonical(bad[i], pool));
}

static void domain_is_what_follows_the_only_at(void **state)
{
    (void)state;
    assert_string_equal(name_domain("anna@example.org"), "example.org");
    assert_string_equal(name_domain("root@localhost"), "localhost");
    assert_string_equal(name_domain("a.b+c@sub.xn--mller-kva.de"), "sub.xn--mller-kva.de");
    assert_string_equal(name_domain("user%evil.example@example.org"), "example.org");
    assert_string_equal(name_domain(repeated('x', 64, "@example.org")), "example.org");
    assert_string_equal(name_domain(repeated('x', 3, "@1-2.example")), "1-2.example");
}

static void what_is_no_email_address_has_no_domain(void **state)
{
    (void)state;
    static const char *const none[] = {
        "john",
        "@",
        "@example.org",
        "anna@",
        "a@b@c",
        "anna@example.org@evil.example",
        "anna@@b",
        "anna@example.org.",
        "anna@.example",
        "anna@a..b",
        "anna@.",
        "anna@-a.b",
        "anna@a-.b",
        "anna@a_b.c",
        "anna@[1.2.3.4]",
        "anna@a/b",
        "anna@EXAMPLE.org",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(name_domain(none[i]));
    assert_null(name_domain(repeated('x', 65, "@example.org")));

    char label[] = "a@0123456789012345678901234567890123456789012345678901234567890123.de";
    assert_null(name_domain(label)); /* 64 bytes */
    memmove(label + 2, label + 3, sizeof label - 3);
    assert_non_null(name_domain(label));
}

static void small_letters_are_a_sites_choice(void **state)
{
    (void)state;
    assert_string_equal(name_of_site(NAMES_KEEP, " Anna ", pool), "Anna");
    assert_string_equal(name_of_site(NAMES_LOWER, " Anna ", pool), "anna");
    assert_null(name_of_site(NAMES_LOWER, "An na", pool));
    assert_string_equal(name_folded("O'Brien[1]", pool), "o'brien[1]");
}

static void masked_name_shows_one_letter_and_the_domain(void **state)
{
    (void)state;
    assert_string_equal(name_masked("anna@example.org", pool), "a***@example.org");
    assert_string_equal(name_masked("john", pool), "j***");
    assert_string_equal(name_masked("secret@b@c", pool), "s***");
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_names_are_trimmed_and_keep_their_case),
        cmocka_unit_test(email_names_are_lower_cased_whole),
        cmocka_unit_test(canonical_form_of_a_canonical_name_is_itself),
        cmocka_unit_test(names_of_1_to_254_bytes_pass),
        cmocka_unit_test(every_other_byte_is_refused_wherever_it_stands),
        cmocka_unit_test(hostile_names_are_refused),
        cmocka_unit_test(domain_is_what_follows_the_only_at),
        cmocka_unit_test(what_is_no_email_address_has_no_domain),
        cmocka_unit_test(small_letters_are_a_sites_choice),
        cmocka_unit_test(masked_name_shows_one_letter_and_the_domain),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
