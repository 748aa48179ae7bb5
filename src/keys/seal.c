/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "keys/keys_text.h"

#define VERSION 1
#define HEAD 4
#define NONCE 12
#define TAG 16
#define DAY 86400

/* Never changed once it is published, and never freed before the sealer: no reader needs a lock. */
typedef struct day_key_t {
    union {
        crypto_aead_aes256gcm_state expanded;
        unsigned char plain[KEY_BYTES]; /* for OpenSSL */
    } key;
    const struct day_key_t *older;
    uint16_t day;
    unsigned char number;
} day_key_t;

/* The day keys of a purpose, which all sealers of a key file share. */
typedef struct cache_t {
    _Atomic(const day_key_t *) newest;
    pthread_mutex_t mutex; /* held by who adds one */
} cache_t;

struct sealer_t {
    const keys_t *keys;
    const char *purpose;
    int days;
    EVP_CIPHER *openssl; /* NULL: libsodium */
    cache_t *cache;
};

static uint16_t seal_day(apr_time_t seconds)
{
    return (uint16_t)(seconds / DAY);
}

static const day_key_t *find_key(const cache_t *cache, unsigned char number, uint16_t day)
{
    const day_key_t *key = atomic_load_explicit(&cache->newest, memory_order_acquire);
    while (key && (key->day != day || key->number != number))
        key = key->older;
    return key;
}

static const day_key_t *add_key(const sealer_t *sealer, unsigned char number, uint16_t day)
{
    cache_t *cache = sealer->cache;
    unsigned char plain[KEY_BYTES];
    if (!keys_derive(sealer->keys, number, sealer->purpose, day, plain))
        return NULL;
    secret_t *secret = keys_shared_secret(sealer->keys->shared, sizeof(day_key_t));
    day_key_t *key = secret ? (day_key_t *)(void *)secret->bytes : NULL;
    if (key) {
        key->day = day;
        key->number = number;
        key->older = atomic_load_explicit(&cache->newest, memory_order_relaxed);
        if (sealer->openssl)
            memcpy(key->key.plain, plain, KEY_BYTES);
        else
            crypto_aead_aes256gcm_beforenm(&key->key.expanded, plain);
        atomic_store_explicit(&cache->newest, key, memory_order_release);
    }
    sodium_memzero(plain, sizeof plain);
    return key;
}

static const day_key_t *day_key(const sealer_t *sealer, unsigned char number, uint16_t day)
{
    const day_key_t *key = find_key(sealer->cache, number, day);
    if (key)
        return key;

    pthread_mutex_lock(&sealer->cache->mutex);
    key = find_key(sealer->cache, number, day);
    if (!key)
        key = add_key(sealer, number, day);
    pthread_mutex_unlock(&sealer->cache->mutex);
    return key;
}

static apr_status_t cache_end(void *data)
{
    cache_t *cache = data;
    pthread_mutex_destroy(&cache->mutex);
    return APR_SUCCESS;
}

static void *make_cache(const keys_t *keys, const char *purpose, apr_pool_t *p)
{
    cache_t *cache = apr_pcalloc(p, sizeof *cache);
    (void)keys, (void)purpose;
    pthread_mutex_init(&cache->mutex, NULL);
    apr_pool_cleanup_register(p, cache, cache_end, apr_pool_cleanup_null);
    return cache;
}

/* Apart, because OpenSSL's keys are plain. */
static void *make_openssl_cache(const keys_t *keys, const char *purpose, apr_pool_t *p)
{
    return make_cache(keys, purpose, p);
}

static sealer_t *sealer_new(const keys_t *keys, const char *purpose, int days,
                            keys_shared_maker_t *cache, apr_pool_t *p)
{
    sealer_t *sealer = apr_pcalloc(p, sizeof *sealer);
    sealer->keys = keys;
    sealer->purpose = purpose;
    sealer->days = days;
    sealer->cache = keys_shared(keys->shared, cache, purpose);
    return sealer->cache ? sealer : NULL;
}

static apr_status_t openssl_end(void *data)
{
    EVP_CIPHER_free(data);
    return APR_SUCCESS;
}

