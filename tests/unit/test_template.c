/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: placeholders, sections, texts, and nothing unescaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "notice/template.h"

static apr_pool_t *pool;
static apr_table_t *files;
static template_t template;

static const char *read_file(void *baton, const char *name, apr_pool_t *p)
{
    (void)p;
    return apr_table_get(baton, name);
}

static int setup(void **state)
{
    (void)state;
    apr_pool_clear(pool);
    files = apr_table_make(pool, 4);
    template.read = read_file;
    template.baton = files;
    template.values = apr_table_make(pool, 4);
    template.texts = apr_hash_make(pool);
    return 0;
}

static const char *render(const char *text)
{
    apr_table_set(files, "page", text);
    return template_render(&template, "page", pool);
}

static void set(const char *name, const char *value)
{
    apr_table_set((apr_table_t *)(uintptr_t) template.values, name, value);
}

static void a_value_is_escaped(void **state)
{
    (void)state;
    set("user", "<b a=\"1\" b='2'>&");
    assert_string_equal(render("x{{user}}y"), "x&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;y");
}

static void a_value_is_not_read_for_placeholders(void **state)
{
    (void)state;
    set("user", "{{secret}}");
    set("secret", "s");
    assert_string_equal(render("{{user}}"), "{{secret}}");
}

static void a_missing_value_is_nothing(void **state)
{
    (void)state;
    assert_string_equal(render("[{{nobody}}]"), "[]");
}

static void sections_follow_the_value(void **state)
{
    (void)state;
    set("a", "1");
    set("b", "");
    assert_string_equal(render("{{#a}}A{{/a}}{{^a}}-{{/a}}{{#b}}B{{/b}}{{^b}}+{{/b}}"), "A+");
    assert_string_equal(render("{{#a}}{{^b}}both{{/b}}{{/a}}"), "both");
}

static void texts_take_values_and_are_escaped(void **state)
{
    (void)state;
    set("user", "<anna>");
    apr_hash_set(template.texts, "hello", APR_HASH_KEY_STRING, "Hi & welcome, {user}{nobody}!");
    assert_string_equal(render("{{t.hello}}"), "Hi &amp; welcome, &lt;anna&gt;!");
    assert_string_equal(render("{{t.unknown}}"), "unknown");
    apr_hash_set(template.texts, "marked", APR_HASH_KEY_STRING, "Hold {{code}}, {user}!");
    assert_string_equal(render("{{t.marked}}"), "Hold {{code}}, &lt;anna&gt;!");
}

static void partials_are_read_four_deep(void **state)
{
    (void)state;
    apr_table_set(files, "top", "<{{>page2}}>");
    apr_table_set(files, "page2", "2");
    assert_string_equal(render("{{>top}}"), "<2>");
    assert_null(render("{{>page}}"));
    assert_null(render("{{>missing}}"));
}

static void what_is_not_well_formed_gives_no_page(void **state)
{
    (void)state;
    static const char *const broken[] = {"{{", "{{a", "{{}}", "{{#a}}x", "{{^a}}x{{/b}}", "a{{b}c"};
    set("a", "1");
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        assert_null(render(broken[i]));
    char *name = apr_pstrcat(
        pool, "{{", "0123456789012345678901234567890123456789012345678901234567890123456789", "}}",
        NULL);
    assert_null(render(name));
}

static void a_page_has_a_largest_size(void **state)
{
    (void)state;
    char *value = apr_palloc(pool, 65537);
    memset(value, '<', 65536);
    value[65536] = '\0';
    set("big", value);
    assert_null(render("{{big}}{{big}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_value_is_escaped, setup),
        cmocka_unit_test_setup(a_value_is_not_read_for_placeholders, setup),
        cmocka_unit_test_setup(a_missing_value_is_nothing, setup),
        cmocka_unit_test_setup(sections_follow_the_value, setup),
        cmocka_unit_test_setup(texts_take_values_and_are_escaped, setup),
        cmocka_unit_test_setup(partials_are_read_four_deep, setup),
        cmocka_unit_test_setup(what_is_not_well_formed_gives_no_page, setup),
        cmocka_unit_test_setup(a_page_has_a_largest_size, setup),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
