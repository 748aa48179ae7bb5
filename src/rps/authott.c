/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/authott.h"

#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include "base/hex.h"
#include "store/key.h"

#define VERSION 4

static const char *authott_key(authott_kind_t kind, const unsigned char token[TOKEN_BYTES],
                               apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, token, TOKEN_BYTES);
    return store_key(kind == AUTHOTT_PHONE ? "authott-phone" : "authott", hash, TOKEN_BYTES, p);
}

store_status_t authott_issue(rps_t *rps, const caller_t *caller, authott_t *record,
                             const char **text, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    randombytes_buf(token, sizeof token);
    record->version = VERSION;
    record->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(record->browser, caller->prelogin, sizeof record->browser);
    *text = hex_encode(p, token, sizeof token);
    return store_add(rps->store, STORE_COMING_IN, authott_key(record->kind, token, p), record,
                     offsetof(authott_t, mpin_id) + strlen(record->mpin_id) + 1,
                     caller->now + apr_time_from_sec(AUTHOTT_SECONDS));
}

/* ---- idle ones: nonce 8 | MAC 8 -------------------------------------------------------------- */

#define NONCE_BYTES 8

static void idle_mac(const rps_t *rps, const caller_t *caller, verdict_t verdict,
                     const unsigned char nonce[NONCE_BYTES], unsigned char mac[8])
{
    unsigned char text[1 + NONCE_BYTES + PRELOGIN_ID_BYTES] = {(unsigned char)verdict};
    unsigned char full[crypto_generichash_BYTES_MIN];
    memcpy(text + 1, nonce, NONCE_BYTES);
    if (caller->prelogin)
        memcpy(text + 1 + NONCE_BYTES, caller->prelogin, PRELOGIN_ID_BYTES);
    crypto_generichash(full, sizeof full, text, sizeof text, rps->idle_key->bytes,
                       rps->idle_key->len);
    memcpy(mac, full, 8);
}

const char *authott_idle(const rps_t *rps, const caller_t *caller, verdict_t verdict, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    randombytes_buf(token, NONCE_BYTES);
    idle_mac(rps, caller, verdict, token, token + NONCE_BYTES);
    return hex_encode(p, token, sizeof token);
}

store_status_t authott_idle_read(const rps_t *rps, const caller_t *caller, const char *text,
                                 authott_t *record)
{
    static const verdict_t idle[] = {VERDICT_LOCKED, VERDICT_WITHDRAWN, VERDICT_DISABLED,
                                     VERDICT_BUSY};
    unsigned char token[TOKEN_BYTES];
    if (!hex_decode(text, token, sizeof token))
        return STORE_MISSING;
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
        unsigned char mac[8];
        idle_mac(rps, caller, idle[i], token, mac);
        if (sodium_memcmp(mac, token + NONCE_BYTES, sizeof mac) != 0)
            continue;
        *record = (authott_t){.verdict = (unsigned char)idle[i], .retry_after = 1};
        record->bound = caller->prelogin != NULL;
        if (caller->prelogin)
            memcpy(record->browser, caller->prelogin, sizeof record->browser);
        return STORE_OK;
    }
    return STORE_MISSING;
}

/* ---- redemption ------------------------------------------------------------------------------ */

typedef store_status_t (*reader_t)(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                                   store_record_t *record);

static store_status_t read_authott(rps_t *rps, authott_kind_t kind, reader_t reader,
                                   const char *text, authott_t *record, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    store_record_t found;
    if (!text || !hex_decode(text, token, sizeof token))
        return STORE_MISSING;
    store_status_t status =
        reader(rps->store, STORE_FLEETING, authott_key(kind, token, p), p, &found);
    if (status != STORE_OK)
        return status;
    if (found.len <= offsetof(authott_t, mpin_id) || found.len > sizeof *record ||
        found.data[found.len - 1])
        return STORE_MISSING;
    memcpy(record, found.data, found.len);
    return record->version == VERSION && record->kind == kind ? STORE_OK : STORE_MISSING;
}

store_status_t authott_take(rps_t *rps, const caller_t *caller, const char *text, authott_t *record,
                            apr_pool_t *p)
{
    store_status_t status = read_authott(rps, AUTHOTT_BROWSER, store_take, text, record, p);
    return status == STORE_MISSING && text && (caller->prelogin || rps->settings->service)
               ? authott_idle_read(rps, caller, text, record)
               : status;
}

store_status_t authott_phone(rps_t *rps, const char *text, authott_t *record, apr_pool_t *p)
{
    return read_authott(rps, AUTHOTT_PHONE, store_get, text, record, p);
}

store_status_t authott_phone_take(rps_t *rps, const char *text, authott_t *record, apr_pool_t *p)
{
    return read_authott(rps, AUTHOTT_PHONE, store_take, text, record, p);
}
