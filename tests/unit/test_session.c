/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "keys/seal.h"
#include "sample_keys.h"
#include "session/cookie.h"
#include "session/known.h"
#include "session/prelogin.h"
#include "session/session.h"
#include "store_fixture.h"

#define COOKIE "__Host-mpin"
#define REALM "https://www.example.com"
#define SECOND apr_time_from_sec(1)
#define HOUR apr_time_from_sec(3600)
#define DAY apr_time_from_sec(86400)

static apr_pool_t *pool;
static revocations_t *revocations;
static sessions_t *sessions; /* half an hour idle, eight hours in all */
static const apr_time_t now = 20000 * DAY + 12 * HOUR;

static sessions_t *make(const keys_t *keys, const char *cookie, const char *realm)
{
    return sessions_make(keys, cookie, realm, HOUR / 2, 8 * HOUR, revocations, pool);
}

static void start(session_t *session)
{
    memset(session, 0, sizeof *session);
    memcpy(session->uid, "0123456789abcdef", SESSION_ID_BYTES);
    session->version = 7;
    session->amr = AMR_PIN | AMR_MFA;
    strcpy(session->name, "alice@example.com");
    strcpy(session->provider, "local");
    session_start(sessions, session, FACTOR_PIN, now);
}

static const char *sealed(session_t *session, apr_time_t at)
{
    const char *text = session_seal(sessions, session, at, pool);
    assert_non_null(text);
    return text;
}

static session_status_t open_with(const sessions_t *with, const char *text, apr_time_t at)
{
    session_t session;
    return session_open(with, text, strlen(text), at, &session);
}

static session_status_t open_at(const char *text, apr_time_t at)
{
    return open_with(sessions, text, at);
}

static void a_session_comes_back_as_it_was(void **state)
{
    (void)state;
    session_t before, after;
    start(&before);
    memset(before.identity, 0xee, sizeof before.identity);
    const char *text = sealed(&before, now + SECOND);
    assert_int_equal(session_open(sessions, text, strlen(text), now + SECOND, &after), SESSION_OK);

    assert_memory_equal(&after, &before, offsetof(session_t, name));
    assert_string_equal(after.name, "alice@example.com");
    assert_string_equal(after.provider, "local");
    assert_int_equal(after.started, apr_time_sec(now));
    assert_int_equal(after.auth_time, apr_time_sec(now));
    assert_int_equal(after.seen, apr_time_sec(now) + 1);
    assert_int_equal(after.expires, apr_time_sec(now + 8 * HOUR));
}

static void the_longest_and_the_shortest_session_fit(void **state)
{
    (void)state;
    session_t session, after;
    start(&session);
    memset(session.name, 'n', SESSION_NAME_MAX);
    session.name[SESSION_NAME_MAX] = '\0';
    memset(session.provider, 'p', SESSION_PROVIDER_MAX);
    session.provider[SESSION_PROVIDER_MAX] = '\0';
    session.family[0] ^= 1;
    session.identity[0] = 1;
    session.version = session.amr = UINT32_MAX;
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        session.proven[factor] = 1; /* long before it began: five bytes each */
    const char *text = sealed(&session, now);
    assert_true(strlen(text) <= SESSION_TEXT_MAX);
    assert_int_equal(session_open(sessions, text, strlen(text), now, &after), SESSION_OK);
    assert_string_equal(after.name, session.name);
    assert_string_equal(after.provider, session.provider);

    *session.name = *session.provider = '\0';
    assert_int_equal(open_at(sealed(&session, now), now), SESSION_OK);
}

static void the_sealed_form_is_base64url_and_hides_the_name(void **state)
{
    (void)state;
    session_t session;
    unsigned char bytes[600];
    apr_size_t got;
    start(&session);
    const char *text = sealed(&session, now);
    assert_true(base64_decode(text, strlen(text), bytes, &got));
    assert_null(memmem(bytes, got, "alice", 5));
}

