/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "sample_keys.h"
#include "session/known.h"
#include "session/prelogin.h"

#define COOKIE "__Host-mpin-login"
#define REALM "https://www.example.com"
#define SECOND apr_time_from_sec(1)
#define HOUR apr_time_from_sec(3600)

static apr_pool_t *pool;
static keys_t *keys;
static prelogins_t *prelogins; /* good for an hour */
static const apr_time_t now = apr_time_from_sec(86400) * 20000 + 12 * HOUR;

static const char *sealed(const prelogin_t *prelogin, apr_time_t at)
{
    const char *text = prelogin_seal(prelogins, prelogin, at, pool);
    assert_non_null(text);
    assert_true(strlen(text) <= PRELOGIN_TEXT_MAX);
    return text;
}

static bool opens(const char *text, apr_time_t at)
{
    prelogin_t prelogin;
    return prelogin_open(prelogins, text, strlen(text), at, &prelogin);
}

static const char *long_target(apr_size_t len)
{
    char *target = apr_palloc(pool, len + 1);
    memset(target, 'x', len);
    target[0] = '/';
    target[len] = '\0';
    return target;
}

static void what_was_put_in_comes_back(void **state)
{
    (void)state;
    prelogin_t before, after;
    prelogin_start(&before, now);
    const char *text = sealed(&before, now + 2 * SECOND);
    assert_true(prelogin_open(prelogins, text, strlen(text), now + 3 * SECOND, &after));
    assert_memory_equal(after.id, before.id, PRELOGIN_ID_BYTES);
    assert_true(strlen(text) < 100);
}

static void it_awaits_a_link_for_one_session_until_anything_else_begins(void **state)
{
    (void)state;
    prelogin_t before, after;
    session_t session = {.family = "a session family"};
    prelogin_start(&before, now);
    prelogin_await_link(&before, 7, &session, now, 600 * SECOND);
    const char *text = sealed(&before, now);
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &after));
    assert_true(prelogin_is_linking(&after));
    assert_int_equal(after.awaits, 7);
    assert_memory_equal(after.links_for, session.family, sizeof session.family);
    prelogin_await(&after, 7, "/", now, 600 * SECOND);
    assert_false(prelogin_is_linking(&after));
    prelogin_settle(&before);
    text = sealed(&before, now);
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &after));
    assert_false(prelogin_is_linking(&after));
}

static void what_it_awaits_comes_back_until_it_has_come(void **state)
{
    (void)state;
    prelogin_t before, after;
    prelogin_start(&before, now);
    before.said = SAID_SIGNED_OUT;
    before.resting = true;
    const char *text = sealed(&before, now);
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &after));
    assert_int_equal(after.said, SAID_SIGNED_OUT);
    assert_true(after.resting);
    assert_int_equal(after.awaits, 0);
    prelogin_await(&before, 7, long_target(PRELOGIN_TARGET_MAX), now, 600 * SECOND);
    before.refreshing = true;
    text = sealed(&before, now);
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &after));
    assert_int_equal(after.awaits, 7);
    assert_int_equal(after.until, apr_time_sec(now) + 600);
    assert_memory_equal(after.nonce, before.nonce, PRELOGIN_NONCE_BYTES);
    assert_string_equal(after.target, long_target(PRELOGIN_TARGET_MAX));
    assert_true(after.refreshing);
    prelogin_await(&before, 7, long_target(PRELOGIN_TARGET_MAX + 1), now, 600 * SECOND);
    assert_string_equal(before.target, "");
    assert_false(before.refreshing);
    assert_memory_not_equal(after.nonce, before.nonce, PRELOGIN_NONCE_BYTES);
    prelogin_settle(&before);
    text = sealed(&before, now);
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &after));
    assert_int_equal(after.awaits, 0);
    assert_string_equal(after.target, "");
}

/* It was sealed by 0.2.0, which wrote the open login pages behind the id: one, of "/protected?a=b". */
static void cookie_that_was_sealed_with_places_in_it_opens(void **state)
{
    (void)state;
    static const char text[] = "AQFOICmQihSrPpEaTH5_zQRrk8BVb-"
                               "8yKWhNBRAF1zAozbOouDdmBinh5yUbr3t1acZxSp2d-bb8LNbPCL0meWTAvlW"
                               "H8gVFNALiuGXDBpjR1s3GXgpUXw";
    prelogin_t prelogin;
    assert_true(prelogin_open(prelogins, text, strlen(text), now, &prelogin));
    assert_memory_equal(prelogin.id, "Alice's computer", PRELOGIN_ID_BYTES);
}

