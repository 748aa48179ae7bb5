/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys as they are kept, their challenges, and a user's handle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/base64.h"
#include "factor/passkey_challenge.h"
#include "factor/passkey.h"
#include "people_fixture.h"

static apr_pool_t *pool;
static people_fixture_t *desk;
static factors_t *factors;
static prelogins_t *prelogins;
static relying_party_t party;
static apr_time_t now;

static passkey_t random_passkey(void)
{
    passkey_t passkey = {.key = {.algorithm = COSE_EDDSA, .len = 32}, .credential_len = 40};
    memcpy(passkey.party, party.hash, RP_HASH_BYTES);
    crypto_core_ed25519_random(passkey.key.bytes);
    randombytes_buf(passkey.credential, passkey.credential_len);
    return passkey;
}

static own_factor_t factor_of(const user_t *user)
{
    own_factor_t factor = {.name = "Key"};
    memcpy(factor.uid, user->uid, UID_BYTES);
    return factor;
}

static own_factor_t added(const user_t *user, const passkey_t *passkey)
{
    own_factor_t factor = factor_of(user);
    assert_null(passkey_add(factors, &factor, passkey, now, pool));
    return factor;
}

static void what_is_kept_is_read_again(void **state)
{
    (void)state;
    passkey_t passkey = random_passkey(), read;
    own_factor_t factor = {.kind = KIND_PASSKEY, .confirmed = true};
    passkey.eligible = passkey.open = true;
    passkey.count = 7;
    passkey.credential_len = CREDENTIAL_MAX;
    passkey.key = (cose_key_t){.algorithm = COSE_RS256, .len = COSE_KEY_MAX};
    assert_true(passkey_write(&factor, &passkey));
    assert_true(passkey_read(&factor, &read));
    assert_memory_equal(read.credential, passkey.credential, CREDENTIAL_MAX);
    assert_int_equal(read.key.algorithm, COSE_RS256);
    assert_true(read.eligible && read.open && !read.backed_up && !read.verified);
    assert_int_equal(read.count, 7);
    assert_true(passkey_is_of(&factor, &party));
    const relying_party_t other = relying_party("example.com", "https://example.com"),
                          none = relying_party(NULL, "https://example.org");
    assert_false(passkey_is_of(&factor, &other));
    assert_false(passkey_is_of(&factor, &none));
    factor.len--;
    assert_false(passkey_read(&factor, &read));
}

static void credential_leads_to_its_owner(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool);
    const passkey_t passkey = random_passkey();
    own_factor_t factor = added(&anna, &passkey), found;
    assert_int_equal(
        passkey_find(factors, passkey.credential, passkey.credential_len, &found, pool), STORE_OK);
    assert_memory_equal(found.id, factor.id, FACTOR_ID_BYTES);
    assert_memory_equal(found.uid, anna.uid, UID_BYTES);
    assert_int_equal(passkey_find(factors, passkey.credential, 39, &found, pool), STORE_MISSING);
    assert_int_equal(passkey_remove(factors, &factor, pool), STORE_OK);
    assert_int_equal(
        passkey_find(factors, passkey.credential, passkey.credential_len, &found, pool),
        STORE_MISSING);
    added(&anna, &passkey);
}

static void credential_of_somebody_is_nobody_elses(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool), ben = fixture_user(desk, "ben", pool);
    const passkey_t passkey = random_passkey();
    own_factor_t first = added(&anna, &passkey), second = factor_of(&ben), *list, found;
    int count;
    const result_t *refusal = passkey_add(factors, &second, &passkey, now, pool);
    assert_non_null(refusal);
    assert_string_equal(refusal->code, "passkey_taken");
    second = factor_of(&anna);
    assert_non_null(passkey_add(factors, &second, &passkey, now, pool));
    assert_int_equal(factors_list(factors, ben.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        passkey_find(factors, passkey.credential, passkey.credential_len, &found, pool), STORE_OK);
    assert_memory_equal(found.id, first.id, FACTOR_ID_BYTES);
}