static void each_new_session_has_its_own_id_and_a_step_up_keeps_the_family(void **state)
{
    (void)state;
    session_t first, second, stepped;
    start(&first);
    start(&second);
    assert_memory_not_equal(first.id, second.id, SESSION_ID_BYTES);
    assert_memory_not_equal(first.family, second.family, SESSION_ID_BYTES);
    assert_memory_equal(first.id, first.family, SESSION_ID_BYTES);

    stepped = first;
    session_start(sessions, &stepped, FACTOR_PIN, now + HOUR);
    assert_memory_not_equal(stepped.id, first.id, SESSION_ID_BYTES);
    assert_memory_equal(stepped.family, first.family, SESSION_ID_BYTES);
    assert_int_equal(stepped.started, first.started);
    assert_int_equal(stepped.auth_time, apr_time_sec(now + HOUR));
    assert_int_equal(stepped.expires, apr_time_sec(now + 9 * HOUR));
}

/* A session by password, started at `at`, that steps up from one by PIN. */
static session_t password_after(const session_t *pin, apr_time_t at)
{
    session_t session = *pin;
    session.amr = AMR_PWD;
    memset(session.identity, 0, SESSION_ID_BYTES);
    session_start(sessions, &session, FACTOR_PASSWORD, at);
    session_step_up(sessions, &session, pin);
    return session;
}

static void fresh_password_makes_no_old_pin_fresh(void **state)
{
    (void)state;
    session_t pin;
    start(&pin);
    session_t both = password_after(&pin, now + HOUR);
    assert_int_equal(both.amr, AMR_PWD | AMR_PIN | AMR_MFA);
    assert_int_equal(both.proven[FACTOR_PASSWORD], apr_time_sec(now + HOUR));
    assert_int_equal(both.proven[FACTOR_PIN], apr_time_sec(now));
    assert_int_equal(both.auth_time, apr_time_sec(now + HOUR));

    pin.amr |= AMR_SWK | AMR_PHONE; /* how that PIN was proven stays known */
    assert_int_equal(password_after(&pin, now).amr,
                     AMR_PWD | AMR_PIN | AMR_MFA | AMR_SWK | AMR_PHONE);

    pin.amr |= AMR_OPEN; /* and how its name was */
    assert_true(password_after(&pin, now).amr & AMR_OPEN);
    session_t late = password_after(&pin, now + 8 * HOUR);
    assert_int_equal(late.amr, AMR_PWD); /* a proof does not outlive the longest session */
}

static void step_up_keeps_every_factor_with_its_own_time(void **state)
{
    (void)state;
    session_t old, fresh;
    start(&old);
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        old.proven[factor] = old.started - (uint32_t)factor;
    fresh = old;
    session_start(sessions, &fresh, FACTOR_TOTP, now + SECOND);
    session_step_up(sessions, &fresh, &old);
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        assert_int_equal(fresh.proven[factor],
                         factor == FACTOR_TOTP ? fresh.auth_time : old.proven[factor]);
}

/* Some sites do not take a name that was proven by being its first: no step changes that, also one
 * that is taken when the PIN is too old to be kept. A password proves the name. */
static void a_step_up_keeps_how_the_name_was_proven(void **state)
{
    (void)state;
    static const struct {
        factor_t factor;
        uint32_t amr;
    } steps[] = {{FACTOR_TOTP, AMR_OTP},
                 {FACTOR_SMS, AMR_SMS},
                 {FACTOR_RECOVERY, AMR_OTP},
                 {FACTOR_SECURITY_KEY, AMR_HWK},
                 {FACTOR_PASSKEY, AMR_SWK | AMR_USER | AMR_MFA},
                 {FACTOR_PIN, AMR_PIN | AMR_MFA}};
    session_t open;
    start(&open);
    open.amr |= AMR_OPEN;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (int late = 0; late < 2; late++) {
            session_t stepped = open;
            stepped.amr = steps[i].amr;
            session_start(sessions, &stepped, steps[i].factor, now + late * 8 * HOUR);
            session_step_up(sessions, &stepped, &open);
            assert_true(stepped.amr & AMR_OPEN);
            session_add(&stepped, FACTOR_TOTP, AMR_OTP, now + 8 * HOUR);
            assert_true(stepped.amr & AMR_OPEN);
        }
    assert_false(password_after(&open, now + 8 * HOUR).amr & AMR_OPEN);
}

static void revoked_identity_ends_the_session_that_kept_its_pin(void **state)
{
    (void)state;
    session_t pin;
    start(&pin);
    memcpy(pin.identity, "a stolen device!", SESSION_ID_BYTES);
    session_t both = password_after(&pin, now);
    const char *text = sealed(&both, now);
    assert_int_equal(open_at(text, now), SESSION_OK);
    assert_int_equal(
        revocations_add(revocations, REVOKE_IDENTITY, pin.identity, 0, now, now + HOUR), STORE_OK);
    assert_int_equal(open_at(text, now), SESSION_REVOKED);
}

