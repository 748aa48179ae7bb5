/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "notice/smtp.h"

static apr_pool_t *pool;
static const bool go_on;

static void plain_text_is_its_own_header(void **state)
{
    (void)state;
    assert_string_equal(smtp_header("Set up your PIN for Wiki", pool), "Set up your PIN for Wiki");
    assert_string_equal(smtp_header("", pool), "");
}

/* RFC 2047, section 2: an encoded word has 75 characters at most, and no character is cut in
 * two. */
static void other_text_is_encoded_in_short_words(void **state)
{
    (void)state;
    assert_string_equal(smtp_header("Ger\xc3\xa4t", pool), "=?UTF-8?B?R2Vyw6R0?=");
    assert_string_equal(smtp_header("=?x?=", pool), "=?UTF-8?B?PT94Pz0=?=");
    const char *umlauts = "";
    for (int i = 0; i < 60; i++)
        umlauts = apr_pstrcat(pool, umlauts, i % 3 ? "\xc3\xa4" : "\xe2\x82\xac", NULL);
    const char *header = smtp_header(umlauts, pool);
    assert_non_null(header);
    for (const char *word = header; word; word = strchr(word, ' ') ? strchr(word, ' ') + 1 : NULL)
        assert_in_range(strcspn(word, " "), 12, 75);
}

static void what_is_no_utf8_is_no_header(void **state)
{
    static const char *const bad[] = {"\xe0\x80\x80",    "\xe0\x9f\xbf",     "\xed\xa0\x80",
                                      "\xed\xbf\xbf",    "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80"};
    static const char *const good[] = {"\xe0\xa0\x80",     "\xed\x9f\xbf",     "\xee\x80\x80",
                                       "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(smtp_header(bad[i], pool));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_non_null(smtp_header(good[i], pool));
}

static void what_would_begin_another_line_is_no_header(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nBcc: b@c", "a\nb",        "\xc3\xa4\r\nX: y",
                                      "\xff",          "\xc3",        "\xed\x20",
                                      "\t\xc3\xa4",    "\x7f\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(smtp_header(bad[i], pool));
}

static void an_address_has_one_at_and_nothing_that_ends_it(void **state)
{
    (void)state;
    assert_true(smtp_address_ok("anna@example.org"));
    assert_true(smtp_address_ok("o'brien+x@[127.0.0.1]") == false);
    static const char *const bad[] = {
        "",        "anna",    "@b",    "a@",    "a@b@c", "a b@c", "a@b>\r\nDATA", "<a@b",
        "a@b\xc3", "\"a@b\"", "a,b@c", "a@b\n", "a;b@c", "a\\@b", "a(b)@c",       "a@b:25"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(smtp_address_ok(bad[i]));
}

static void nothing_is_sent_that_would_be_two_mails(void **state)
{
    (void)state;
    const smtp_server_t server = {
        .host = "127.0.0.1", .port = 1, .from = "wiki@example.org", .stop = &go_on};
    mail_t mail = {
        .to = "a@b>\r\nRCPT TO:<c@d", .subject = "s", .text = "t", .html = "h", .id = "1"};
    const char *why;
    assert_int_equal(smtp_send(&server, &mail, &why, pool), SMTP_NEVER);
    mail.to = "a@b";
    mail.subject = "s\r\nBcc: c@d";
    assert_int_equal(smtp_send(&server, &mail, &why, pool), SMTP_NEVER);
}

static void a_server_that_is_away_is_asked_another_time(void **state)
{
    (void)state;
    const smtp_server_t server = {
        .host = "127.0.0.1", .port = 1, .from = "wiki@example.org", .stop = &go_on};
    const mail_t mail = {.to = "a@b", .subject = "s", .text = "t", .html = "h", .id = "1"};
    const char *why = NULL;
    assert_int_equal(smtp_send(&server, &mail, &why, pool), SMTP_LATER);
    assert_non_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_its_own_header),
        cmocka_unit_test(other_text_is_encoded_in_short_words),
        cmocka_unit_test(what_is_no_utf8_is_no_header),
        cmocka_unit_test(what_would_begin_another_line_is_no_header),
        cmocka_unit_test(an_address_has_one_at_and_nothing_that_ends_it),
        cmocka_unit_test(nothing_is_sent_that_would_be_two_mails),
        cmocka_unit_test(a_server_that_is_away_is_asked_another_time),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
