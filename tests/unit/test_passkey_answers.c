/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers answer for passkeys: the published examples of WebAuthn Level 3 (section 16), and what
 * becomes of them with one thing changed. */
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
#include "factor/aaguid.h"
#include "factor/attestation.h"
#include "factor/passkey.h"

static apr_pool_t *pool;
static json_t *vectors;
static relying_party_t party;

typedef struct blob_t {
    unsigned char *bytes;
    apr_size_t len;
} blob_t;

static blob_t hex_of(const json_t *example, const char *key)
{
    const char *text = json_string_value(json_object_get(example, key));
    assert_non_null(text);
    blob_t blob = {apr_palloc(pool, strlen(text) / 2 + 1), 0};
    assert_int_equal(
        sodium_hex2bin(blob.bytes, strlen(text) / 2, text, strlen(text), NULL, &blob.len, NULL), 0);
    return blob;
}

static json_t *text_of(blob_t blob)
{
    return json_string(base64_encode(pool, blob.bytes, blob.len));
}

static const json_t *example_of(size_t i)
{
    return json_array_get(json_object_get(vectors, "examples"), i);
}

#define EXAMPLES 4
#define WHOLE 3 /* those with a whole registration */

static json_t *answer_of(const json_t *example, json_t *response)
{
    json_t *id = text_of(hex_of(example, "credential"));
    return json_tie(pool, json_pack("{s:s, s:O, s:o, s:o}", "type", "public-key", "id", id, "rawId",
                                    id, "response", response));
}

static json_t *new_answer(const json_t *example)
{
    return answer_of(example, json_pack("{s:o, s:o}", "clientDataJSON",
                                        text_of(hex_of(example, "client_new")), "attestationObject",
                                        text_of(hex_of(example, "attestation"))));
}

static json_t *signed_answer(const json_t *example)
{
    return answer_of(example, json_pack("{s:o, s:o, s:o}", "clientDataJSON",
                                        text_of(hex_of(example, "client")), "authenticatorData",
                                        text_of(hex_of(example, "data")), "signature",
                                        text_of(hex_of(example, "signature"))));
}

static cose_key_t key_of(const json_t *example)
{
    cose_key_t key;
    authdata_t data;
    const unsigned char *bytes;
    apr_size_t len;
    if (json_object_get(example, "data_new")) {
        const blob_t whole = hex_of(example, "data_new");
        bytes = whole.bytes;
        len = whole.len;
    } else {
        const blob_t object = hex_of(example, "attestation");
        assert_true(attestation_read(object.bytes, object.len, &bytes, &len));
    }
    assert_true(authdata_read(bytes, len, &data));
    assert_true(cose_read(data.key, data.key_len, &key));
    return key;
}

static cose_signed_t signed_of(const webauthn_t *answer, bool verified)
{
    return (cose_signed_t){.rp_id = party.id,
                           .authdata = answer->data_bytes,
                           .client_data = answer->client_bytes,
                           .signature = answer->signature,
                           .authdata_len = answer->data_len,
                           .client_data_len = answer->client_len,
                           .signature_len = answer->signature_len,
                           .verified = verified};
}

static void published_examples_of_webauthn_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        const json_t *example = example_of(i);
        webauthn_t answer;
        passkey_t passkey;
        if (i < WHOLE) {
            assert_true(webauthn_read_new(new_answer(example), &answer, pool));
            assert_null(webauthn_new_wrong(&party, &answer, false));
            assert_true(passkey_of(&party, &answer, &passkey));
            const blob_t aaguid = hex_of(example, "aaguid");
            assert_memory_equal(passkey.aaguid, aaguid.bytes, AAGUID_BYTES);
        }
        const cose_key_t key = key_of(example);
        assert_true(webauthn_read_signed(signed_answer(example), &answer, pool));
        assert_null(webauthn_signed_wrong(&party, &answer, false));
        const cose_signed_t what = signed_of(&answer, false);
        assert_true(cose_holds(&key, &what));
    }
}

static void a_signature_holds_for_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        webauthn_t answer;
        const cose_key_t key = key_of(example_of(i)),
                         other = key_of(example_of((i + 1) % EXAMPLES));
        assert_true(webauthn_read_signed(signed_answer(example_of(i)), &answer, pool));
        cose_signed_t what = signed_of(&answer, false);
        assert_false(cose_holds(&other, &what));
        unsigned char *parts[] = {(unsigned char *)answer.data_bytes + answer.data_len - 1,
                                  (unsigned char *)answer.client_bytes,
                                  (unsigned char *)answer.signature + answer.signature_len - 1};
        for (size_t part = 0; part < 3; part++) {
            *parts[part] ^= 1;
            assert_false(cose_holds(&key, &what));
            *parts[part] ^= 1;
        }
        what.rp_id = "example.com";
        assert_true(key.algorithm == COSE_RS256 || !cose_holds(&key, &what));
    }
}

/* ---- with one thing changed ---- */

