/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
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
    assert_string_equal(name_of_site(0, " Anna ", pool), "Anna");
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

/* ---- letters of all scripts (MPinUserUnicode) ------------------------------------------------ */

static const char *spelled(const char *raw)
{
    return name_of_site(NAMES_UNICODE, raw, pool);
}

static void names_of_all_scripts_are_names_where_the_site_says_so(void **state)
{
    (void)state;
    assert_string_equal(spelled("J\xc3\xb6rg M\xc3\xbcller"), "J\xc3\xb6rg M\xc3\xbcller");
    assert_string_equal(spelled("\xe5\xb1\xb1\xe7\x94\xb0"), "\xe5\xb1\xb1\xe7\x94\xb0");
    assert_string_equal(spelled("CORP\\bob"), "CORP\\bob");
    assert_string_equal(spelled("  Smith, Anna;{1} "), "Smith, Anna;{1}");
    assert_string_equal(spelled("\xc3\x9c@Example.org"), "\xc3\xbc@example.org");
    assert_string_equal(name_of_site(NAMES_UNICODE | NAMES_LOWER, "\xc3\x9c", pool), "\xc3\xbc");
}

static void one_text_has_one_spelling(void **state)
{
    (void)state;
    assert_string_equal(spelled("u\xcc\x88"), "\xc3\xbc"); /* u and its dots */
    assert_string_equal(name_folded("\xc3\x9c", pool), name_folded("\xc3\xbc", pool));
    assert_string_equal(name_folded("ANNA", pool), "anna");
    assert_string_equal(name_folded("AN\xff", pool), "an\xff");
}

static void what_nobody_reads_is_in_no_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "google:alice",
        "a\nb",
        "a\x7f",
        "\"a",
        "<a>",
        "\xff",
        "a\xc3",
        "\xc0\xaf",     /* an overlong slash */
        "\xed\xa0\x80", /* half a surrogate pair */
        "a\xe2\x80\xae"
        "b", /* turns what follows round */
        "a\xe2\x80\x8b"
        "b", /* a space of no width */
        "a\xc2\xa0"
        "b", /* one that does not break */
        "a\xc2\x85",
        "\xe2\x80\xa8",
        "\xef\xbf\xbf",
        "\xee\x80\x80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (spelled(bad[i]))
            fail_msg("a name: %s", bad[i]);
    assert_null(spelled(repeated(' ', 400, "")));
    assert_null(spelled(repeated('x', 255, "")));
    char *gap = apr_pstrdup(pool, repeated('x', 200, repeated(' ', 400, "y")));
    assert_null(name_canonical(gap, pool));
}

static void the_character_that_is_foreign_is_named(void **state)
{
    (void)state;
    assert_string_equal(name_foreign(0, "J\xc3\xb6rg", pool), "\xc3\xb6");
    assert_string_equal(name_foreign(0, "anna smith", pool), " ");
    assert_string_equal(name_foreign(0, "CORP\\bob", pool), "\\");
    assert_string_equal(name_foreign(NAMES_UNICODE, "a:b", pool), ":");
    assert_string_equal(name_foreign(0, "a\xff", pool), "\\xff");
    assert_string_equal(name_foreign(0, "a\nb", pool), "\\x0a");
    assert_string_equal(name_foreign(NAMES_UNICODE, "a\xc2\xa0z", pool), "U+00A0");
    assert_null(name_foreign(0, "", pool));
    assert_null(name_foreign(0, " john ", pool));
}

static void a_masked_name_is_text(void **state)
{
    (void)state;
    assert_string_equal(name_masked("\xc3\xb6rg", pool), "\xc3\xb6***");
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
        cmocka_unit_test(names_of_all_scripts_are_names_where_the_site_says_so),
        cmocka_unit_test(one_text_has_one_spelling),
        cmocka_unit_test(what_nobody_reads_is_in_no_name),
        cmocka_unit_test(the_character_that_is_foreign_is_named),
        cmocka_unit_test(a_masked_name_is_text),
        cmocka_unit_test(masked_name_shows_one_letter_and_the_domain),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
