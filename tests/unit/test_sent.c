/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <apr_general.h>
#include <string.h>

#include "base/json.h"
#include "factor/sms.h"
#include "factor/workos.h"

static apr_pool_t *pool;

static void numbers_are_e164_and_nothing_else(void **state)
{
    static const char *const bad[] = {"",
                                      "491701234567",
                                      "+49",
                                      "+0491701234567",
                                      "+49170x345",
                                      "+1234567890123456",
                                      "++491701234567",
                                      NULL};
    char number[PHONE_SIZE];
    (void)state;
    assert_true(phone_read(" +49 (170) 123-45.67/8 ", number));
    assert_string_equal(number, "+4917012345678");
    assert_true(phone_read("+49 (0)170 1234567", number)); /* as people write it at home */
    assert_string_equal(number, "+491701234567");
    assert_true(phone_read("\u202a+49\u00a0170\u2011123\u202f4567\u202c", number)); /* as pasted */
    assert_string_equal(number, "+491701234567");
    assert_false(phone_read("+49170123456\xe2", number));
    assert_false(phone_read(NULL, number));
    for (const char *const *each = bad; *each; each++)
        assert_false(phone_read(*each, number));
}

static void a_country_is_what_a_number_begins_with(void **state)
{
    apr_array_header_t *countries = apr_array_make(pool, 2, sizeof(const char *));
    (void)state;
    APR_ARRAY_PUSH(countries, const char *) = "+49";
    assert_true(phone_is_in("+491701234567", countries));
    assert_false(phone_is_in("+41791234567", countries));
    assert_true(phone_is_in("+41791234567", NULL));
    assert_true(phone_is_prefix("+1") && phone_is_prefix("+1684"));
    assert_false(phone_is_prefix("1") || phone_is_prefix("+") || phone_is_prefix("+12345"));
}

static void a_number_is_shown_in_part(void **state)
{
    (void)state;
    assert_string_equal(phone_masked("+491701234567", pool), "+49 … 567");
}

static void the_code_stands_where_its_mark_stood(void **state)
{
    (void)state;
    assert_string_equal(sms_fill("it is {{code}}!", "123456", pool), "it is 123456!");
}

static workos_factor_t factor;

static bool read_factor_text(const char *text)
{
    return workos_read_factor(json_read(pool, text, strlen(text)), &factor, pool);
}

#define FACTOR(more)                                                                               \
    "{\"object\":\"authentication_factor\",\"id\":\"auth_factor_1\",\"created_at\":"               \
    "\"2026-01-15T12:00:00.000Z\",\"updated_at\":\"2026-01-15T12:00:00.000Z\"," more "}"

static void a_factor_of_workos_is_read_as_published(void **state)
{
    (void)state;
    assert_true(read_factor_text(FACTOR("\"type\":\"totp\",\"totp\":{\"issuer\":\"a\"}")));
    assert_null(factor.secret);
    assert_true(
        read_factor_text(FACTOR("\"type\":\"sms\",\"sms\":{\"phone_number\":\"+12025550143\"}")));
    assert_string_equal(factor.number, "+12025550143");
    assert_false(read_factor_text(FACTOR("\"type\":\"sms\"")));
    assert_false(read_factor_text(FACTOR("\"type\":\"webauthn\"")));
    assert_false(read_factor_text("{}"));
    assert_false(read_factor_text("[]"));
}

static void a_key_of_workos_has_its_name(void **state)
{
    apr_size_t len = 0;
    const secret_t good = {(unsigned char *)"WORKOS_API_KEY=sk_1", 19};
    const secret_t empty = {(unsigned char *)"WORKOS_API_KEY=", 15};
    const secret_t bare = {(unsigned char *)"sk_1", 4};
    (void)state;
    assert_string_equal(workos_key(&good, &len), "sk_1");
    assert_int_equal(len, 4);
    assert_null(workos_key(&empty, &len));
    assert_null(workos_key(&bare, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_e164_and_nothing_else),
        cmocka_unit_test(a_country_is_what_a_number_begins_with),
        cmocka_unit_test(a_number_is_shown_in_part),
        cmocka_unit_test(the_code_stands_where_its_mark_stood),
        cmocka_unit_test(a_factor_of_workos_is_read_as_published),
        cmocka_unit_test(a_key_of_workos_has_its_name),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