static void it_is_good_for_its_time_from_the_last_sealing(void **state)
{
    (void)state;
    prelogin_t prelogin;
    prelogin_start(&prelogin, now);
    const char *text = sealed(&prelogin, now);
    assert_true(opens(text, now + HOUR - SECOND));
    assert_false(opens(text, now + HOUR));
    assert_true(opens(text, now - 60 * SECOND));
    assert_false(opens(text, now - 61 * SECOND));

    text = sealed(&prelogin, now + HOUR / 2);
    assert_true(opens(text, now + HOUR));
}

static void every_changed_byte_gets_one_identical_answer(void **state)
{
    (void)state;
    prelogin_t prelogin;
    prelogin_start(&prelogin, now);
    char *text = apr_pstrdup(pool, sealed(&prelogin, now));
    for (apr_size_t i = 0; text[i]; i++) {
        char was = text[i];
        for (int c = 1; c < 256; c++)
            if ((char)c != was) {
                text[i] = (char)c;
                assert_false(opens(text, now));
            }
        text[i] = '\0';
        assert_false(opens(text, now));
        text[i] = was;
    }
    assert_true(opens(text, now));
}

static void another_realm_or_cookie_does_not_open_it(void **state)
{
    (void)state;
    prelogin_t prelogin;
    prelogin_start(&prelogin, now);
    const char *text = sealed(&prelogin, now);
    prelogins_t *realm = prelogins_make(keys, COOKIE, "https://example.com", HOUR, pool);
    prelogins_t *cookie = prelogins_make(keys, "mpin-login", REALM, HOUR, pool);
    assert_false(prelogin_open(realm, text, strlen(text), now, &prelogin));
    assert_false(prelogin_open(cookie, text, strlen(text), now, &prelogin));
}

static void a_form_token_is_for_one_browser_and_purpose(void **state)
{
    (void)state;
    const unsigned char id[16] = "browser", other[16] = "another", none[16] = {0};
    keys_t *others = sample_keys_of(SAMPLE_OTHER_APP, pool);
    keys_t *rotated = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool);
    prelogins_t *elsewhere = prelogins_make(others, COOKIE, REALM, HOUR, pool);
    char *token = apr_pstrdup(pool, prelogin_token(prelogins, id, "login", pool));

    assert_int_equal(strlen(token), 64);
    assert_true(prelogin_token_ok(prelogins, id, "login", token));
    assert_false(prelogin_token_ok(prelogins, id, "logout", token));
    assert_false(prelogin_token_ok(prelogins, other, "login", token));
    assert_false(prelogin_token_ok(prelogins, none, "login", token));
    assert_false(prelogin_token_ok(elsewhere, id, "login", token));
    assert_true(
        prelogin_token_ok(prelogins_make(rotated, COOKIE, REALM, HOUR, pool), id, "login", token));
    assert_false(prelogin_token_ok(prelogins, id, "login", ""));
    assert_false(prelogin_token_ok(prelogins, id, "login", apr_pstrcat(pool, token, "A", NULL)));
    assert_false(prelogin_token_ok(prelogins, id, "login", long_target(100000)));
    for (int i = 0; i < 64; i++) {
        char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        assert_false(prelogin_token_ok(prelogins, id, "login", token));
        token[i] = '\0';
        assert_false(prelogin_token_ok(prelogins, id, "login", token));
        token[i] = was;
    }
}

/* What one page has tells nothing of what the next one has, whatever packs them. */
static void no_two_pages_have_the_same_form_token(void **state)
{
    (void)state;
    const unsigned char id[16] = "browser";
    const char *one = prelogin_token(prelogins, id, "login", pool);
    const char *two = prelogin_token(prelogins, id, "login", pool);

    for (int i = 0; i + 8 <= 64; i++)
        assert_null(strstr(two, apr_pstrmemdup(pool, one + i, 8)));
    assert_true(prelogin_token_ok(prelogins, id, "login", one));
    assert_true(prelogin_token_ok(prelogins, id, "login", two));
    assert_false(
        prelogin_token_ok(prelogins, id, "login", apr_psprintf(pool, "%.22s%s", two, one + 22)));
}