static void stepup_with_other_identity_does_not_merge(void **state)
{
    (void)state;
    session_t pin, other;
    start(&pin);
    start(&other);
    other.uid[0]++;
    assert_int_equal(password_after(&pin, now).amr, AMR_PWD | AMR_PIN | AMR_MFA);
    other.amr = AMR_PWD;
    session_start(sessions, &other, FACTOR_PASSWORD, now);
    session_step_up(sessions, &other, &pin);
    assert_int_equal(other.amr, AMR_PWD);
    other = pin;
    other.version++;
    other.amr = AMR_PWD;
    session_start(sessions, &other, FACTOR_PASSWORD, now);
    session_step_up(sessions, &other, &pin);
    assert_int_equal(other.amr, AMR_PWD);
}

#define NONCE 12

static int by_nonce(const void *a, const void *b)
{
    return memcmp(a, b, NONCE);
}

static void ten_thousand_seals_of_one_session_all_differ(void **state)
{
    (void)state;
    enum { SEALS = 10000 };
    static unsigned char nonces[SEALS][NONCE];
    apr_pool_t *p;
    session_t session;
    start(&session);
    apr_pool_create(&p, pool);
    for (int i = 0; i < SEALS; i++) {
        unsigned char bytes[600];
        apr_size_t got;
        const char *text = session_seal(sessions, &session, now, p);
        assert_true(base64_decode(text, strlen(text), bytes, &got));
        memcpy(nonces[i], bytes + 4, NONCE);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    qsort(nonces, SEALS, NONCE, by_nonce);
    for (int i = 1; i < SEALS; i++)
        assert_memory_not_equal(nonces[i - 1], nonces[i], NONCE);
}

static void every_changed_byte_gets_one_identical_answer(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    char *text = apr_pstrdup(pool, sealed(&session, now));
    for (apr_size_t i = 0; text[i]; i++) {
        char was = text[i];
        for (int c = 1; c < 256; c++)
            if ((char)c != was) {
                text[i] = (char)c;
                assert_int_equal(open_at(text, now), SESSION_NONE);
            }
        text[i] = was;
    }
    assert_int_equal(open_at(text, now), SESSION_OK);
}

static void what_is_no_session_gets_the_same_answer(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "A", "AA", "AQ", "=", "null", "alice", "\"\"", ";", " "};
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(open_at(bad[i], now), SESSION_NONE);
    for (apr_size_t len = 0; len < strlen(text); len++)
        assert_int_equal(session_open(sessions, text, len, now, &session), SESSION_NONE);
    assert_int_equal(open_at(apr_pstrcat(pool, text, "AAAA", NULL), now), SESSION_NONE);
    assert_int_equal(open_at(apr_pstrcat(pool, text, "=", NULL), now), SESSION_NONE);
    assert_int_equal(open_at(apr_pstrcat(pool, " ", text, NULL), now), SESSION_NONE);

    char *huge = apr_palloc(pool, 65537);
    memset(huge, 'A', 65536);
    huge[65536] = '\0';
    for (apr_size_t len = 0; len <= 65536; len = len * 2 + 1)
        assert_int_equal(session_open(sessions, huge, len, now, &session), SESSION_NONE);
    memcpy(huge, text, strlen(text));
    assert_int_equal(session_open(sessions, huge, 65536, now, &session), SESSION_NONE);
}

static session_status_t open_bytes(const unsigned char *bytes, apr_size_t len)
{
    cookie_sealer_t *sealer =
        cookie_sealer_make(sample_keys(pool), "session", 8 * HOUR, COOKIE, REALM, pool);
    return open_at(cookie_seal(sealer, now, bytes, len, pool), now);
}

