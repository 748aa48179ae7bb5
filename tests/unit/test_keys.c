/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys_text.h"
#include "sample_keys.h"

static apr_pool_t *pool;

static secret_t *secret_of(const char *text, apr_size_t len)
{
    secret_t *secret = secret_make(pool, len);
    memcpy(secret->bytes, text, len);
    return secret;
}

static void a_file_gives_its_keys(void **state)
{
    (void)state;
    keys_t *keys = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool);
    unsigned char expected[KEY_BYTES];

    assert_int_equal(keys_current(keys), 2);
    assert_string_equal(keys_app_id(keys), "101112131415161718191a1b1c1d1e1f");
    assert_memory_equal(keys_id(keys), "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", KEY_ID_BYTES);
    assert_int_equal(keys_app(keys)->len, KEY_BYTES);
    memset(expected, 0xa5, sizeof expected);
    assert_memory_equal(keys_app(keys)->bytes, expected, KEY_BYTES);
    memset(expected, 0x11, sizeof expected);
    assert_memory_equal(keys_master(keys)->bytes, expected, KEY_BYTES);
}

static void derived_keys_differ_by_root_purpose_and_day(void **state)
{
    (void)state;
    keys_t *keys = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2), pool);
    unsigned char key[5][KEY_BYTES];

    assert_true(keys_derive(keys, 1, "session", 20000, key[0]));
    assert_true(keys_derive(keys, 2, "session", 20000, key[1]));
    assert_true(keys_derive(keys, 1, "pre-login", 20000, key[2]));
    assert_true(keys_derive(keys, 1, "session", 20001, key[3]));
    assert_true(keys_derive(keys, 1, "session", 20256, key[4]));
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(key[i], key[j], KEY_BYTES);
    assert_false(keys_derive(keys, 3, "session", 20000, key[0]));
}

/* Sessions must open after an update of the module: what a file and a day give is for ever. Made
 * apart by Python's hmac and hashlib: salt "mod_auth_mpin", info "session" 4e 20. */
static void a_derived_key_never_changes(void **state)
{
    (void)state;
    char hex[2 * KEY_BYTES + 1];
    unsigned char key[KEY_BYTES];
    assert_true(keys_derive(sample_keys(pool), 1, "session", 20000, key));
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    assert_string_equal(hex, "4a509ae3453fc0c94d0ced23393308ede38a0a16dad2d3e843cda71c784540b8");
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const char *whole = SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2);
    for (size_t len = 0; len < strlen(whole); len++) {
        char *cut = strndup(whole, len);
        assert_null(sample_keys_of(cut, pool));
        free(cut);
    }
    assert_non_null(sample_keys_of(whole, pool));
}

#define ROOT(number) "root " number SAMPLE_DATE SAMPLE_KEY("01") "\n"
#define ROOTS_5(a, b, c, d, e) ROOT(a) ROOT(b) ROOT(c) ROOT(d) ROOT(e)
#define ROOTS_10 ROOTS_5("1", "2", "3", "4", "5") ROOTS_5("6", "7", "8", "9", "10")
#define ROOTS_15 ROOTS_10 ROOTS_5("11", "12", "13", "14", "15")
#define MASTER(key) SAMPLE_HEAD SAMPLE_ROOT_1 SAMPLE_APP "master 1" SAMPLE_DATE key "\n"

static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        SAMPLE_FILE(""),
        SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_1),
        SAMPLE_FILE(ROOT("256")),
        SAMPLE_FILE(ROOT("-1")),
        SAMPLE_FILE(ROOT("")),
        SAMPLE_FILE(ROOT("1 ")),
        SAMPLE_FILE(ROOTS_15 ROOT("16") ROOT("17")),
        SAMPLE_FILE("root 1 2025-01-01 00:00:00 " SAMPLE_KEY("01") "\n"),
        SAMPLE_FILE("root 1 2025-01-01T00:00:00Z" SAMPLE_KEY("01") "\n"),
        SAMPLE_FILE("root 1 2025-01-01T00:00:00 " SAMPLE_KEY("01") "\n"),
        SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("0A") "\n"),
        SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("01") "01\n"),
        SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("01") "\r\n"),
        SAMPLE_FILE(SAMPLE_ROOT_1 "\n"),
        SAMPLE_FILE(SAMPLE_ROOT_1 "other 1" SAMPLE_DATE SAMPLE_KEY("01") "\n"),
        SAMPLE_FILE(SAMPLE_ROOT_1) SAMPLE_APP,
        SAMPLE_FILE(SAMPLE_ROOT_1) SAMPLE_MASTER,
        SAMPLE_FILE(SAMPLE_ROOT_1) "x",
        SAMPLE_HEAD SAMPLE_ROOT_1 SAMPLE_APP,
        SAMPLE_HEAD SAMPLE_ROOT_1 SAMPLE_MASTER,
        "mpin-keys 2" SAMPLE_FILE(SAMPLE_ROOT_1),
        " " SAMPLE_FILE(SAMPLE_ROOT_1),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(sample_keys_of(bad[i], pool));
    assert_non_null(sample_keys_of(SAMPLE_FILE(ROOTS_15 ROOT("255")), pool));
}

