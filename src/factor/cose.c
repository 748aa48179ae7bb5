/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/cose.h"

#include "factor/cbor.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#define POINT ((apr_size_t)32) /* bytes of a coordinate, and of a point of Ed25519 */
#define EXPONENT 4             /* bytes kept of it */
#define MODULUS_MIN 256        /* bytes */
#define MODULUS_MAX 512

typedef struct span_t {
    const unsigned char *bytes;
    size_t len;
} span_t;

/* The labels of a COSE_Key: 1, 3, and the curve (or modulus) at -1, and what follows it. */
typedef struct cose_map_t {
    int64_t kind, algorithm, curve;
    span_t one, two, three; /* -1 where it is no number, -2, -3 */
} cose_map_t;

/* ---- ES256: P-256 ---- */

static bool es256_take(const cose_map_t *map, cose_key_t *key)
{
    if (map->kind != 2 || map->curve != 1 || map->one.bytes || map->two.len != POINT ||
        map->three.len != POINT)
        return false;
    memcpy(key->bytes, map->two.bytes, POINT);
    memcpy(key->bytes + POINT, map->three.bytes, POINT);
    key->len = 2 * POINT;
    return true;
}

/* A point that is not on the curve is none for OpenSSL. */
static bool es256_good(const cose_key_t *key)
{
    es256_pk_t *point = key->len == 2 * POINT ? es256_pk_new() : NULL;
    EVP_PKEY *made = point && es256_pk_from_ptr(point, key->bytes, key->len) == FIDO_OK
                         ? es256_pk_to_EVP_PKEY(point)
                         : NULL;
    const bool good = made != NULL;
    EVP_PKEY_free(made);
    es256_pk_free(&point);
    return good;
}

/* ---- EdDSA: Ed25519 ---- */

static bool eddsa_take(const cose_map_t *map, cose_key_t *key)
{
    if (map->kind != 1 || map->curve != 6 || map->one.bytes || map->two.len != POINT ||
        map->three.bytes)
        return false;
    memcpy(key->bytes, map->two.bytes, POINT);
    key->len = POINT;
    return true;
}

static bool eddsa_good(const cose_key_t *key)
{
    return key->len == POINT && crypto_core_ed25519_is_valid_point(key->bytes) == 1;
}

/* ---- by libfido2, which looks at the relying party and the flags once more ---- */

static bool fido_holds(int algorithm, const void *public_key, const cose_signed_t *what)
{
    fido_assert_t *assertion = fido_assert_new();
    const bool holds =
        assertion &&
        fido_assert_set_clientdata(assertion, what->client_data, what->client_data_len) ==
            FIDO_OK &&
        fido_assert_set_rp(assertion, what->rp_id) == FIDO_OK &&
        fido_assert_set_count(assertion, 1) == FIDO_OK &&
        fido_assert_set_authdata_raw(assertion, 0, what->authdata, what->authdata_len) == FIDO_OK &&
        fido_assert_set_sig(assertion, 0, what->signature, what->signature_len) == FIDO_OK &&
        fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(assertion, what->verified ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK &&
        fido_assert_verify(assertion, 0, algorithm, public_key) == FIDO_OK;
    fido_assert_free(&assertion);
    return holds;
}

static bool es256_holds(const cose_key_t *key, const cose_signed_t *what)
{
    es256_pk_t *point = es256_pk_new();
    const bool holds = point && es256_pk_from_ptr(point, key->bytes, key->len) == FIDO_OK &&
                       fido_holds(COSE_ES256, point, what);
    es256_pk_free(&point);
    return holds;
}

static bool eddsa_holds(const cose_key_t *key, const cose_signed_t *what)
{
    eddsa_pk_t *point = eddsa_pk_new();
    const bool holds = point && eddsa_pk_from_ptr(point, key->bytes, key->len) == FIDO_OK &&
                       fido_holds(COSE_EDDSA, point, what);
    eddsa_pk_free(&point);
    return holds;
}

/* ---- RS256, by OpenSSL: libfido2 has room for 2048 bits and no more ---- */

static bool rs256_take(const cose_map_t *map, cose_key_t *key)
{
    if (map->kind != 3 || !map->one.bytes || map->three.bytes || map->one.len < MODULUS_MIN ||
        map->one.len > MODULUS_MAX || !map->two.len || map->two.len > EXPONENT)
        return false;
    memset(key->bytes, 0, EXPONENT);
    memcpy(key->bytes + EXPONENT - map->two.len, map->two.bytes, map->two.len);
    memcpy(key->bytes + EXPONENT, map->one.bytes, map->one.len);
    key->len = EXPONENT + map->one.len;
    return true;
}

/* Whole bytes but for the first one; odd; and an exponent that is a usual one. */
static bool rs256_good(const cose_key_t *key)
{
    bytes_in_t in = bytes_in(key->bytes, key->len);
    const uint32_t exponent = bytes_get_u32(&in);
    const apr_size_t len = key->len - EXPONENT;
    return in.ok && exponent >= 3 && exponent % 2 && len >= MODULUS_MIN && len <= MODULUS_MAX &&
           key->bytes[EXPONENT] >= (len == MODULUS_MIN ? 0x80 : 1) && key->bytes[key->len - 1] % 2;
}

static EVP_PKEY *rsa_of(const cose_key_t *key)
{
    EVP_PKEY *made = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *e = BN_bin2bn(key->bytes, EXPONENT, NULL);
    BIGNUM *n = BN_bin2bn(key->bytes + EXPONENT, (int)key->len - EXPONENT, NULL);
    OSSL_PARAM *parts = build && e && n &&
                                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
                                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e)
                            ? OSSL_PARAM_BLD_to_param(build)
                            : NULL;
    if (!context || !parts || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parts) != 1)
        made = NULL;
    OSSL_PARAM_free(parts);
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return made;
}