/* As another version of the module might seal it. */
static void another_layout_is_no_session(void **state)
{
    (void)state;
    enum { NOW = 0x40, TOLD = 0x44, BEFORE = 0x20 }; /* layouts that are read */
    enum { SHORTEST = 1 + 2 * SESSION_ID_BYTES + 1 + 4 + 4 + 1, NAME = SHORTEST - 1 };
    enum { FACTORS = 1 + 2 * SESSION_ID_BYTES + 1 + 4 };
    unsigned char bytes[SHORTEST + SESSION_NAME_MAX + 1] = {NOW};
    assert_int_equal(open_bytes(bytes, SHORTEST), SESSION_EXPIRED);
    for (apr_size_t len = 0; len < SHORTEST; len++)
        assert_int_equal(open_bytes(bytes, len), SESSION_NONE);
    assert_int_equal(open_bytes(bytes, SHORTEST + 1), SESSION_NONE);

    for (int layout = 0; layout < 256; layout++) {
        bytes[0] = (unsigned char)layout;
        assert_int_equal(open_bytes(bytes, SHORTEST),
                         layout == NOW || layout == TOLD || layout == BEFORE ? SESSION_EXPIRED
                                                                             : SESSION_NONE);
    }
    bytes[0] = NOW;
    bytes[NAME] = 1; /* a name's length, and no name */
    assert_int_equal(open_bytes(bytes, SHORTEST), SESSION_NONE);
    bytes[NAME] = SESSION_NAME_MAX + 1;
    assert_int_equal(open_bytes(bytes, sizeof bytes), SESSION_NONE);

    bytes[NAME] = 0;
    memset(bytes + NAME - 4, 0xff, 4); /* a number that does not end */
    assert_int_equal(open_bytes(bytes, SHORTEST + 2), SESSION_NONE);

    memset(bytes + FACTORS, 0, SHORTEST - FACTORS);
    memcpy(bytes + FACTORS, "\x80\x10", 2); /* the factor after the last, and its time */
    assert_int_equal(open_bytes(bytes, SHORTEST + 2), SESSION_NONE);
    memcpy(bytes + FACTORS, "\x80\x08", 2); /* the last */
    assert_int_equal(open_bytes(bytes, SHORTEST + 2), SESSION_EXPIRED);
}

/* A session of every kind of parts, with times on both sides of its start. */
static session_t session_of_parts(unsigned parts)
{
    session_t session;
    memset(&session, 0, sizeof session);
    strcpy(session.name, "anna");
    strcpy(session.provider, parts & 1 ? "saml" : "local");
    session_start(sessions, &session, FACTOR_SMS, now);
    session.started += parts & 32 ? (uint32_t)-100 : 100;
    session.version = parts & 1 ? UINT32_MAX : 127;
    session.amr = parts & 1 ? 128 : 1;
    session.family[0] ^= parts >> 1 & 1;
    session.identity[15] = parts >> 2 & 1;
    return session;
}

static void opens_as(const char *text, const session_t *before)
{
    session_t after;
    assert_int_equal(session_open(sessions, text, strlen(text), now, &after), SESSION_OK);
    assert_memory_equal(&after, before, offsetof(session_t, name));
    assert_string_equal(after.name, before->name);
    assert_string_equal(after.provider, before->provider);
}

static void every_part_comes_back_or_is_missing(void **state)
{
    (void)state;
    for (unsigned parts = 0; parts < 64; parts++) {
        session_t session = session_of_parts(parts);
        session.proven[FACTOR_PASSWORD] = parts & 8 ? session.auth_time - 2000 : 0;
        session.proven[FACTOR_RECOVERY] = parts & 16 ? session.auth_time - 70 : 0;
        opens_as(sealed(&session, now + SECOND), &session);
    }
}

/* ---- the layout before this one: cookies of it are still about ------------------------------- */