/* A factor may have gone without its other record, as with its user. */
static void credential_of_what_is_gone_is_free(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool), ben = fixture_user(desk, "ben", pool);
    const passkey_t passkey = random_passkey();
    own_factor_t first = added(&anna, &passkey), found;
    assert_int_equal(factors_remove(factors, &first, pool), STORE_OK);
    added(&ben, &passkey);
    assert_int_equal(
        passkey_find(factors, passkey.credential, passkey.credential_len, &found, pool), STORE_OK);
    assert_memory_equal(found.uid, ben.uid, UID_BYTES);
}

static void count_that_does_not_rise_is_refused(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool);
    passkey_t passkey = random_passkey(), read;
    passkey.count = 5;
    own_factor_t factor = added(&anna, &passkey);
    static const struct {
        uint32_t count;
        store_status_t status;
    } steps[] = {{5, STORE_EXISTS}, {4, STORE_EXISTS}, {0, STORE_EXISTS},     {6, STORE_OK},
                 {6, STORE_EXISTS}, {9, STORE_OK},     {UINT32_MAX, STORE_OK}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const authdata_t data = {.flags = AUTHDATA_PRESENT, .count = steps[i].count};
        assert_int_equal(passkey_used(factors, &factor, &data, now, pool), steps[i].status);
    }
    assert_int_equal(factors_get(factors, anna.uid, factor.id, &factor, pool), STORE_OK);
    assert_true(passkey_read(&factor, &read));
    assert_int_equal(read.count, UINT32_MAX);
}

static void one_that_does_not_count_notes_day_and_backup(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool);
    passkey_t passkey = random_passkey(), read;
    passkey.eligible = true;
    own_factor_t factor = added(&anna, &passkey);
    authdata_t data = {.flags = AUTHDATA_PRESENT | AUTHDATA_ELIGIBLE};
    assert_int_equal(passkey_used(factors, &factor, &data, now, pool), STORE_OK);
    assert_int_equal(factor.used, apr_time_sec(now));
    assert_int_equal(passkey_used(factors, &factor, &data, now + 1000000, pool), STORE_OK);
    assert_int_equal(factor.used, apr_time_sec(now)); /* the same day: nothing is written */
    data.flags |= AUTHDATA_BACKED_UP;
    assert_int_equal(passkey_used(factors, &factor, &data, now + 2000000, pool), STORE_OK);
    assert_true(passkey_read(&factor, &read) && read.backed_up);
}

static void user_handle_is_random_and_stays(void **state)
{
    (void)state;
    const user_t anna = fixture_user(desk, "anna", pool), ben = fixture_user(desk, "ben", pool);
    unsigned char one[USER_HANDLE_BYTES], again[USER_HANDLE_BYTES], other[USER_HANDLE_BYTES];
    assert_int_equal(passkey_handle(factors, anna.uid, one, pool), STORE_OK);
    assert_int_equal(passkey_handle(factors, anna.uid, again, pool), STORE_OK);
    assert_int_equal(passkey_handle(factors, ben.uid, other, pool), STORE_OK);
    assert_memory_equal(one, again, sizeof one);
    assert_memory_not_equal(one, other, sizeof one);
    assert_null(memmem(one, sizeof one, anna.uid, UID_BYTES));
}

/* ---- challenges ---- */

static const unsigned char browser[16] = "the browser's id", elsewhere[16] = "another one's id",
                           anna_uid[16] = "Anna's uid, 16 b", ben_uid[16] = "Ben's uid, 16 by";

static bool is_for(const char *text, ceremony_t ceremony, const unsigned char *where,
                   const unsigned char *user, apr_time_t when)
{
    const passkey_challenge_t challenge = {ceremony, where, user};
    return passkey_challenge_is_for(prelogins, text, &challenge, when, pool);
}

