/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <sodium.h>
#include <string.h>
#include "sample_keys.h"
#include "session/cookie.h"
#include "session/known.h"

#define COOKIE "__Host-mpin-known"
#define REALM "https://example.org"
#define DAY apr_time_from_sec(24 * 3600)

static apr_pool_t *pool;
static keys_t *keys;
static known_browsers_t *browsers;
static apr_time_t now;

static known_t known_of(const char *name)
{
    known_t known = {.id = {0}};
    known_add(&known, name);
    return known;
}

static bool opens(const known_browsers_t *with, const char *text, apr_time_t when)
{
    known_t known;
    return known_open(with, text, strlen(text), when, &known);
}

static void fresh_browser_knows_nobody(void **state)
{
    (void)state;
    const known_t known = {.id = {0}};
    assert_null(known_for(&known, "john"));
    assert_null(known_for(&known, ""));
}

static void browser_is_known_to_the_users_who_signed_in(void **state)
{
    (void)state;
    known_t known = {.id = {0}};
    assert_true(known_add(&known, "john"));
    assert_non_null(known_for(&known, "john"));
    assert_null(known_for(&known, "John"));
    assert_null(known_for(&known, "anna"));
    unsigned char id[KNOWN_ID_BYTES];
    memcpy(id, known.id, sizeof id);
    assert_false(sodium_is_zero(id, sizeof id));
    assert_true(known_add(&known, "anna"));
    assert_memory_equal(known_for(&known, "john"), id, sizeof id);
    assert_memory_equal(known_for(&known, "anna"), id, sizeof id);
}

static void two_browsers_share_who_has_signed_in_on_both(void **state)
{
    (void)state;
    const known_t nobody = {.id = {0}};
    known_t one = known_of("john"), other = known_of("anna");
    assert_false(known_share(&nobody, &nobody));
    assert_false(known_share(&one, &nobody));
    assert_false(known_share(&one, &other));
    known_add(&other, "mary");
    known_add(&other, "john");
    known_add(&other, "jane");
    assert_true(known_share(&one, &other) && known_share(&other, &one));
}

static void two_browsers_have_two_ids(void **state)
{
    (void)state;
    known_t one = known_of("john"), other = known_of("john");
    assert_memory_not_equal(one.id, other.id, KNOWN_ID_BYTES);
}

static void same_user_again_needs_no_new_cookie(void **state)
{
    (void)state;
    known_t known = known_of("john");
    assert_false(known_add(&known, "john"));
    known_add(&known, "anna");
    assert_true(known_add(&known, "john"));
    assert_false(known_add(&known, "john"));
}

static void fifth_user_pushes_out_the_one_of_longest_ago(void **state)
{
    (void)state;
    known_t known = {.id = {0}};
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < KNOWN_USERS; i++)
        known_add(&known, names[i]);
    known_add(&known, "a"); /* b is the oldest now */
    known_add(&known, "e");
    assert_null(known_for(&known, "b"));
    static const char *const kept[] = {"a", "c", "d", "e"};
    for (int i = 0; i < KNOWN_USERS; i++)
        assert_non_null(known_for(&known, kept[i]));
}

static void sealed_cookie_opens_to_the_same_browser(void **state)
{
    (void)state;
    known_t known = known_of("john"), opened;
    known_add(&known, "anna");
    const char *text = known_seal(browsers, &known, now, pool);
    assert_true(strlen(text) <= KNOWN_TEXT_MAX);
    assert_true(known_open(browsers, text, strlen(text), now, &opened));
    assert_memory_equal(opened.id, known.id, sizeof known.id);
    assert_memory_equal(opened.users, known.users, sizeof known.users);
}

