/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static apr_pool_t *pool;

static json_t *read_text(const char *text)
{
    return json_read(pool, text, strlen(text));
}

static const char *nested(int levels, char open, char close)
{
    char *text = apr_pcalloc(pool, (apr_size_t)(2 * levels) + 16);
    strcpy(text, "{\"a\":");
    memset(text + strlen(text), open, (size_t)levels);
    memset(text + strlen(text), close, (size_t)levels);
    return strcat(text, "}");
}

static void an_object_is_read_and_written_compactly(void **state)
{
    (void)state;
    json_t *value = read_text(" {\"a\": 1, \"b\": [true, null, \"\\u00e9\\\"\"]}\n");
    assert_non_null(value);
    assert_string_equal(json_write(pool, value), "{\"a\":1,\"b\":[true,null,\"\xc3\xa9\\\"\"]}");
    assert_string_equal(json_write(pool, read_text("{}")), "{}");
}

static void anything_but_one_whole_object_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{}{}",
        "{} x",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":99999999999999999999999}",
        "{\"a\":1e999}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "\xef\xbb\xbf{}",
        "{\"a\":1}]",
        "]{\"a\":1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(read_text(bad[i]));
    assert_null(json_read(pool, "{\"a\":1}\0", 8));
}

static void repeated_keys_are_refused_on_every_level(void **state)
{
    (void)state;
    assert_null(read_text("{\"a\":1,\"a\":1}"));
    assert_null(read_text("{\"a\":1,\"\\u0061\":2}"));
    assert_null(read_text("{\"x\":[{\"a\":1,\"b\":2,\"a\":3}]}"));
    assert_non_null(read_text("{\"a\":{\"a\":1},\"A\":1}"));
}

static void sixteen_levels_are_read_and_seventeen_refused(void **state)
{
    (void)state;
    assert_non_null(read_text(nested(15, '[', ']')));
    assert_null(read_text(nested(16, '[', ']')));
    assert_null(read_text(nested(100000, '[', ']')));
    assert_null(read_text(nested(100000, '{', '}')));
}

static void brackets_in_strings_are_no_levels(void **state)
{
    (void)state;
    json_t *value = read_text("{\"a\":\"[[[[[[[[[[\\\"[[[[[[[[[[{{{{{{{{\\\\\",\"b\":[\"\\\\\"]}");
    assert_non_null(value);
    assert_non_null(json_object_get(value, "b"));
}

static void text_is_a_string_of_at_most_so_many_bytes(void **state)
{
    (void)state;
    json_t *value = read_text("{\"a\":\"abcd\",\"e\":\"\",\"n\":1,\"z\":null}");
    assert_string_equal(json_text(value, "a", 4), "abcd");
    assert_null(json_text(value, "a", 3));
    assert_string_equal(json_text(value, "e", 0), "");
    assert_null(json_text(value, "n", 9));
    assert_null(json_text(value, "z", 9));
    assert_null(json_text(value, "absent", 9));
}

static void a_flag_is_a_boolean_or_0_or_1(void **state)
{
    (void)state;
    json_t *value = read_text(
        "{\"t\":true,\"f\":false,\"1\":1,\"0\":0,\"2\":2,\"s1\":\"1\",\"s0\":\"0\",\"r\":1.0,"
        "\"z\":null,\"s2\":\"2\",\"s\":\"\",\"true\":\"true\",\"10\":\"10\"}");
    static const struct {
        const char *key;
        bool good, before, after;
    } rows[] = {
        {"t", true, false, true}, {"f", true, true, false},     {"1", true, false, true},
        {"0", true, true, false}, {"absent", true, true, true}, {"absent", true, false, false},
        {"2", false, true, true}, {"s1", true, false, true},    {"r", false, false, false},
        {"z", false, true, true}, {"s0", true, true, false},    {"s2", false, true, true},
        {"s", false, true, true}, {"true", false, true, true},  {"10", false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool flag = rows[i].before;
        assert_int_equal(json_flag(value, rows[i].key, &flag), rows[i].good);
        assert_int_equal(flag, rows[i].after);
    }
}

static void a_text_that_is_none_is_set_as_null(void **state)
{
    (void)state;
    json_t *object = json_tie(pool, json_object());
    json_set_text(object, "good", "Wiki");
    json_set_text(object, "none", NULL);
    json_set_text(object, "latin1", "caf\xe9");
    assert_string_equal(json_write(pool, object),
                        "{\"good\":\"Wiki\",\"none\":null,\"latin1\":null}");
}

static void a_tied_value_is_dropped_with_its_pool(void **state)
{
    (void)state;
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    json_t *value = json_incref(json_object());
    assert_ptr_equal(json_tie(p, value), value);
    assert_int_equal(value->refcount, 2);
    apr_pool_destroy(p);
    assert_int_equal(value->refcount, 1);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_read_and_written_compactly),
        cmocka_unit_test(anything_but_one_whole_object_is_refused),
        cmocka_unit_test(repeated_keys_are_refused_on_every_level),
        cmocka_unit_test(sixteen_levels_are_read_and_seventeen_refused),
        cmocka_unit_test(brackets_in_strings_are_no_levels),
        cmocka_unit_test(text_is_a_string_of_at_most_so_many_bytes),
        cmocka_unit_test(a_flag_is_a_boolean_or_0_or_1),
        cmocka_unit_test(a_text_that_is_none_is_set_as_null),
        cmocka_unit_test(a_tied_value_is_dropped_with_its_pool),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
