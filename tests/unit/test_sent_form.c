/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "web/sent_form.h"

#define URLENCODED "application/x-www-form-urlencoded"
#define PARTS "multipart/form-data; boundary=b"

static apr_pool_t *pool;

/* "name=bytes name(file)=bytes", and "+n" for what is left out. */
static const char *fields_of(const char *type, const char *body, size_t len, int max)
{
    int more = -1;
    const char *text = "";
    const apr_array_header_t *list = sent_form_fields(type, body, len, max, &more, pool);
    for (int i = 0; i < list->nelts; i++) {
        const sent_field_t *field = &APR_ARRAY_IDX(list, i, sent_field_t);
        text = apr_psprintf(pool, "%s%s%s%s%s%s=%d", text, i ? " " : "", field->name,
                            field->file ? "(" : "", field->file ? field->file : "",
                            field->file ? ")" : "", (int)field->bytes);
    }
    return more ? apr_psprintf(pool, "%s +%d", text, more) : text;
}

static void expect(const char *type, const char *body, const char *fields)
{
    assert_string_equal(fields_of(type, body, strlen(body), 3), fields);
}

static void only_what_forms_send_is_a_form(void **state)
{
    (void)state;
    assert_true(sent_form_is(URLENCODED));
    assert_true(sent_form_is("Multipart/Form-Data; boundary=x"));
    assert_true(sent_form_is("text/plain"));
    assert_false(sent_form_is("application/json"));
    assert_false(sent_form_is("text/plainer"));
    assert_false(sent_form_is(""));
    assert_false(sent_form_is(NULL));
}

static void fields_are_named_and_their_values_are_not(void **state)
{
    (void)state;
    expect(URLENCODED, "", "");
    expect(URLENCODED, "a=1&b=23", "a=1 b=2");
    expect(URLENCODED, "a=1&a=23&b", "a=3 b=0");
    expect(URLENCODED, "a%20b=%C3%A9", "a b=2");
    expect(URLENCODED, "&&=x&a=%", "a=1"); /* one that does not decode is there all the same */
    expect(URLENCODED, "%00=1", "%00=1");
    expect(URLENCODED, "%01%E2%80%AE%FF=1",
           "??"
           "???"
           "=1"); /* no control, no mark of direction */
    expect(URLENCODED, "a=1&b=1&c=1&d=1&e=1", "a=1 b=1 c=1 +2");
    assert_string_equal(fields_of(URLENCODED, "a\0b=1", 5, 3), "");
    expect("text/plain", "a=1", "");
}

static void parts_are_named_and_so_are_files(void **state)
{
    (void)state;
    expect(PARTS, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n12\r\n--b--\r\n",
           "a=2");
    expect(PARTS, "--b\r\nX: y; filename=\"f.png\"; name=\"a\"\r\n\r\n12\r\n--b--", "a(f.png)=2");
    expect(PARTS, "--b\r\nX: y; filename=\"f.png\"\r\n\r\n12\r\n--b--", "");      /* no name */
    expect(PARTS, "--b\r\nX: y; name=\"a\"; filename=\"\"\r\n\r\n\r\n--b--", ""); /* left empty */
    expect(PARTS, "--b\r\nX: y; name=\"a\"\r\n\r\n\r\n--b\r\nX: y; name=\"c\"\r\n\r\n1\r\n--b--",
           "a=0 c=1");
    expect("multipart/form-data; boundary=\"b c\"", "--b c\r\nX: y; name=\"a\"\r\n\r\n1\r\n--b c--",
           "a=1");
}

static void bodies_that_are_none_end_well(void **state)
{
    static const char *const bodies[] = {"",
                                         "-",
                                         "--b",
                                         "--b\r\n--b",
                                         "--b\r\n\r\n--b",
                                         "--b\r\n\r\n\r\n\r\n--b--",
                                         "\r\n--b\r\n--b\r\n--b",
                                         "--b\r\nX: name=\"\r\n\r\n\r\n--b",
                                         "--b\r\nname=\"a\r\n\r\n\r\n--b",
                                         NULL};
    static const char *const types[] = {PARTS,
                                        "multipart/form-data",
                                        "multipart/form-data; boundary=",
                                        "multipart/form-data; boundary=\"",
                                        URLENCODED,
                                        NULL};
    (void)state;
    for (const char *const *type = types; *type; type++)
        for (const char *const *body = bodies; *body; body++)
            fields_of(*type, *body, strlen(*body), 3);
    srand(7);
    for (int i = 0; i < 20000; i++) {
        static const char letters[] = "--b\r\n\r\nname=\"file\"; \\%&=\0\xff";
        char *body = malloc(64); /* so that a sanitizer sees its end */
        const size_t len = (size_t)rand() % 64;
        for (size_t at = 0; at < len; at++)
            body[at] = letters[(size_t)rand() % sizeof letters];
        body[len] = '\0';
        fields_of(i % 2 ? PARTS : URLENCODED, body, len, 3);
        free(body);
        if (i % 100 == 0)
            apr_pool_clear(pool);
    }
}

static void a_long_name_is_cut(void **state)
{
    char body[400] = "";
    (void)state;
    memset(body, 'x', 300);
    assert_true(strlen(fields_of(URLENCODED, body, 300, 3)) < 70);
    for (size_t at = 0; at + 6 < sizeof body - 1; at += 6)
        memcpy(body + at, "%C3%A9", 6);
    const char *fields = fields_of(URLENCODED, body, strlen(body), 3);
    assert_true(strlen(fields) < 70);
    assert_non_null(strstr(fields, "\u00e9\u2026"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_forms_send_is_a_form),
        cmocka_unit_test(fields_are_named_and_their_values_are_not),
        cmocka_unit_test(parts_are_named_and_so_are_files),
        cmocka_unit_test(bodies_that_are_none_end_well),
        cmocka_unit_test(a_long_name_is_cut),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