static const char *client_changed(const char *client)
{
    webauthn_t answer;
    json_t *json = signed_answer(example_of(0));
    blob_t blob = {(unsigned char *)(apr_uintptr_t)client, strlen(client)};
    json_object_set_new(json_object_get(json, "response"), "clientDataJSON", text_of(blob));
    if (!webauthn_read_signed(json, &answer, pool))
        return "unreadable";
    return webauthn_signed_wrong(&party, &answer, false);
}

static void answers_for_another_type_origin_or_site_are_refused(void **state)
{
    (void)state;
    assert_null(client_changed("{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":"
                               "\"https://example.org\"}"));
    static const char *const wrong[] = {
        "{\"type\":\"webauthn.create\",\"challenge\":\"AA\",\"origin\":\"https://example.org\"}",
        "{\"type\":\"payment.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org:444\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"http://example.org\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://a.example.org\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org/\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org\","
        "\"crossOrigin\":true}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org\","
        "\"crossOrigin\":\"false\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org\","
        "\"topOrigin\":\"https://example.org\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"https://example.org\","
        "\"origin\":\"https://example.org\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"AA\"}",
        "[]",
        "{"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_non_null(client_changed(wrong[i]));
}

static void published_examples_of_pages_within_pages_are_refused(void **state)
{
    (void)state;
    size_t i;
    json_t *example;
    json_array_foreach(json_object_get(vectors, "crossed"), i, example)
    {
        webauthn_t answer;
        json_t *json = new_answer(example_of(0));
        json_object_set_new(json_object_get(json, "response"), "clientDataJSON",
                            text_of(hex_of(example, "client")));
        assert_true(webauthn_read_new(json, &answer, pool));
        assert_non_null(strstr(webauthn_new_wrong(&party, &answer, false), "another origin"));
    }
}

/* The example with another byte of flags. */
static const char *flags_changed(uint8_t flags, bool verified)
{
    webauthn_t answer;
    json_t *json = signed_answer(example_of(0));
    blob_t data = hex_of(example_of(0), "data");
    data.bytes[RP_HASH_BYTES] = flags;
    json_object_set_new(json_object_get(json, "response"), "authenticatorData", text_of(data));
    assert_true(webauthn_read_signed(json, &answer, pool));
    return webauthn_signed_wrong(&party, &answer, verified);
}

static void presence_is_always_asked_and_verification_where_it_is_demanded(void **state)
{
    (void)state;
    assert_null(flags_changed(AUTHDATA_PRESENT, false));
    assert_non_null(flags_changed(AUTHDATA_PRESENT, true));
    assert_null(flags_changed(AUTHDATA_PRESENT | AUTHDATA_VERIFIED, true));
    assert_non_null(flags_changed(AUTHDATA_VERIFIED, true));
    assert_non_null(flags_changed(0, false));
}

static void backed_up_without_being_eligible_is_refused(void **state)
{
    (void)state;
    assert_null(flags_changed(AUTHDATA_PRESENT | AUTHDATA_ELIGIBLE, false));
    assert_null(flags_changed(AUTHDATA_PRESENT | AUTHDATA_ELIGIBLE | AUTHDATA_BACKED_UP, false));
    assert_non_null(flags_changed(AUTHDATA_PRESENT | AUTHDATA_BACKED_UP, false));
}

static void another_sites_answer_is_refused(void **state)
{
    (void)state;
    webauthn_t answer;
    const relying_party_t other = relying_party("example.com", "https://example.org");
    assert_true(webauthn_read_signed(signed_answer(example_of(0)), &answer, pool));
    assert_non_null(webauthn_signed_wrong(&other, &answer, false));
}

static void what_follows_the_authenticators_data_is_refused(void **state)
{
    (void)state;
    authdata_t data;
    unsigned char longer[64] = {0};
    const blob_t right = hex_of(example_of(0), "data");
    memcpy(longer, right.bytes, right.len);
    assert_true(authdata_read(longer, right.len, &data));
    assert_false(authdata_read(longer, right.len + 1, &data));
    assert_false(authdata_read(longer, right.len - 1, &data));
    longer[RP_HASH_BYTES] |= AUTHDATA_EXTENDED;
    assert_false(authdata_read(longer, right.len, &data)); /* none follow */
    longer[right.len] = 0xa0;
    assert_true(authdata_read(longer, right.len + 1, &data));
    assert_false(authdata_read(longer, right.len + 2, &data));
    longer[right.len] = 0x80; /* a list is no map */
    assert_false(authdata_read(longer, right.len + 1, &data));
}

static void no_part_of_a_registration_can_be_missing_or_twice(void **state)
{
    (void)state;
    const blob_t whole = hex_of(example_of(0), "attestation");
    const unsigned char *data;
    apr_size_t len;
    for (apr_size_t cut = 0; cut < whole.len; cut++)
        assert_false(attestation_read(whole.bytes, cut, &data, &len));
    static const char twice[] = "\xa4\x63"
                                "fmt\x64none\x63"
                                "fmt\x64none\x67"
                                "attStmt\xa0\x68"
                                "authData\x40";
    assert_false(attestation_read(twice, sizeof twice - 1, &data, &len));
    static const char deep[] = "\xa3\x63"
                               "fmt\x64none\x67"
                               "attStmt\xa1\x61x\x81\x81\x81\x81\x81\x81\x81\x81\x81\x80\x68"
                               "authData\x40";
    assert_false(attestation_read(deep, sizeof deep - 1, &data, &len));
    static const char endless[] = "\xa3\x63"
                                  "fmt\x64none\x67"
                                  "attStmt\xbf\xff\x68"
                                  "authData\x40";
    assert_false(attestation_read(endless, sizeof endless - 1, &data, &len));
}

static void an_answer_has_one_id(void **state)
{
    (void)state;
    webauthn_t answer;
    json_t *json = new_answer(example_of(0));
    json_object_set_new(json, "id", json_string("AAAA"));
    assert_false(webauthn_read_new(json, &answer, pool));
    json_object_set_new(json, "rawId", json_string("AAAA"));
    assert_true(webauthn_read_new(json, &answer, pool));
    assert_string_equal(webauthn_new_wrong(&party, &answer, false), "it has two ids");
    json_object_set_new(json, "type", json_string("password"));
    assert_false(webauthn_read_new(json, &answer, pool));
}

/* ---- keys ---- */

static void keys_off_their_curve_or_too_short_are_refused(void **state)
{
    (void)state;
    cose_key_t key = key_of(example_of(0)), point = key_of(example_of(2)),
               rsa = key_of(example_of(3));
    assert_true(cose_is_good(&key) && cose_is_good(&point) && cose_is_good(&rsa));
    key.bytes[63] ^= 1;
    assert_false(cose_is_good(&key));
    memset(point.bytes, 0, 32);
    assert_false(cose_is_good(&point)); /* of small order: anybody's signature would hold */
    point.bytes[0] = 1;
    assert_false(cose_is_good(&point));
    rsa.bytes[rsa.len - 1] ^= 1;
    assert_false(cose_is_good(&rsa)); /* even */
    rsa.bytes[rsa.len - 1] ^= 1;
    rsa.len = 4 + 255;
    assert_false(cose_is_good(&rsa));
    rsa.len = 4 + 256;
    rsa.bytes[4] = 0x7f;
    assert_false(cose_is_good(&rsa));
    rsa.bytes[4] = 0x80;
    rsa.bytes[4 + 255] |= 1;
    assert_true(cose_is_good(&rsa));
    rsa.bytes[3] = 1;
    rsa.bytes[1] = 0;
    assert_false(cose_is_good(&rsa)); /* an exponent of 1 */
}

static void keys_of_other_algorithms_are_refused(void **state)
{
    (void)state;
    cose_key_t key;
    authdata_t data;
    const unsigned char *bytes;
    apr_size_t len;
    const blob_t object = hex_of(example_of(0), "attestation");
    assert_true(attestation_read(object.bytes, object.len, &bytes, &len));
    assert_true(authdata_read(bytes, len, &data));
    unsigned char *cose = apr_pmemdup(pool, data.key, data.key_len);
    assert_true(cose_read(cose, data.key_len, &key));
    cose[4] = 0x27; /* EdDSA with a key of P-256 */
    assert_false(cose_read(cose, data.key_len, &key));
    cose[4] = 0x38; /* one that takes a byte more */
    assert_false(cose_read(cose, data.key_len, &key));
    cose[4] = 0x26;
    cose[6] = 2; /* P-384 */
    assert_false(cose_read(cose, data.key_len, &key));
    cose[6] = 1;
    cose[0] = 0xa6; /* one pair more than there is */
    assert_false(cose_read(cose, data.key_len, &key));
}

static void best_known_keepers_have_names(void **state)
{
    (void)state;
    static const unsigned char apple[AAGUID_BYTES] = {0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e,
                                                      0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02,
                                                      0x05, 0x57, 0xd7, 0xbd},
                               nobody[AAGUID_BYTES] = {0};
    assert_string_equal(aaguid_name(apple), "iCloud Keychain");
    assert_null(aaguid_name(nobody));
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    vectors = json_load_file("tests/unit/vectors/webauthn.json", JSON_REJECT_DUPLICATES, NULL);
    party = relying_party("example.org", "https://example.org");
    return !vectors || sodium_init() < 0 || apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    json_decref(vectors);
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_of_webauthn_hold),
        cmocka_unit_test(a_signature_holds_for_nothing_else),
        cmocka_unit_test(answers_for_another_type_origin_or_site_are_refused),
        cmocka_unit_test(published_examples_of_pages_within_pages_are_refused),
        cmocka_unit_test(presence_is_always_asked_and_verification_where_it_is_demanded),
        cmocka_unit_test(backed_up_without_being_eligible_is_refused),
        cmocka_unit_test(another_sites_answer_is_refused),
        cmocka_unit_test(what_follows_the_authenticators_data_is_refused),
        cmocka_unit_test(no_part_of_a_registration_can_be_missing_or_twice),
        cmocka_unit_test(an_answer_has_one_id),
        cmocka_unit_test(keys_off_their_curve_or_too_short_are_refused),
        cmocka_unit_test(keys_of_other_algorithms_are_refused),
        cmocka_unit_test(best_known_keepers_have_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
