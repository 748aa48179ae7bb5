/* SPDX-License-Identifier: Apache-2.0 */
#include "people/tokens.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "people/records.h"
#include "store/key.h"

/* token:<handle>: layout 1 | uid | created 4 | expires 4 | what it is 1 | name, provider, paths,
 * methods: texts. The handle is the first half of the text's SHA-256: whoever finds one to a given
 * handle has broken that hash.
 * tokens:<uid>: set of handles in hex
 * token-use:<handle>: layout 1 | seconds 4; STORE_BEHIND */
#define LAYOUT 1
enum { IS_OPEN = 1, IS_TOLD = 2, IS_ALL = 3 };
#define USE_RECORD 5
#define USE_STEP 60 /* seconds: a use so soon after another one writes nothing */

#define SECRET_BYTES 32
_Static_assert(TOKEN_TEXT_LEN == sizeof(TOKEN_PREFIX) - 1 + BASE64_TEXT_LEN(SECRET_BYTES),
               "prefix and secret");

/* Removing one also ends what is remembered of it (token_cache.h), which is for a minute. */
#define REMEMBERED apr_time_from_sec(600)

static const char *token_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("token", handle, HANDLE_BYTES, p);
}

static const char *use_key_of(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("token-use", handle, HANDLE_BYTES, p);
}

static const char *tokens_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("tokens", uid, UID_BYTES, p);
}

static void hash_token(const char *text, unsigned char handle[HANDLE_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text, TOKEN_TEXT_LEN);
    memcpy(handle, hash, HANDLE_BYTES);
}

/* ---- the record ---- */

apr_size_t tokens_write(const access_token_t *token, unsigned char record[TOKEN_RECORD_MAX])
{
    bytes_out_t out = bytes_out(record, TOKEN_RECORD_MAX);
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, token->uid, UID_BYTES);
    bytes_put_u32(&out, token->created);
    bytes_put_u32(&out, token->expires);
    bytes_put_u8(&out, (uint8_t)((token->open ? IS_OPEN : 0) | (token->told ? IS_TOLD : 0)));
    bytes_put_text(&out, token->name);
    bytes_put_text(&out, token->provider);
    bytes_put_text(&out, token->paths);
    bytes_put_text(&out, token->methods);
    return bytes_written(&out);
}

bool tokens_read(const void *record, apr_size_t len, access_token_t *token)
{
    bytes_in_t in = bytes_in(record, len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, token->uid, UID_BYTES);
    token->created = bytes_get_u32(&in);
    token->expires = bytes_get_u32(&in);
    const uint8_t is = bytes_get_u8(&in);
    token->open = is & IS_OPEN;
    token->told = is & IS_TOLD;
    bytes_get_text(&in, token->name, sizeof(token->name));
    bytes_get_text(&in, token->provider, sizeof(token->provider));
    bytes_get_text(&in, token->paths, sizeof(token->paths));
    bytes_get_text(&in, token->methods, sizeof(token->methods));
    return bytes_all_read(&in) && layout == LAYOUT && is <= IS_ALL;
}

/* ---- reading ---- */

store_status_t tokens_get(people_t *people, const unsigned char *uid,
                          const unsigned char handle[HANDLE_BYTES], access_token_t *token,
                          apr_pool_t *p)
{
    store_record_t record;
    const char *key = token_key(handle, p);
    const store_status_t status = store_get(people->store, STORE_LASTING, key, p, &record);
    if (status != STORE_OK)
        return status;
    if (!tokens_read(record.data, record.len, token))
        return people_unreadable(people, key);
    memmove(token->handle, handle, HANDLE_BYTES);
    return uid && memcmp(token->uid, uid, UID_BYTES) != 0 ? STORE_MISSING : STORE_OK;
}

static int oldest_token(const void *one, const void *other)
{
    const access_token_t *a = one, *b = other;
    if (a->created != b->created)
        return a->created < b->created ? -1 : 1;
    return memcmp(a->handle, b->handle, HANDLE_BYTES);
}

/* A handle whose token has expired or was removed this moment is passed over. */
store_status_t tokens_list(people_t *people, const unsigned char uid[UID_BYTES],
                           access_token_t **list, int *count, apr_time_t now, apr_pool_t *p)
{
    const char **handles;
    unsigned char handle[HANDLE_BYTES];
    store_status_t status =
        store_members(people->store, STORE_LASTING, tokens_key(uid, p), p, &handles);
    *count = 0;
    *list = apr_pcalloc(p, sizeof(**list) * TOKENS_MAX);
    if (status == STORE_MISSING)
        return STORE_OK;
    for (int i = 0; status == STORE_OK && handles[i] && *count < TOKENS_MAX; i++) {
        if (!hex_decode(handles[i], handle, sizeof(handle)))
            continue;
        status = tokens_get(people, uid, handle, *list + *count, p);
        *count += status == STORE_OK && (*list)[*count].expires > people_seconds(now);
        if (status == STORE_MISSING)
            status = STORE_OK;
    }
    if (status == STORE_OK)
        qsort(*list, (size_t)*count, sizeof(**list), oldest_token);
    return status;
}

store_status_t tokens_find(people_t *people, const char *text, apr_size_t len,
                           access_token_t *token, user_t *owner, apr_time_t now, apr_pool_t *p)
{
    unsigned char handle[HANDLE_BYTES];
    if (len != TOKEN_TEXT_LEN || memcmp(text, TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1) != 0)
        return STORE_MISSING;
    hash_token(text, handle);
    store_status_t status = tokens_get(people, NULL, handle, token, p);
    if (status == STORE_OK && token->expires <= people_seconds(now))
        status = STORE_MISSING;
    if (status == STORE_OK)
        status = people_get(people, token->uid, owner, p);
    return status == STORE_OK && owner->state != USER_ACTIVE ? STORE_MISSING : status;
}