/* As it was sealed: auth_time, then the times of password and PIN where they were proven. */
static const char *sealed_before(session_t *session, apr_time_t at)
{
    unsigned char bytes[600];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);
    const uint32_t password = session->proven[FACTOR_PASSWORD], pin = session->proven[FACTOR_PIN];
    const bool family = memcmp(session->family, session->id, SESSION_ID_BYTES) != 0;
    const bool identity = !sodium_is_zero(session->identity, SESSION_ID_BYTES);
    const bool provider = strcmp(session->provider, "local") != 0;
    session->seen = (uint32_t)apr_time_sec(at);
    bytes_put_u8(&out, (uint8_t)(0x20 | family | identity << 1 | (password != 0) << 2 |
                                 (pin != 0) << 3 | provider << 4));
    bytes_put(&out, session->id, SESSION_ID_BYTES);
    bytes_put(&out, session->uid, SESSION_ID_BYTES);
    bytes_put(&out, session->family, family ? SESSION_ID_BYTES : 0);
    bytes_put(&out, session->identity, identity ? SESSION_ID_BYTES : 0);
    bytes_put_number(&out, session->version);
    bytes_put_u32(&out, session->started);
    bytes_put_number(&out, session->auth_time - session->started);
    if (password)
        bytes_put_number(&out, password - session->started);
    if (pin)
        bytes_put_number(&out, pin - session->started);
    bytes_put_number(&out, session->seen - session->started);
    bytes_put_number(&out, session->expires - session->started);
    bytes_put_number(&out, session->amr);
    bytes_put_text(&out, session->name);
    if (provider)
        bytes_put_text(&out, session->provider);
    assert_true(out.ok);
    cookie_sealer_t *sealer =
        cookie_sealer_make(sample_keys(pool), "session", 8 * HOUR, COOKIE, REALM, pool);
    return cookie_seal(sealer, at, bytes, bytes_written(&out), pool);
}

/* Nobody is signed out by the change, and nobody's cookie gets longer by it. */
static void cookies_of_the_layout_before_are_read_and_sealed_anew_as_short(void **state)
{
    (void)state;
    for (unsigned parts = 0; parts < 64; parts++) {
        session_t session = session_of_parts(parts);
        const uint32_t proven = session.auth_time, earlier = proven - 1000;
        memset(session.proven, 0, sizeof session.proven);
        session.proven[FACTOR_PIN] = parts & 8 ? proven : 0;
        session.proven[FACTOR_PASSWORD] = !(parts & 8) ? proven : parts & 16 ? earlier : 0;
        const char *text = sealed_before(&session, now + SECOND);
        opens_as(text, &session);
        assert_true(strlen(sealed(&session, now + SECOND)) <= strlen(text));
    }
}

/* These were sealed by the module as it was released with that layout: Alice's PIN a quarter of an
 * hour old, and the same with a fresh password after it. */
static void cookies_that_were_sealed_before_the_change_open(void **state)
{
    (void)state;
    static const char pin[] =
        "AQFOIJv0vhoFR1YcG7f-"
        "HVWsZNOFIQjG68TdilxTv9ch5DndoYJOgr8VbMt4MlWINhM3Bp2RQcD43e0nYt4buly9X45"
        "Zzm6i2x0_aAW9OVqgjVxU9dyVbwbZ1gUNl1WzAQfM5Y_OXhCa82mKk8FGWg";
    static const char both[] =
        "AQFOIMPScklksSCX58-xr57rtXQKc95pCTxPtpdQXzGtDEcyl48ZlUeb1LFB1cirrFuqpdZL6zqtyxYwU_"
        "o3WQYGDYH"
        "ZWO4exsS-6yUASGoHAVwcM-"
        "ab2xMdmruJ526Nvm8HaEPKOp3tk2rjstOsAgKwsQQN8v7CmKjaRRH9ZUlyc4hpXraMjg";
    session_t first, second;
    assert_int_equal(session_open(sessions, pin, strlen(pin), now, &first), SESSION_OK);
    assert_string_equal(first.name, "alice@example.com");
    assert_memory_equal(first.identity, "Alice's computer", SESSION_ID_BYTES);
    assert_int_equal(first.amr, AMR_PIN | AMR_MFA);
    assert_int_equal(first.proven[FACTOR_PIN], apr_time_sec(now - HOUR / 4));
    assert_int_equal(first.proven[FACTOR_PASSWORD], 0);
    assert_int_equal(first.auth_time, first.proven[FACTOR_PIN]);

    assert_int_equal(session_open(sessions, both, strlen(both), now, &second), SESSION_OK);
    assert_memory_equal(second.family, first.family, SESSION_ID_BYTES);
    assert_int_equal(second.version, 7);
    assert_int_equal(second.amr, AMR_PWD | AMR_PIN | AMR_MFA);
    assert_int_equal(second.proven[FACTOR_PIN], first.proven[FACTOR_PIN]);
    assert_int_equal(second.proven[FACTOR_PASSWORD], apr_time_sec(now));
    assert_int_equal(second.auth_time, apr_time_sec(now));
    assert_int_equal(second.expires, apr_time_sec(now + 8 * HOUR));
    assert_string_equal(second.provider, "saml");
}