static void challenge_is_for_one_browser_user_and_purpose(void **state)
{
    (void)state;
    const passkey_challenge_t step = {CEREMONY_STEP, browser, anna_uid};
    const char *text = passkey_challenge_make(prelogins, &step, now, pool);
    assert_true(is_for(text, CEREMONY_STEP, browser, anna_uid, now));
    assert_true(is_for(text, CEREMONY_STEP, browser, anna_uid, now + apr_time_from_sec(299)));
    assert_false(is_for(text, CEREMONY_STEP, browser, anna_uid, now + apr_time_from_sec(301)));
    assert_false(is_for(text, CEREMONY_STEP, browser, anna_uid, now - apr_time_from_sec(61)));
    assert_false(is_for(text, CEREMONY_ADD, browser, anna_uid, now));
    assert_false(is_for(text, CEREMONY_SIGN_IN, browser, NULL, now));
    assert_false(is_for(text, CEREMONY_STEP, elsewhere, anna_uid, now));
    assert_false(is_for(text, CEREMONY_STEP, browser, ben_uid, now));
    for (size_t i = 0; text[i]; i++) {
        char *changed = apr_pstrdup(pool, text);
        changed[i] = changed[i] == 'A' ? 'E' : 'A';
        if (changed[i] != text[i])
            assert_false(is_for(changed, CEREMONY_STEP, browser, anna_uid, now));
        changed[i] = '\0';
        assert_false(is_for(changed, CEREMONY_STEP, browser, anna_uid, now));
    }
}

/* A browser decodes it, and writes it anew. */
static void challenge_survives_a_browser(void **state)
{
    (void)state;
    const passkey_challenge_t made = {CEREMONY_SIGN_IN, browser, NULL};
    const char *text = passkey_challenge_make(prelogins, &made, now, pool);
    unsigned char bytes[BASE64_BYTES_MAX(128)];
    apr_size_t len;
    assert_true(base64_decode(text, strlen(text), bytes, &len));
    assert_true(len >= 32);
    assert_string_equal(base64_encode(pool, bytes, len), text);
    assert_string_not_equal(passkey_challenge_make(prelogins, &made, now, pool), text);
}

static void of_many_who_spend_a_challenge_one_does(void **state)
{
    (void)state;
    const passkey_challenge_t made = {CEREMONY_SIGN_IN, browser, NULL};
    const char *text = passkey_challenge_make(prelogins, &made, now, pool);
    int spent = 0;
    for (int i = 0; i < 20; i++)
        spent += passkey_challenge_spend(desk->store->store, text, now, pool) == STORE_OK;
    assert_int_equal(spent, 1);
    assert_int_equal(passkey_challenge_spend(desk->store->store, "AAAA", now, pool), STORE_EXISTS);
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return 1;
    now = apr_time_now();
    desk = fixture_people(pool);
    factors = factors_make(desk->store->store, NULL, pool);
    prelogins = prelogins_make(desk->store->keys, "mpin-login", "https://example.org",
                               apr_time_from_sec(3600), pool);
    party = relying_party("example.org", "https://example.org");
    return !factors || !prelogins;
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
        cmocka_unit_test(what_is_kept_is_read_again),
        cmocka_unit_test(credential_leads_to_its_owner),
        cmocka_unit_test(credential_of_somebody_is_nobody_elses),
        cmocka_unit_test(credential_of_what_is_gone_is_free),
        cmocka_unit_test(count_that_does_not_rise_is_refused),
        cmocka_unit_test(one_that_does_not_count_notes_day_and_backup),
        cmocka_unit_test(user_handle_is_random_and_stays),
        cmocka_unit_test(challenge_is_for_one_browser_user_and_purpose),
        cmocka_unit_test(challenge_survives_a_browser),
        cmocka_unit_test(of_many_who_spend_a_challenge_one_does),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
