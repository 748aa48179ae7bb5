/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"

static apr_pool_t *pool;

static void hex_writes_lower_case_and_reads_it_back(void **state)
{
    (void)state;
    unsigned char bytes[256], back[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    char *text = hex_encode(pool, bytes, sizeof bytes);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(text + 506, "fdfeff");
    assert_true(hex_decode(text, back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
}

static void hex_refuses_upper_case_odd_lengths_and_other_letters(void **state)
{
    (void)state;
    static const char *const bad[] = {"AB12", "ab1",  "ab123",   "ab12cd", "",
                                      "0x12", "ab g", "ab1\xb2", " ab1"};
    unsigned char bytes[2];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hex_decode(bad[i], bytes, sizeof bytes));
    assert_true(hex_decode("ab12", bytes, sizeof bytes));
    assert_memory_equal(bytes, "\xab\x12", 2);
}

static void digit_of_either_case_has_its_value_and_nothing_else_has_one(void **state)
{
    (void)state;
    static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
    for (int c = 0; c < 256; c++) {
        const char *found = c ? strchr(digits, c) : NULL;
        assert_int_equal(hex_digit((char)c), found ? (found - digits) / 2 : -1);
    }
}

static void hex_of_any_length_stops_at_the_maximum(void **state)
{
    (void)state;
    unsigned char bytes[3] = {0, 0, 0x77};
    apr_size_t len = 9;
    assert_true(hex_decode_upto("", bytes, 2, &len));
    assert_int_equal(len, 0);
    assert_true(hex_decode_upto("0aff", bytes, 2, &len));
    assert_int_equal(len, 2);
    assert_false(hex_decode_upto("0aff00", bytes, 2, &len));
    assert_false(hex_decode_upto("0af", bytes, 2, &len));
    assert_int_equal(bytes[2], 0x77);
}

static void base64_agrees_with_libsodium_for_every_length(void **state)
{
    (void)state;
    unsigned char bytes[100], back[BASE64_BYTES_MAX(BASE64_TEXT_LEN(100))];
    char expected[200];
    for (apr_size_t len = 0; len <= sizeof bytes; len++) {
        randombytes_buf(bytes, len);
        sodium_bin2base64(expected, sizeof expected, bytes, len,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        char *text = base64_encode(pool, bytes, len);
        assert_string_equal(text, expected);
        assert_int_equal(strlen(text), BASE64_TEXT_LEN(len));

        apr_size_t got;
        assert_true(base64_decode(text, strlen(text), back, &got));
        assert_int_equal(got, len);
        assert_memory_equal(back, bytes, len);
    }
}

static void base64_has_one_form_only(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A+AA", "A/AA", "AA A", "AAA\n", "AAA\xff"};
    unsigned char bytes[8];
    apr_size_t got;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base64_decode(bad[i], strlen(bad[i]), bytes, &got));
    assert_true(base64_decode("_-Q", 3, bytes, &got));
    assert_memory_equal(bytes, "\xff\xe4", 2);
}

static void base64_refuses_each_byte_that_is_no_letter_in_each_place(void **state)
{
    (void)state;
    unsigned char bytes[8];
    apr_size_t got;
    for (int place = 0; place < 7; place++)
        for (int c = 0; c < 256; c++) {
            char text[8] = "AAAAAAA";
            text[place] = (char)c;
            bool letter =
                c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c);
            bool unused = place == 6 && letter && !strchr("AEIMQUYcgkosw048", c);
            assert_int_equal(base64_decode(text, 7, bytes, &got), letter && !unused);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_writes_lower_case_and_reads_it_back),
        cmocka_unit_test(hex_refuses_upper_case_odd_lengths_and_other_letters),
        cmocka_unit_test(digit_of_either_case_has_its_value_and_nothing_else_has_one),
        cmocka_unit_test(hex_of_any_length_stops_at_the_maximum),
        cmocka_unit_test(base64_agrees_with_libsodium_for_every_length),
        cmocka_unit_test(base64_has_one_form_only),
        cmocka_unit_test(base64_refuses_each_byte_that_is_no_letter_in_each_place),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
