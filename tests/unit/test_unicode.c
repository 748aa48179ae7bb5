/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of people (base/unicode.h): what can be read, and what a mail says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include "base/unicode.h"
#include "rps/pending.h"

static apr_pool_t *pool;

static void length_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(unicode_printable_length(""), 0);
    assert_int_equal(unicode_printable_length("Anna's laptop"), 13);
    assert_int_equal(unicode_printable_length("B\xc3\xbcro PC"), 7);
    assert_int_equal(unicode_printable_length("\xf0\x9f\x92\xbb"), 1);
    assert_int_equal(unicode_printable_length("caf\xc3\xa9\xc2\xa0PC"), 7);
    assert_int_equal(unicode_printable_length("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"), 3);
    assert_int_equal(unicode_printable_length("\xe2\x80\xaeturned"), -1);
    assert_int_equal(unicode_printable_length("a\tb"), -1);
    assert_int_equal(unicode_printable_length("\xf0\x9f\x92"), -1);
}

static void a_mail_has_what_is_left_in_plain_letters(void **state)
{
    (void)state;
    assert_string_equal(unicode_reduced("B\xc3\xbcro PC", 32, pool), "Buro PC");
    assert_string_equal(unicode_reduced("Anna's <b>laptop</b> http://evil", 32, pool),
                        "Annas blaptopb httpevil");
    assert_string_equal(unicode_reduced("\xe5\xb1\xb1", 32, pool), "");
    assert_string_equal(unicode_reduced("abcdef", 3, pool), "abc");
    assert_string_equal(unicode_reduced("a\r\nBcc: x", 32, pool), "aBcc x");
    assert_string_equal(unicode_reduced("a\xff"
                                        "b",
                                        32, pool),
                        "ab");
}

static void a_device_has_a_name_of_32_characters_of_any_script(void **state)
{
    (void)state;
    assert_true(pending_device_ok(""));
    assert_true(pending_device_ok("Anna's laptop"));
    assert_true(pending_device_ok("\xf0\x9f\x92\xbb B\xc3\xbcro <PC>"));
    assert_true(pending_device_ok("0123456789abcdef0123456789abcde\xc3\xbc"));
    assert_false(pending_device_ok("0123456789abcdef0123456789abcdef0"));
    assert_false(pending_device_ok("two\nlines"));
    assert_false(pending_device_ok("\xe2\x80\xae"
                                   "turned"));
    assert_false(pending_device_ok("\xff"));
    assert_false(pending_device_ok(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_counts_characters),
        cmocka_unit_test(a_mail_has_what_is_left_in_plain_letters),
        cmocka_unit_test(a_device_has_a_name_of_32_characters_of_any_script),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
