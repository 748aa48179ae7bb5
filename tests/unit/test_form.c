/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "web/form.h"

static apr_pool_t *pool;

static const char *get(const char *text, const char *name)
{
    return apr_table_get(form_parse(text, pool), name);
}

static void fields_are_decoded(void **state)
{
    (void)state;
    assert_string_equal(get("a=1&b=2", "b"), "2");
    assert_string_equal(get("a=x+y%20z%2B%26", "a"), "x y z+&");
    assert_string_equal(get("%61=1", "a"), "1");
    assert_string_equal(get("a=%C3%a9", "a"), "\xc3\xa9");
    assert_string_equal(get("a", "a"), "");
    assert_string_equal(get("a=b=c", "a"), "b=c");
    assert_string_equal(get("&&a=1&&", "a"), "1");
    assert_null(get("", "a"));
    assert_null(get(NULL, "a"));
}

static void what_does_not_decode_is_left_out(void **state)
{
    static const char *const all[] = {"a=%", "a=%4", "a=%zz", "a=x%00y", "%00=1&a=%4g", "=1"};
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_null(get(all[i], "a"));
        assert_string_equal(get(apr_pstrcat(pool, all[i], "&b=2", NULL), "b"), "2");
    }
}

static void of_a_repeated_field_the_first_counts(void **state)
{
    (void)state;
    assert_string_equal(get("a=1&a=2", "a"), "1");
    assert_string_equal(get("a=%&a=2", "a"), "2");
}

static void fields_have_an_end(void **state)
{
    const char *text = "";
    (void)state;
    for (int i = 0; i < FORM_FIELDS_MAX + 10; i++)
        text = apr_psprintf(pool, "%s&f%d=%d", text, i, i);
    assert_true(apr_table_elts(form_parse(text, pool))->nelts <= FORM_FIELDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded),
        cmocka_unit_test(what_does_not_decode_is_left_out),
        cmocka_unit_test(of_a_repeated_field_the_first_counts),
        cmocka_unit_test(fields_have_an_end),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
