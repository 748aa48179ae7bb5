/* SPDX-License-Identifier: Apache-2.0 */
/* What a phone keeps of the desktop that it has signed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "sample_keys.h"
#include "session/cookie.h"
#include "session/known.h"
#include "session/prelogin.h"
#include "session/signout.h"

#define REALM "https://example.org"
#define HOUR apr_time_from_sec(3600)

static apr_pool_t *pool;
static keys_t *keys;
static signouts_t *signouts;
static apr_time_t now;

static session_t desktop(void)
{
    session_t session = {.expires = (uint32_t)apr_time_sec(now + 8 * HOUR)};
    memcpy(session.id, "the session's id", SESSION_ID_BYTES);
    memcpy(session.family, "the one's family", SESSION_ID_BYTES);
    memset(session.name, 'x', SESSION_NAME_MAX);
    return session;
}

static const char *token(apr_time_t at)
{
    const session_t session = desktop();
    const char *text = signout_seal(signouts, &session, at, pool);
    assert_non_null(text);
    return text;
}

static bool opens(const signouts_t *with, const char *text, apr_time_t at)
{
    session_t session;
    return signout_open(with, text, at, &session);
}

static void it_names_the_family_and_no_session(void **state)
{
    (void)state;
    session_t opened = {.id = {0}};
    const session_t session = desktop();
    assert_true(signout_open(signouts, token(now), now, &opened));
    assert_memory_equal(opened.family, session.family, SESSION_ID_BYTES);
    assert_string_equal(opened.name, session.name);
    assert_true(sodium_is_zero(opened.id, SESSION_ID_BYTES));
}

static void it_lasts_as_long_as_the_session_can(void **state)
{
    (void)state;
    const char *text = token(now);
    assert_true(opens(signouts, text, now + 8 * HOUR - apr_time_from_sec(1)));
    assert_false(opens(signouts, text, now + 8 * HOUR));
}

static void every_changed_character_makes_it_nothing(void **state)
{
    (void)state;
    char *text = apr_pstrdup(pool, token(now));
    for (char *c = text; *c; c++) {
        const char was = *c;
        *c = was == 'A' ? 'B' : 'A';
        assert_false(opens(signouts, text, now));
        *c = was;
    }
    assert_true(opens(signouts, text, now));
    assert_false(opens(signouts, apr_pstrcat(pool, text, "A", NULL), now));
    assert_false(opens(signouts, "", now));
}

/* A session's cookie signs nobody out, and this signs nobody in. */
static void it_is_for_one_purpose_and_one_site(void **state)
{
    (void)state;
    const char *text = token(now);
    assert_false(opens(signouts_make(keys, "https://other.example", 8 * HOUR, pool), text, now));
    prelogin_t prelogin;
    known_t known;
    prelogins_t *prelogins = prelogins_make(keys, "logoutData", REALM, 8 * HOUR, pool);
    known_browsers_t *browsers = known_browsers_make(keys, "logoutData", REALM, pool);
    assert_false(prelogin_open(prelogins, text, strlen(text), now, &prelogin));
    assert_false(known_open(browsers, text, strlen(text), now, &known));
    prelogin_start(&prelogin, now);
    assert_false(opens(signouts, prelogin_seal(prelogins, &prelogin, now, pool), now));
    sessions_t *sessions = sessions_make(keys, "logoutData", REALM, HOUR, 8 * HOUR, NULL, pool);
    session_t session = desktop();
    assert_int_equal(session_open(sessions, text, strlen(text), now, &session), SESSION_NONE);
    assert_false(opens(signouts, session_seal(sessions, &session, now, pool), now));
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0)
        return -1;
    apr_pool_create(&pool, NULL);
    now = apr_time_now();
    keys = sample_keys(pool);
    signouts = signouts_make(keys, REALM, 8 * HOUR, pool);
    return signouts ? 0 : -1;
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
        cmocka_unit_test(it_names_the_family_and_no_session),
        cmocka_unit_test(it_lasts_as_long_as_the_session_can),
        cmocka_unit_test(every_changed_character_makes_it_nothing),
        cmocka_unit_test(it_is_for_one_purpose_and_one_site),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