static void the_device_that_signed_in_is_remembered_for_its_site_only(void **state)
{
    (void)state;
    static const unsigned char device[16] = {7, 1}, other[16] = {8};
    known_t known = known_of("john"), opened;
    assert_null(known_device(&known, REALM));
    assert_true(known_set_device(&known, REALM, device));
    assert_false(known_set_device(&known, REALM, device));
    const char *text = known_seal(browsers, &known, now, pool);
    assert_true(strlen(text) <= KNOWN_TEXT_MAX);
    assert_true(known_open(browsers, text, strlen(text), now, &opened));
    assert_memory_equal(known_device(&opened, REALM), device, sizeof device);
    assert_null(known_device(&opened, "https://another.example.org"));
    assert_non_null(known_for(&opened, "john"));
    assert_true(known_set_device(&opened, REALM, other));
    assert_memory_equal(known_device(&opened, REALM), other, sizeof other);
    assert_true(known_set_device(&opened, REALM, NULL));
    assert_null(known_device(&opened, REALM));
}

static void a_cookie_from_before_devices_opens_without_one(void **state)
{
    (void)state;
    known_t known = known_of("john"), opened;
    unsigned char bytes[1 + KNOWN_ID_BYTES + 16] = {1};
    memcpy(bytes + 1, known.id, KNOWN_ID_BYTES);
    memcpy(bytes + 1 + KNOWN_ID_BYTES, known.users[0], 16);
    const cookie_sealer_t *sealer = cookie_sealer_make(
        keys, "known-browser", apr_time_from_sec(KNOWN_DAYS * 86400), COOKIE, REALM, pool);
    const char *text = cookie_seal(sealer, now, bytes, sizeof bytes, pool);
    assert_true(known_open(browsers, text, strlen(text), now, &opened));
    assert_memory_equal(opened.id, known.id, sizeof known.id);
    assert_non_null(known_for(&opened, "john"));
    assert_null(known_device(&opened, REALM));
}

static void a_cookie_of_full_length_from_before_opens_with_all_that_it_held(void **state)
{
    (void)state;
    static const unsigned char device[16] = {7, 1};
    unsigned char bytes[1 + KNOWN_ID_BYTES + 16 + 8 + KNOWN_USERS * 16] = {2}, *at = bytes + 1;
    known_t known = known_of("a"), opened;
    known_add(&known, "b");
    known_add(&known, "c");
    known_add(&known, "d");
    known_set_device(&known, REALM, device);
    at = (unsigned char *)memcpy(at, known.id, KNOWN_ID_BYTES) + KNOWN_ID_BYTES;
    at = (unsigned char *)memcpy(at, known.device, 16) + 16;
    at = (unsigned char *)memcpy(at, known.site, 8) + 8;
    memcpy(at, known.users, sizeof known.users);
    const cookie_sealer_t *sealer = cookie_sealer_make(
        keys, "known-browser", apr_time_from_sec(KNOWN_DAYS * 86400), COOKIE, REALM, pool);
    const char *text = cookie_seal(sealer, now, bytes, sizeof bytes, pool);
    assert_true(known_open(browsers, text, strlen(text), now, &opened));
    assert_memory_equal(&opened, &known, sizeof known);
}

static known_t reopened(const known_t *known, apr_size_t *len)
{
    known_t opened;
    const char *text = known_seal(browsers, known, now, pool);
    *len = strlen(text);
    assert_true(known_open(browsers, text, *len, now, &opened));
    return opened;
}

static void a_cookie_holds_no_more_than_is_in_use(void **state)
{
    (void)state;
    static const unsigned char device[16] = {7, 1}, other[16] = {8};
    known_t known, same;
    apr_size_t least, len;
    known_start(&known, device);
    known_add(&known, "john");
    known_set_device(&known, REALM, device);
    same = reopened(&known, &least);
    assert_memory_equal(&same, &known, sizeof known);
    assert_int_equal(least, (32 + 1 + 16 + 16) * 4 / 3 + 1);

    known_set_device(&known, REALM, other); /* a new PIN: the browser stays the same one */
    same = reopened(&known, &len);
    assert_memory_equal(&same, &known, sizeof known);
    assert_memory_equal(same.id, device, sizeof device);
    assert_true(len > least);
    known_set_device(&known, "https://another.example.org", device);
    same = reopened(&known, &len);
    assert_memory_equal(&same, &known, sizeof known);
    assert_null(known_device(&same, REALM));

    known_start(&known, NULL);
    known_add(&known, "john");
    same = reopened(&known, &len);
    assert_memory_equal(&same, &known, sizeof known);
    assert_int_equal(len, least);
}