/* ---- making ---- */

static bool has_sense(const access_token_t *token, apr_time_t now)
{
    const uint32_t seconds = people_seconds(now);
    return token->expires > seconds && token->expires - seconds <= TOKEN_DAYS_MAX * 86400u + 60;
}

static void draw_token(access_token_t *token, char text[TOKEN_TEXT_SIZE], apr_pool_t *p)
{
    unsigned char secret[SECRET_BYTES];
    randombytes_buf(secret, sizeof(secret));
    char *drawn = base64_encode(p, secret, sizeof(secret));
    apr_snprintf(text, TOKEN_TEXT_SIZE, TOKEN_PREFIX "%s", drawn);
    hash_token(text, token->handle);
    sodium_memzero(drawn, strlen(drawn));
    sodium_memzero(secret, sizeof(secret));
}

/* The set first: a killed process leaves a handle without a record, which is passed over. */
static store_status_t keep_token(people_t *people, const access_token_t *token,
                                 const unsigned char *record, apr_size_t len, apr_pool_t *p)
{
    const apr_time_t expires = apr_time_from_sec((apr_time_t)token->expires);
    const store_status_t status =
        store_member_add(people->store, STORE_LASTING, tokens_key(token->uid, p),
                         hex_encode(p, token->handle, HANDLE_BYTES), 2 * TOKENS_MAX, expires);
    return status == STORE_OK ? store_add(people->store, STORE_LASTING, token_key(token->handle, p),
                                          record, len, expires)
                              : status;
}

/* Somebody who was disabled, or whose name was proven by another, meanwhile has lost those that were
 * there: one of the two sees the other. */
static store_status_t is_still_wanted(people_t *people, const access_token_t *token,
                                      const user_t *before, apr_time_t now, apr_pool_t *p)
{
    user_t user;
    const store_status_t status = people_get(people, token->uid, &user, p);
    if (status == STORE_OK && user.state == USER_ACTIVE &&
        (!token->open || user.proven == before->proven))
        return STORE_OK;
    tokens_remove(people, token, now, p);
    return status == STORE_OK ? STORE_MISSING : status;
}

store_status_t tokens_add(people_t *people, access_token_t *token, char text[TOKEN_TEXT_SIZE],
                          apr_time_t now, apr_pool_t *p)
{
    unsigned char record[TOKEN_RECORD_MAX];
    access_token_t *list;
    user_t user;
    int count;
    store_status_t status = people_get(people, token->uid, &user, p);
    if (status == STORE_OK && user.state != USER_ACTIVE)
        status = STORE_MISSING;
    if (status == STORE_OK)
        status = tokens_list(people, token->uid, &list, &count, now, p);
    if (status != STORE_OK)
        return status;
    if (count >= TOKENS_MAX)
        return STORE_EXISTS;
    token->created = people_seconds(now);
    draw_token(token, text, p);
    const apr_size_t len = tokens_write(token, record);
    if (!len || !has_sense(token, now))
        return STORE_CHANGED;
    status = keep_token(people, token, record, len, p);
    return status == STORE_OK ? is_still_wanted(people, token, &user, now, p) : status;
}

/* ---- ending ---- */

/* The record first: whoever has it in memory then hears that it is gone, and finds none. */
store_status_t tokens_remove(people_t *people, const access_token_t *token, apr_time_t now,
                             apr_pool_t *p)
{
    store_t *store = people->store;
    store_status_t status = store_delete(store, STORE_LASTING, token_key(token->handle, p));
    if (status == STORE_OK)
        status = revocations_add(people->revocations, REVOKE_FAMILY, token->handle, 0, now,
                                 now + REMEMBERED);
    if (status == STORE_OK)
        status = store_member_remove(store, STORE_LASTING, tokens_key(token->uid, p),
                                     hex_encode(p, token->handle, HANDLE_BYTES));
    store_delete(store, STORE_BEHIND, use_key_of(token->handle, p));
    return status == STORE_MISSING ? STORE_OK : status;
}

store_status_t tokens_erase_open(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p)
{
    access_token_t *list;
    int count;
    store_status_t status = tokens_list(people, uid, &list, &count, now, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (list[i].open)
            status = tokens_remove(people, &list[i], now, p);
    return status;
}

store_status_t tokens_erase(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                            apr_pool_t *p)
{
    access_token_t *list;
    int count;
    store_status_t status = tokens_list(people, uid, &list, &count, now, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = tokens_remove(people, &list[i], now, p);
    return status == STORE_OK ? store_delete(people->store, STORE_LASTING, tokens_key(uid, p))
                              : status;
}

/* ---- uses ---- */

store_status_t tokens_last_use(people_t *people, const access_token_t *token, uint32_t *seconds,
                               apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(people->store, STORE_BEHIND, use_key_of(token->handle, p), p, &record);
    *seconds = 0;
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    bytes_in_t in = bytes_in(record.data, record.len);
    const uint8_t layout = bytes_get_u8(&in);
    const uint32_t used = bytes_get_u32(&in);
    if (bytes_all_read(&in) && layout == LAYOUT)
        *seconds = used;
    return STORE_OK;
}

void tokens_note_use(people_t *people, const access_token_t *token, apr_time_t now, apr_pool_t *p)
{
    const uint32_t seconds = people_seconds(now);
    unsigned char record[USE_RECORD];
    uint32_t last;
    if (tokens_last_use(people, token, &last, p) != STORE_OK ||
        (last <= seconds && seconds - last < USE_STEP))
        return;
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u32(&out, seconds);
    store_put(people->store, STORE_BEHIND, use_key_of(token->handle, p), record, sizeof(record),
              apr_time_from_sec((apr_time_t)token->expires));
}