static void another_realm_cookie_or_key_file_does_not_open_it(void **state)
{
    (void)state;
    session_t session;
    keys_t *keys = sample_keys(pool);
    start(&session);
    const char *text = sealed(&session, now);
    assert_int_equal(open_with(make(keys, COOKIE, REALM), text, now), SESSION_OK);
    assert_int_equal(open_with(make(keys, COOKIE, "https://example.com"), text, now), SESSION_NONE);
    assert_int_equal(open_with(make(keys, "mpin", REALM), text, now), SESSION_NONE);
    assert_int_equal(open_with(make(keys, COOKIE "h", REALM + 1), text, now), SESSION_NONE);
    keys_t *others = sample_keys_of(SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("77") "\n"), pool);
    assert_int_equal(open_with(make(others, COOKIE, REALM), text, now), SESSION_NONE);
}

static void a_retired_root_key_opens_it_until_it_is_removed(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    keys_t *rotated = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool);
    keys_t *removed = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_2), pool);
    assert_int_equal(open_with(make(rotated, COOKIE, REALM), text, now), SESSION_OK);
    assert_int_equal(open_with(make(removed, COOKIE, REALM), text, now), SESSION_NONE);
}

/* Neither cookie opens as another, even under the same name and realm. */
static void prelogin_blob_is_no_session(void **state)
{
    (void)state;
    keys_t *keys = sample_keys(pool);
    prelogins_t *prelogins = prelogins_make(keys, COOKIE, REALM, HOUR, pool);
    known_browsers_t *browsers = known_browsers_make(keys, COOKIE, REALM, pool);
    prelogin_t prelogin;
    known_t known = {.id = {0}};
    session_t session;

    start(&session);
    prelogin_start(&prelogin, now);
    known_add(&known, "alice");
    const char *session_text = sealed(&session, now);
    const char *prelogin_text = prelogin_seal(prelogins, &prelogin, now, pool);
    const char *known_text = known_seal(browsers, &known, now, pool);

    assert_int_equal(open_at(session_text, now), SESSION_OK);
    assert_int_equal(open_at(prelogin_text, now), SESSION_NONE);
    assert_int_equal(open_at(known_text, now), SESSION_NONE);
    assert_true(prelogin_open(prelogins, prelogin_text, strlen(prelogin_text), now, &prelogin));
    assert_false(prelogin_open(prelogins, session_text, strlen(session_text), now, &prelogin));
    assert_false(prelogin_open(prelogins, known_text, strlen(known_text), now, &prelogin));
    assert_true(known_open(browsers, known_text, strlen(known_text), now, &known));
    assert_false(known_open(browsers, session_text, strlen(session_text), now, &known));
    assert_false(known_open(browsers, prelogin_text, strlen(prelogin_text), now, &known));
}

static void an_idle_session_expires(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    assert_int_equal(open_at(text, now + HOUR / 2 - SECOND), SESSION_OK);
    assert_int_equal(open_at(text, now + HOUR / 2), SESSION_EXPIRED);
    text = sealed(&session, now + HOUR / 4);
    assert_int_equal(open_at(text, now + HOUR / 2), SESSION_OK);
}

static void a_session_in_use_ends_after_its_longest_time(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now + 8 * HOUR - SECOND);
    assert_int_equal(open_at(text, now + 8 * HOUR - SECOND), SESSION_OK);
    assert_int_equal(open_at(text, now + 8 * HOUR), SESSION_EXPIRED);
}

static void a_session_lasts_over_midnight(void **state)
{
    (void)state;
    const apr_time_t midnight = 20001 * DAY;
    session_t session;
    start(&session);
    session_start(sessions, &session, FACTOR_PIN, midnight - SECOND);
    const char *text = sealed(&session, midnight - SECOND);
    assert_int_equal(open_at(text, midnight), SESSION_OK);
    assert_int_equal(open_at(text, midnight + HOUR / 4), SESSION_OK);
}

/* Once its day key is out of reach a cookie doesn't open, however long it says that it is good. */
static void a_cookie_older_than_the_longest_session_does_not_open(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    session.expires = UINT32_MAX;
    const char *text = sealed(&session, now);
    assert_int_equal(open_at(text, now + DAY), SESSION_EXPIRED);
    assert_int_equal(open_at(text, now + 2 * DAY), SESSION_NONE);
}