static void bytes_after_a_nul_are_not_overlooked(void **state)
{
    (void)state;
    static const char text[] = SAMPLE_FILE(SAMPLE_ROOT_1) "\0more";
    keys_t *keys;
    const char *why;
    assert_int_equal(keys_parse(&keys, secret_of(text, sizeof text), NULL, pool, &why),
                     KEYS_BROKEN);
    assert_int_equal(keys_parse(&keys, secret_of(text, 20), NULL, pool, &why), KEYS_BROKEN);
}

static void the_master_share_is_a_scalar_of_the_group(void **state)
{
    (void)state;
#define ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff0000000"
    assert_non_null(sample_keys_of(MASTER(ORDER "0"), pool));
    assert_null(sample_keys_of(MASTER(ORDER "1"), pool));
    assert_null(sample_keys_of(MASTER(ORDER "2"), pool));
    assert_null(sample_keys_of(MASTER(SAMPLE_KEY("ff")), pool));
    assert_null(sample_keys_of(MASTER(SAMPLE_KEY("00")), pool));
}

static void fresh_keys_are_well_formed_and_never_the_same(void **state)
{
    (void)state;
    unsigned char ids[100][KEY_ID_BYTES], roots[100][KEY_BYTES], masters[100][KEY_BYTES];
    for (int i = 0; i < 100; i++) {
        keys_t *keys;
        const char *why;
        secret_t *fresh = keys_fresh(pool);
        secret_t *text = secret_make(pool, fresh->len + 1);
        memcpy(text->bytes, fresh->bytes, fresh->len);
        assert_int_equal(keys_parse(&keys, text, NULL, pool, &why), KEYS_OK);
        memcpy(ids[i], keys_id(keys), KEY_ID_BYTES);
        memcpy(masters[i], keys_master(keys)->bytes, KEY_BYTES);
        assert_true(keys_derive(keys, keys_current(keys), "test", 0, roots[i]));
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(ids[i], ids[j], KEY_ID_BYTES);
            assert_memory_not_equal(masters[i], masters[j], KEY_BYTES);
            assert_memory_not_equal(roots[i], roots[j], KEY_BYTES);
        }
    }
}

static keys_status_t parse_sealed(const secret_t *sealed, const char *passphrase)
{
    keys_t *keys;
    const char *why;
    secret_t *text = secret_make(pool, sealed->len + 1);
    memcpy(text->bytes, sealed->bytes, sealed->len);
    return keys_parse(&keys, text, passphrase ? secret_of(passphrase, strlen(passphrase)) : NULL,
                      pool, &why);
}

static void a_sealed_file_opens_with_its_passphrase_only(void **state)
{
    (void)state;
    const char *plain = SAMPLE_FILE(SAMPLE_ROOT_1);
    secret_t *sealed = keys_text_seal(secret_of(plain, strlen(plain)), secret_of("open", 4), pool);

    assert_null(memmem(sealed->bytes, sealed->len, SAMPLE_8("01"), 16));
    assert_int_equal(parse_sealed(sealed, "open"), KEYS_OK);
    assert_int_equal(parse_sealed(sealed, "opens"), KEYS_PASSPHRASE);
    assert_int_equal(parse_sealed(sealed, ""), KEYS_PASSPHRASE);
    assert_int_equal(parse_sealed(sealed, NULL), KEYS_PASSPHRASE);
    assert_int_equal(parse_sealed(secret_of(plain, strlen(plain)), "open"), KEYS_PASSPHRASE);

    sealed->bytes[sealed->len - 2] ^= 1;
    assert_int_equal(parse_sealed(sealed, "open"), KEYS_PASSPHRASE);
}

static void a_sealed_file_may_not_ask_for_all_memory(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "mpin-keys-sealed 1 3 1048577 " SAMPLE_8("00") SAMPLE_8("00") " ",
        "mpin-keys-sealed 1 17 65536 " SAMPLE_8("00") SAMPLE_8("00") " ",
        "mpin-keys-sealed 1 3 99999999999999 " SAMPLE_8("00") SAMPLE_8("00") " ",
        "mpin-keys-sealed 2 3 65536 " SAMPLE_8("00") SAMPLE_8("00") " ",
        "mpin-keys-sealed ",
        "mpin-keys-sealed \n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[400];
        snprintf(text, sizeof text, "%s%s%s%s %s\n", bad[i], SAMPLE_8("00"), SAMPLE_8("00"),
                 SAMPLE_8("00"), SAMPLE_KEY("00"));
        assert_int_equal(parse_sealed(secret_of(text, strlen(text)), "open"), KEYS_PASSPHRASE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_gives_its_keys),
        cmocka_unit_test(derived_keys_differ_by_root_purpose_and_day),
        cmocka_unit_test(a_derived_key_never_changes),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(bytes_after_a_nul_are_not_overlooked),
        cmocka_unit_test(the_master_share_is_a_scalar_of_the_group),
        cmocka_unit_test(fresh_keys_are_well_formed_and_never_the_same),
        cmocka_unit_test(a_sealed_file_opens_with_its_passphrase_only),
        cmocka_unit_test(a_sealed_file_may_not_ask_for_all_memory),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