static bool rs256_holds(const cose_key_t *key, const cose_signed_t *what)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    EVP_PKEY *rsa = rsa_of(key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    crypto_hash_sha256(hash, what->client_data, what->client_data_len);
    const bool holds = rsa && context &&
                       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, rsa) == 1 &&
                       EVP_DigestVerifyUpdate(context, what->authdata, what->authdata_len) == 1 &&
                       EVP_DigestVerifyUpdate(context, hash, sizeof(hash)) == 1 &&
                       EVP_DigestVerifyFinal(context, what->signature, what->signature_len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(rsa);
    return holds;
}

/* ---- every algorithm ---- */

static const struct {
    int32_t number;
    bool (*take)(const cose_map_t *map, cose_key_t *key);
    bool (*good)(const cose_key_t *key);
    bool (*holds)(const cose_key_t *key, const cose_signed_t *what);
} algorithms[] = {{COSE_ES256, es256_take, es256_good, es256_holds},
                  {COSE_EDDSA, eddsa_take, eddsa_good, eddsa_holds},
                  {COSE_RS256, rs256_take, rs256_good, rs256_holds}};
#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

const int32_t cose_algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256, 0};

/* OpenSSL keeps a list of errors for each thread, in which others would look. */
static bool settled(bool good)
{
    ERR_clear_error();
    return good;
}

static void read_label(bytes_in_t *in, cose_map_t *map)
{
    const int64_t label = cbor_number(in);
    int64_t *number = label == 1                          ? &map->kind
                      : label == 3                        ? &map->algorithm
                      : label == -1 && cbor_is_number(in) ? &map->curve
                                                          : NULL;
    span_t *span = label == -1   ? &map->one
                   : label == -2 ? &map->two
                   : label == -3 ? &map->three
                                 : NULL;
    if (number && !*number)
        *number = cbor_number(in);
    else if (!number && span && !span->bytes)
        span->bytes = cbor_bytes(in, &span->len);
    else
        in->ok = false; /* no other is allowed, and none comes twice */
}

bool cose_read(const void *bytes, apr_size_t len, cose_key_t *key)
{
    bytes_in_t in = bytes_in(bytes, len);
    cose_map_t map = {0};
    for (uint64_t pairs = cbor_map(&in); in.ok && pairs; pairs--)
        read_label(&in, &map);
    if (!bytes_all_read(&in))
        return false;
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].number == map.algorithm) {
            key->algorithm = algorithms[i].number;
            return algorithms[i].take(&map, key) && cose_is_good(key);
        }
    return false;
}

bool cose_is_good(const cose_key_t *key)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].number == key->algorithm)
            return settled(algorithms[i].good(key));
    return false;
}

bool cose_holds(const cose_key_t *key, const cose_signed_t *what)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (algorithms[i].number == key->algorithm)
            return cose_is_good(key) && settled(algorithms[i].holds(key, what));
    return false;
}
