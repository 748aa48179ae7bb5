#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "rps/authott.h"

#define VERSION 1

static const char *key_of(const unsigned char token[TOKEN_BYTES], apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, token, TOKEN_BYTES);
    return rps_key("authott", hash, TOKEN_BYTES, p);
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
    return store_add(rps->store, STORE_FLEETING, key_of(token, p), record, sizeof *record,
                     caller->now + apr_time_from_sec(AUTHOTT_SECONDS));
}

const char *authott_blank(apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    randombytes_buf(token, sizeof token);
    return hex_encode(p, token, sizeof token);
}

store_status_t authott_take(rps_t *rps, const char *text, authott_t *record, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    store_record_t found;
    if (!text || !hex_decode(text, token, sizeof token))
        return STORE_MISSING;
    store_status_t status = store_take(rps->store, STORE_FLEETING, key_of(token, p), p, &found);
    if (status != STORE_OK)
        return status;
    if (found.len != sizeof *record)
        return STORE_MISSING;
    memcpy(record, found.data, sizeof *record);
    return record->version == VERSION ? STORE_OK : STORE_MISSING;
}
