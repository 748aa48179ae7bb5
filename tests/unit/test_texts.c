/* SPDX-License-Identifier: Apache-2.0 */
/* Languages: which one a browser gets, which way it is written, and mails in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "notice/letter.h"
#include "notice/smtp.h"
#include "notice/texts.h"

#define ISOLATED(text) "\xe2\x81\xa8" text "\xe2\x81\xa9"

static apr_pool_t *pool;

static const char *language_for(const char *accepted)
{
    return texts_for(accepted, NULL)->lang;
}

static void every_kind_of_chinese_is_read_as_chinese(void **state)
{
    static const char *const chinese[] = {"zh",    "zh-CN",      "zh-Hans", "zh-Hans-CN",
                                          "zh-TW", "zh-Hant-HK", "ZH-cn"};
    (void)state;
    for (size_t i = 0; i < sizeof chinese / sizeof *chinese; i++)
        assert_string_equal(language_for(chinese[i]), "zh");
    assert_string_equal(language_for("zhx,ja-JP;q=0.9"), "ja");
    assert_string_equal(language_for("ar-EG,ar;q=0.9,en;q=0.8"), "ar");
}

static void arabic_alone_runs_from_right_to_left(void **state)
{
    (void)state;
    assert_string_equal(texts_direction("ar"), "rtl");
    assert_string_equal(texts_direction("ja"), "ltr");
    assert_string_equal(texts_direction("en"), "ltr");
}

static void values_are_set_apart_where_text_runs_from_right_to_left(void **state)
{
    (void)state;
    assert_string_equal(texts_apart("2001:db8::7", "ar", pool), ISOLATED("2001:db8::7"));
    assert_string_equal(texts_apart("", "ar", pool), "");
    assert_string_equal(texts_apart("2001:db8::7", "en", pool), "2001:db8::7");
}

static mail_t letter_in(const char *lang)
{
    const letterhead_t head = {
        .title = "Wiki", .host = "wiki.example.org", .url = "https://wiki.example.org"};
    notice_t notice = {.kind = NOTICE_DEVICE, .made = 1900000000};
    mail_t mail;
    apr_cpystrn(notice.to, "anna@example.org", sizeof notice.to);
    apr_cpystrn(notice.address, "2001:db8::7", sizeof notice.address);
    apr_cpystrn(notice.lang, lang, sizeof notice.lang);
    assert_true(letter_write(&head, &notice, &mail, pool));
    return mail;
}

static void a_letter_in_arabic_says_its_direction_and_keeps_addresses_in_order(void **state)
{
    (void)state;
    const mail_t mail = letter_in("ar");
    assert_non_null(strstr(mail.html, "<html lang=\"ar\" dir=\"rtl\">"));
    assert_non_null(strstr(mail.html, "<div lang=\"ar\" dir=\"rtl\""));
    assert_non_null(strstr(mail.text, ": " ISOLATED("2001:db8::7")));
    assert_non_null(strstr(mail.text, ISOLATED("anna@example.org")));
    assert_non_null(strstr(mail.subject, ISOLATED("Wiki")));
    assert_non_null(strstr(smtp_header(mail.subject, pool), "=?UTF-8?B?"));
}

static void a_letter_in_another_language_has_no_marks(void **state)
{
    static const char *const others[] = {"en", "de", "ja", "zh"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const mail_t mail = letter_in(others[i]);
        assert_non_null(strstr(mail.html, " dir=\"ltr\">"));
        assert_non_null(strstr(mail.text, ": 2001:db8::7"));
        assert_null(strstr(mail.text, "\xe2\x81\xa8"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_chinese_is_read_as_chinese),
        cmocka_unit_test(arabic_alone_runs_from_right_to_left),
        cmocka_unit_test(values_are_set_apart_where_text_runs_from_right_to_left),
        cmocka_unit_test(a_letter_in_arabic_says_its_direction_and_keeps_addresses_in_order),
        cmocka_unit_test(a_letter_in_another_language_has_no_marks),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    texts_load(pool);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