sealer_t *sealer_make_openssl(const keys_t *keys, const char *purpose, int days, apr_pool_t *p)
{
    sealer_t *sealer = sealer_new(keys, purpose, days, make_openssl_cache, p);
    EVP_CIPHER *openssl = sealer ? EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL) : NULL;
    if (!openssl)
        return NULL;
    apr_pool_cleanup_register(p, openssl, openssl_end, apr_pool_cleanup_null);
    sealer->openssl = openssl;
    return sealer;
}

sealer_t *sealer_make(const keys_t *keys, const char *purpose, int days, apr_pool_t *p)
{
    if (!crypto_aead_aes256gcm_is_available())
        return sealer_make_openssl(keys, purpose, days, p);
    return sealer_new(keys, purpose, days, make_cache, p);
}

static bool openssl_seal(const sealer_t *sealer, const day_key_t *key, const void *aad, int aad_len,
                         const void *text, int len, unsigned char *blob)
{
    unsigned char *out = blob + HEAD + NONCE;
    int got;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool sealed =
        ctx && EVP_EncryptInit_ex2(ctx, sealer->openssl, key->key.plain, blob + HEAD, NULL) &&
        EVP_EncryptUpdate(ctx, NULL, &got, aad, aad_len) &&
        EVP_EncryptUpdate(ctx, out, &got, text, len) && EVP_EncryptFinal_ex(ctx, out + len, &got) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + len);
    EVP_CIPHER_CTX_free(ctx);
    return sealed;
}

static bool openssl_open(const sealer_t *sealer, const day_key_t *key, const void *aad, int aad_len,
                         const unsigned char *blob, int len, unsigned char *text)
{
    const unsigned char *in = blob + HEAD + NONCE;
    unsigned char tag[TAG];
    int got;
    memcpy(tag, in + len, TAG);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool opened = ctx &&
                  EVP_DecryptInit_ex2(ctx, sealer->openssl, key->key.plain, blob + HEAD, NULL) &&
                  EVP_DecryptUpdate(ctx, NULL, &got, aad, aad_len) &&
                  EVP_DecryptUpdate(ctx, text, &got, in, len) &&
                  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) &&
                  EVP_DecryptFinal_ex(ctx, text + len, &got) > 0;
    EVP_CIPHER_CTX_free(ctx);
    if (!opened)
        sodium_memzero(text, (size_t)len);
    return opened;
}

bool sealer_seal(const sealer_t *sealer, apr_time_t now, const void *aad, apr_size_t aad_len,
                 const void *text, apr_size_t len, unsigned char *blob)
{
    uint16_t day = seal_day(apr_time_sec(now));
    const day_key_t *key = day_key(sealer, keys_current(sealer->keys), day);
    if (!key || RAND_bytes(blob + HEAD, NONCE) != 1)
        return false;
    blob[0] = VERSION;
    blob[1] = key->number;
    blob[2] = (unsigned char)(day >> 8);
    blob[3] = (unsigned char)day;

    if (sealer->openssl)
        return openssl_seal(sealer, key, aad, (int)aad_len, text, (int)len, blob);
    unsigned char *out = blob + HEAD + NONCE;
    return !crypto_aead_aes256gcm_encrypt_detached_afternm(
        out, out + len, NULL, text, len, aad, aad_len, NULL, blob + HEAD, &key->key.expanded);
}

bool sealer_open(const sealer_t *sealer, apr_time_t now, const void *aad, apr_size_t aad_len,
                 const unsigned char *blob, apr_size_t len, unsigned char *text)
{
    if (len < SEAL_OVERHEAD || blob[0] != VERSION)
        return false;
    apr_time_t seconds = apr_time_sec(now);
    uint16_t day = (uint16_t)(blob[2] << 8 | blob[3]);
    if (day > seal_day(seconds + SEAL_SKEW) ||
        (sealer->days >= 0 && day + sealer->days < seal_day(seconds)))
        return false;
    const day_key_t *key = day_key(sealer, blob[1], day);
    if (!key)
        return false;

    len -= SEAL_OVERHEAD;
    if (sealer->openssl)
        return openssl_open(sealer, key, aad, (int)aad_len, blob, (int)len, text);
    const unsigned char *in = blob + HEAD + NONCE;
    return !crypto_aead_aes256gcm_decrypt_detached_afternm(
        text, NULL, in, len, in + len, aad, aad_len, blob + HEAD, &key->key.expanded);
}