static void a_session_from_the_future_is_refused_but_for_a_minutes_skew(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    assert_int_equal(open_at(text, now - 60 * SECOND), SESSION_OK);
    assert_int_equal(open_at(text, now - 61 * SECOND), SESSION_NONE);
    assert_int_equal(open_at(text, now - DAY), SESSION_NONE);
}

static void it_is_sealed_anew_once_a_minute_at_most(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    sealed(&session, now);
    assert_false(session_wants_renewal(&session, now));
    assert_false(session_wants_renewal(&session, now + 59 * SECOND));
    assert_false(session_wants_renewal(&session, now - HOUR));
    assert_true(session_wants_renewal(&session, now + 60 * SECOND));
}

/* A step-up in one tab: the requests of another that are under way come through, no more. */
static void superseded_session_is_honoured_ten_seconds_and_never_renewed(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    uint32_t from = (uint32_t)apr_time_sec(now) + 70;
    assert_int_equal(
        revocations_add(revocations, REVOKE_SESSION, session.id, from, now, now + HOUR), STORE_OK);
    assert_int_equal(session_open(sessions, text, strlen(text), now + 69 * SECOND, &session),
                     SESSION_OK);
    assert_true(session.superseded);
    assert_false(session_wants_renewal(&session, now + 69 * SECOND));
    assert_int_equal(open_at(text, now + 70 * SECOND), SESSION_REVOKED);

    /* Of two moments the earlier counts, whichever came first. */
    assert_int_equal(
        revocations_add(revocations, REVOKE_SESSION, session.id, from + 60, now, now + HOUR),
        STORE_OK);
    assert_int_equal(open_at(text, now + 70 * SECOND), SESSION_REVOKED);
    assert_int_equal(
        revocations_add(revocations, REVOKE_FAMILY, session.family, 0, now, now + HOUR), STORE_OK);
    assert_int_equal(open_at(text, now + 10 * SECOND), SESSION_REVOKED);
}

static void a_revoked_session_is_told_from_an_expired_one(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    const char *text = sealed(&session, now);
    assert_int_equal(open_at(text, now), SESSION_OK);
    assert_int_equal(revocations_add(revocations, REVOKE_SESSION, session.id, 0, apr_time_now(),
                                     apr_time_now() + HOUR),
                     STORE_OK);
    assert_int_equal(open_at(text, now), SESSION_REVOKED);
    assert_int_equal(open_at(text, now + 8 * HOUR), SESSION_EXPIRED);

    start(&session);
    session.version = 7;
    text = sealed(&session, now);
    assert_int_equal(open_at(text, now), SESSION_OK);
    assert_int_equal(revocations_add(revocations, REVOKE_USER, session.uid, 8, apr_time_now(),
                                     apr_time_now() + HOUR),
                     STORE_OK);
    assert_int_equal(open_at(text, now), SESSION_REVOKED);
    session.version = 8;
    assert_int_equal(open_at(sealed(&session, now), now), SESSION_OK);
}

static void without_revocations_nobody_is_let_in(void **state)
{
    (void)state;
    session_t session;
    start(&session);
    sessions_t *alone =
        sessions_make(sample_keys(pool), COOKIE, REALM, HOUR / 2, 8 * HOUR, NULL, pool);
    assert_int_equal(open_with(alone, sealed(&session, now), now), SESSION_UNKNOWN);
    assert_int_equal(open_with(alone, "x", now), SESSION_NONE);
}

static void amr_is_written_and_read_in_words(void **state)
{
    (void)state;
    assert_string_equal(session_amr_text(AMR_PIN | AMR_MFA, pool), "pin mfa");
    assert_string_equal(session_amr_text(AMR_PWD, pool), "pwd");
    assert_string_equal(session_amr_text(0, pool), "");
    assert_string_equal(session_amr_text(UINT32_MAX, pool),
                        "pwd pin mfa otp sms hwk swk phone user trusted token");
    assert_int_equal(session_amr_bit("trusted"), AMR_TRUSTED);
    assert_int_equal(session_amr_bit("user"), AMR_USER);
    assert_int_equal(session_amr_bit("phone"), AMR_PHONE);
    assert_int_equal(session_amr_bit("pi"), 0);
    assert_int_equal(session_amr_bit(""), 0);
    for (uint32_t bit = 1; bit <= AMR_PHONE; bit <<= 1)
        assert_int_equal(session_amr_bit(session_amr_text(bit, pool)), bit);
}