/* A page that was open when the module was replaced, or is of a node that waits for it. */
static void a_form_of_an_earlier_release_is_taken(void **state)
{
    (void)state;
    const unsigned char id[16] = "browser";
    const secret_t *key = keys_derive_app(keys, "form-token");
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state hash;
    crypto_auth_hmacsha256_init(&hash, key->bytes, key->len);
    crypto_auth_hmacsha256_update(&hash, id, sizeof id);
    crypto_auth_hmacsha256_update(&hash, (const unsigned char *)"login", 5);
    crypto_auth_hmacsha256_final(&hash, mac);
    char *token = base64_encode(pool, mac, sizeof mac);

    assert_true(prelogin_token_ok(prelogins, id, "login", token));
    assert_false(prelogin_token_ok(prelogins, id, "logout", token));
    token[9] = token[9] == 'A' ? 'B' : 'A';
    assert_false(prelogin_token_ok(prelogins, id, "login", token));
}

/* ---- known browsers -------------------------------------------------------------------------- */

static void a_known_browser_remembers_four_users_the_newest_first(void **state)
{
    (void)state;
    known_t known;
    memset(&known, 0, sizeof known);
    assert_null(known_for(&known, "alice"));
    assert_true(known_add(&known, "alice"));
    unsigned char id[KNOWN_ID_BYTES];
    memcpy(id, known.id, sizeof id);
    assert_memory_equal(known_for(&known, "alice"), id, sizeof id);
    assert_null(known_for(&known, "Alice"));

    assert_false(known_add(&known, "alice"));
    assert_true(known_add(&known, "bob"));
    assert_true(known_add(&known, "carol"));
    assert_true(known_add(&known, "dave"));
    assert_true(known_add(&known, "alice"));
    assert_true(known_add(&known, "eve"));
    assert_null(known_for(&known, "bob"));
    static const char *const kept[] = {"alice", "carol", "dave", "eve"};
    for (int i = 0; i < 4; i++)
        assert_non_null(known_for(&known, kept[i]));
    assert_memory_equal(known.id, id, sizeof id);
}

static void a_known_browsers_cookie_is_good_for_its_days_and_unchanged_only(void **state)
{
    (void)state;
    known_browsers_t *browsers = known_browsers_make(keys, "mpin-known", REALM, pool);
    known_t known, after;
    memset(&known, 0, sizeof known);
    known_add(&known, "alice");
    known_add(&known, "bob");
    char *text = apr_pstrdup(pool, known_seal(browsers, &known, now, pool));
    apr_size_t len = strlen(text);
    assert_true(len <= KNOWN_TEXT_MAX);
    assert_true(known_open(browsers, text, len, now + KNOWN_DAYS * 24 * HOUR, &after));
    assert_memory_equal(&after, &known, sizeof known);
    assert_false(known_open(browsers, text, len, now + (KNOWN_DAYS + 1) * 24 * HOUR, &after));
    for (apr_size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        assert_false(known_open(browsers, text, len, now, &after));
        text[i] ^= 1;
        assert_false(known_open(browsers, text, i, now, &after));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_in_comes_back),
        cmocka_unit_test(it_awaits_a_link_for_one_session_until_anything_else_begins),
        cmocka_unit_test(what_it_awaits_comes_back_until_it_has_come),
        cmocka_unit_test(cookie_that_was_sealed_with_places_in_it_opens),
        cmocka_unit_test(it_is_good_for_its_time_from_the_last_sealing),
        cmocka_unit_test(every_changed_byte_gets_one_identical_answer),
        cmocka_unit_test(another_realm_or_cookie_does_not_open_it),
        cmocka_unit_test(a_form_token_is_for_one_browser_and_purpose),
        cmocka_unit_test(no_two_pages_have_the_same_form_token),
        cmocka_unit_test(a_form_of_an_earlier_release_is_taken),
        cmocka_unit_test(a_known_browser_remembers_four_users_the_newest_first),
        cmocka_unit_test(a_known_browsers_cookie_is_good_for_its_days_and_unchanged_only),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    keys = sample_keys(pool);
    prelogins = prelogins_make(keys, COOKIE, REALM, HOUR, pool);
    return cmocka_run_group_tests_name("prelogin", tests, NULL, NULL);
}