static void every_changed_character_makes_it_unknown(void **state)
{
    (void)state;
    known_t known = known_of("john"), opened;
    char *text = apr_pstrdup(pool, known_seal(browsers, &known, now, pool));
    const apr_size_t len = strlen(text);
    for (apr_size_t i = 0; i < len; i++) {
        const char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        assert_false(opens(browsers, text, now));
        text[i] = was;
    }
    for (apr_size_t short_of = 0; short_of < len; short_of++)
        assert_false(known_open(browsers, text, short_of, now, &opened));
    assert_false(opens(browsers, apr_pstrcat(pool, text, "A", NULL), now));
    memset(text, 'A', len);
    assert_false(opens(browsers, text, now));
}

static void cookie_of_another_name_realm_or_purpose_does_not_open(void **state)
{
    (void)state;
    known_t known = known_of("john");
    const char *text = known_seal(browsers, &known, now, pool);
    assert_true(opens(browsers, text, now));
    assert_false(opens(known_browsers_make(keys, "mpin-known", REALM, pool), text, now));
    assert_false(opens(known_browsers_make(keys, COOKIE, "https://example.com", pool), text, now));

    unsigned char bytes[1 + KNOWN_ID_BYTES + KNOWN_USERS * 16] = {1};
    cookie_sealer_t *session = cookie_sealer_make(keys, "session", 400, COOKIE, REALM, pool);
    assert_false(opens(browsers, cookie_seal(session, now, bytes, sizeof bytes, pool), now));
}

static void only_the_exact_layout_opens(void **state)
{
    (void)state;
    unsigned char bytes[1 + KNOWN_ID_BYTES + KNOWN_USERS * 16 + 1] = {1};
    cookie_sealer_t *same = cookie_sealer_make(keys, "known-browser", 400, COOKIE, REALM, pool);
    const apr_size_t right = sizeof bytes - 1;
    assert_true(opens(browsers, cookie_seal(same, now, bytes, right, pool), now));
    assert_false(opens(browsers, cookie_seal(same, now, bytes, right - 1, pool), now));
    assert_false(opens(browsers, cookie_seal(same, now, bytes, right + 1, pool), now));
    assert_false(opens(browsers, cookie_seal(same, now, bytes, 0, pool), now));
    bytes[0] = 2;
    assert_false(opens(browsers, cookie_seal(same, now, bytes, right, pool), now));
}

static void cookie_lasts_400_days_and_is_never_of_tomorrow(void **state)
{
    (void)state;
    known_t known = known_of("john");
    const char *text = known_seal(browsers, &known, now, pool);
    assert_true(opens(browsers, text, now + (KNOWN_DAYS - 1) * DAY));
    assert_false(opens(browsers, text, now + (KNOWN_DAYS + 1) * DAY));
    assert_false(opens(browsers, text, now - 2 * DAY));
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return -1;
    now = apr_time_now();
    keys = sample_keys(pool);
    browsers = known_browsers_make(keys, COOKIE, REALM, pool);
    return browsers ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_browser_knows_nobody),
        cmocka_unit_test(browser_is_known_to_the_users_who_signed_in),
        cmocka_unit_test(two_browsers_share_who_has_signed_in_on_both),
        cmocka_unit_test(two_browsers_have_two_ids),
        cmocka_unit_test(same_user_again_needs_no_new_cookie),
        cmocka_unit_test(fifth_user_pushes_out_the_one_of_longest_ago),
        cmocka_unit_test(sealed_cookie_opens_to_the_same_browser),
        cmocka_unit_test(the_device_that_signed_in_is_remembered_for_its_site_only),
        cmocka_unit_test(a_cookie_from_before_devices_opens_without_one),
        cmocka_unit_test(a_cookie_of_full_length_from_before_opens_with_all_that_it_held),
        cmocka_unit_test(a_cookie_holds_no_more_than_is_in_use),
        cmocka_unit_test(every_changed_character_makes_it_unknown),
        cmocka_unit_test(cookie_of_another_name_realm_or_purpose_does_not_open),
        cmocka_unit_test(only_the_exact_layout_opens),
        cmocka_unit_test(cookie_lasts_400_days_and_is_never_of_tomorrow),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
