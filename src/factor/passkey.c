/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/passkey.h"

#include "store/key.h"
#include "store/refusal.h"

#include <sodium.h>
#include <string.h>

#define DAY 86400 /* seconds */

/* ---- records ---- */

#define OWNER_BYTES (UID_BYTES + FACTOR_ID_BYTES)

static const char *owner_key(const unsigned char *credential, apr_size_t len, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, credential, len);
    return store_key("passkey", hash, sizeof(hash), p);
}

static void owner_of(const own_factor_t *factor, unsigned char owner[OWNER_BYTES])
{
    memcpy(owner, factor->uid, UID_BYTES);
    memcpy(owner + UID_BYTES, factor->id, FACTOR_ID_BYTES);
}

store_status_t passkey_handle_made(factors_t *factors, const unsigned char uid[UID_BYTES],
                                   unsigned char handle[USER_HANDLE_BYTES], apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(factors_store(factors), STORE_LASTING,
                  store_key("passkey-handle", uid, UID_BYTES, p), p, &record);
    if (status != STORE_OK)
        return status;
    if (record.len != USER_HANDLE_BYTES)
        return STORE_DOWN;
    memcpy(handle, record.data, USER_HANDLE_BYTES);
    return STORE_OK;
}

store_status_t passkey_handle(factors_t *factors, const unsigned char uid[UID_BYTES],
                              unsigned char handle[USER_HANDLE_BYTES], apr_pool_t *p)
{
    store_status_t status = passkey_handle_made(factors, uid, handle, p);
    if (status != STORE_MISSING)
        return status;
    randombytes_buf(handle, USER_HANDLE_BYTES);
    status =
        store_add(factors_store(factors), STORE_LASTING,
                  store_key("passkey-handle", uid, UID_BYTES, p), handle, USER_HANDLE_BYTES, 0);
    return status == STORE_EXISTS ? passkey_handle_made(factors, uid, handle, p) : status;
}

store_status_t passkey_forget_handle(factors_t *factors, const unsigned char uid[UID_BYTES],
                                     apr_pool_t *p)
{
    return store_delete(factors_store(factors), STORE_LASTING,
                        store_key("passkey-handle", uid, UID_BYTES, p));
}

/* ---- finding ---- */

/* The factor that an owner's record names, where it is there and of that very credential. */
static store_status_t find_owned(factors_t *factors, const store_record_t *record,
                                 const unsigned char *credential, apr_size_t len,
                                 own_factor_t *factor, apr_pool_t *p)
{
    passkey_t passkey;
    if (record->len != OWNER_BYTES)
        return STORE_DOWN;
    const store_status_t status =
        factors_get(factors, record->data, record->data + UID_BYTES, factor, p);
    if (status != STORE_OK)
        return status;
    if (!passkey_read(factor, &passkey))
        return STORE_DOWN;
    return passkey.credential_len == len && memcmp(passkey.credential, credential, len) == 0
               ? STORE_OK
               : STORE_MISSING;
}

store_status_t passkey_find(factors_t *factors, const unsigned char *credential, apr_size_t len,
                            own_factor_t *factor, apr_pool_t *p)
{
    store_record_t record;
    store_status_t status =
        store_get(factors_store(factors), STORE_LASTING, owner_key(credential, len, p), p, &record);
    if (status == STORE_OK)
        status = find_owned(factors, &record, credential, len, factor, p);
    return status == STORE_OK && !factor->confirmed ? STORE_MISSING : status;
}

/* ---- adding ---- */

/* The record that leads to it. STORE_EXISTS: the credential is somebody's. One that leads to what
 * is gone is nobody's. */