static const char *handle_of(const sessions_t *made, const session_t *session)
{
    char *text = apr_palloc(pool, SESSION_HANDLE_SIZE);
    session_write_handle(text, made, session);
    return text;
}

static void a_handle_is_the_sessions_own_and_lasts(void **state)
{
    (void)state;
    session_t one, two, opened;
    start(&one);
    start(&two);
    const char *text = sealed(&one, now), *handle = handle_of(sessions, &one);
    assert_int_equal(strlen(handle), 32);
    assert_string_not_equal(handle, handle_of(sessions, &two));
    session_open(sessions, text, strlen(text), now + 10 * SECOND, &opened);
    assert_string_equal(handle, handle_of(sessions, &opened));
    keys_t *others = sample_keys_of(SAMPLE_OTHER_APP, pool);
    keys_t *rotated = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool);
    assert_string_equal(handle, handle_of(make(rotated, COOKIE, REALM), &one));
    assert_string_not_equal(handle, handle_of(make(others, COOKIE, REALM), &one));
}

/* ---- many threads, many users: each opens only what it sealed -------------------------------- */

static void *be_somebody(void *data)
{
    apr_pool_t *p;
    session_t mine, got;
    start(&mine);
    apr_snprintf(mine.name, sizeof mine.name, "user%d", *(int *)data);
    if (apr_pool_create(&p, NULL))
        abort();
    for (int i = 0; i < 2000; i++) {
        apr_time_t at = now + (i % 3) * SECOND;
        const char *text = session_seal(sessions, &mine, at, p);
        if (session_open(sessions, text, strlen(text), at, &got) != SESSION_OK ||
            strcmp(got.name, mine.name) || memcmp(got.id, mine.id, sizeof got.id))
            abort();
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void nobody_ever_sees_anothers_session(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int number[THREADS];
    for (int i = 0; i < THREADS; i++) {
        number[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, be_somebody, &number[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* A store and revocations of each test's own. */
static int set_up(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    if (revocations_make(&revocations, fixture_store(pool)->store, pool))
        return -1;
    sessions = make(sample_keys(pool), COOKIE, REALM);
    return !sessions;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_comes_back_as_it_was),
        TEST(the_longest_and_the_shortest_session_fit),
        TEST(the_sealed_form_is_base64url_and_hides_the_name),
        TEST(each_new_session_has_its_own_id_and_a_step_up_keeps_the_family),
        TEST(fresh_password_makes_no_old_pin_fresh),
        TEST(step_up_keeps_every_factor_with_its_own_time),
        TEST(a_step_up_keeps_how_the_name_was_proven),
        TEST(revoked_identity_ends_the_session_that_kept_its_pin),
        TEST(stepup_with_other_identity_does_not_merge),
        TEST(ten_thousand_seals_of_one_session_all_differ),
        TEST(every_changed_byte_gets_one_identical_answer),
        TEST(what_is_no_session_gets_the_same_answer),
        TEST(another_layout_is_no_session),
        TEST(every_part_comes_back_or_is_missing),
        TEST(cookies_of_the_layout_before_are_read_and_sealed_anew_as_short),
        TEST(cookies_that_were_sealed_before_the_change_open),
        TEST(another_realm_cookie_or_key_file_does_not_open_it),
        TEST(a_retired_root_key_opens_it_until_it_is_removed),
        TEST(prelogin_blob_is_no_session),
        TEST(an_idle_session_expires),
        TEST(a_session_in_use_ends_after_its_longest_time),
        TEST(a_session_lasts_over_midnight),
        TEST(a_cookie_older_than_the_longest_session_does_not_open),
        TEST(a_session_from_the_future_is_refused_but_for_a_minutes_skew),
        TEST(it_is_sealed_anew_once_a_minute_at_most),
        TEST(a_revoked_session_is_told_from_an_expired_one),
        TEST(without_revocations_nobody_is_let_in),
        TEST(amr_is_written_and_read_in_words),
        TEST(a_handle_is_the_sessions_own_and_lasts),
        TEST(nobody_ever_sees_anothers_session),
        TEST(superseded_session_is_honoured_ten_seconds_and_never_renewed),
    };
    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