static store_status_t take_credential(factors_t *factors, const own_factor_t *factor,
                                      const passkey_t *passkey, apr_pool_t *p)
{
    store_t *store = factors_store(factors);
    const char *key = owner_key(passkey->credential, passkey->credential_len, p);
    unsigned char owner[OWNER_BYTES];
    own_factor_t other;
    store_record_t record = {.raw = NULL};
    owner_of(factor, owner);
    store_status_t status = store_add(store, STORE_LASTING, key, owner, sizeof(owner), 0);
    if (status != STORE_EXISTS)
        return status;
    status = store_get(store, STORE_LASTING, key, p, &record);
    if (status == STORE_OK)
        status =
            find_owned(factors, &record, passkey->credential, passkey->credential_len, &other, p);
    if (status == STORE_OK)
        return STORE_EXISTS;
    if (status != STORE_MISSING)
        return status;
    if (!record.raw) /* removed this moment */
        return STORE_EXISTS;
    status = store_swap(store, STORE_LASTING, key, &record, owner, sizeof(owner), 0);
    return status == STORE_CHANGED ? STORE_EXISTS : status;
}

static store_status_t confirm_passkey(void *baton, own_factor_t *factor)
{
    (void)baton;
    factor->confirmed = true;
    return STORE_OK;
}

static result_t *passkey_taken(apr_pool_t *p)
{
    return result_error(p, 409, "passkey_taken", "this passkey is here already");
}

/* It counts from its last record on: a half of it expires. */
result_t *passkey_add(factors_t *factors, own_factor_t *factor, const passkey_t *passkey,
                      apr_time_t now, apr_pool_t *p)
{
    factor->kind = KIND_PASSKEY;
    factor->confirmed = false;
    store_status_t status =
        passkey_write(factor, passkey) ? factors_add(factors, factor, now, p) : STORE_DOWN;
    if (status != STORE_OK)
        return factors_add_refusal(status, p);
    status = take_credential(factors, factor, passkey, p);
    if (status == STORE_OK)
        status = factors_change(factors, factor, confirm_passkey, NULL, p);
    if (status == STORE_OK)
        return NULL;
    factors_remove(factors, factor, p);
    return status == STORE_EXISTS ? passkey_taken(p) : store_refusal(status, p);
}

store_status_t passkey_remove(factors_t *factors, const own_factor_t *factor, apr_pool_t *p)
{
    passkey_t passkey;
    const store_status_t status = factors_remove(factors, factor, p);
    if (status != STORE_OK || !passkey_read(factor, &passkey))
        return status;
    return store_delete(factors_store(factors), STORE_LASTING,
                        owner_key(passkey.credential, passkey.credential_len, p));
}

/* ---- using ---- */

typedef struct using_t {
    const authdata_t *data;
    uint32_t now; /* seconds */
} using_t;

/* 0 and 0: it does not count. */
static bool count_rises(const passkey_t *passkey, const authdata_t *data)
{
    return data->count > passkey->count || (!data->count && !passkey->count);
}

static store_status_t note_signature(void *baton, own_factor_t *factor)
{
    const using_t *use = baton;
    passkey_t passkey;
    if (!passkey_read(factor, &passkey))
        return STORE_DOWN;
    if (!count_rises(&passkey, use->data))
        return STORE_EXISTS;
    passkey.count = use->data->count;
    passkey.backed_up = use->data->flags & AUTHDATA_BACKED_UP;
    factor->used = use->now;
    return passkey_write(factor, &passkey) ? STORE_OK : STORE_DOWN;
}

/* People are shown the day. */
static bool says_nothing_new(const own_factor_t *factor, const using_t *use)
{
    passkey_t passkey;
    return passkey_read(factor, &passkey) && !passkey.count && !use->data->count &&
           passkey.backed_up == !!(use->data->flags & AUTHDATA_BACKED_UP) &&
           factor->used / DAY == use->now / DAY;
}

store_status_t passkey_used(factors_t *factors, own_factor_t *factor, const authdata_t *data,
                            apr_time_t now, apr_pool_t *p)
{
    using_t use = {.data = data, .now = (uint32_t)apr_time_sec(now)};
    if (says_nothing_new(factor, &use))
        return STORE_OK;
    return factors_change(factors, factor, note_signature, &use, p);
}
