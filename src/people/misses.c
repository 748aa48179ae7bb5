/* SPDX-License-Identifier: Apache-2.0 */
#include "people/misses.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "people/records.h"
#include "store/change.h"
#include "store/key.h"

/* misses:<uid>: layout 1 | MISSES_KEPT times (kind 1 | seconds 4), the newest first, 0 = none */
#define MISSES_LAYOUT 1
#define MISS_BYTES 5
#define MISSES_RECORD (1 + MISSES_KEPT * MISS_BYTES)
#define MISSES_LIFE apr_time_from_sec(30L * 24 * 3600)

static const char *misses_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("misses", uid, UID_BYTES, p);
}

typedef struct missing_t {
    miss_kind_t kind;
    uint32_t now;
    unsigned char record[MISSES_RECORD];
} missing_t;

/* One that cannot be read begins anew. */
static store_status_t add_miss(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    missing_t *mine = baton;
    const store_record_t *seen = change->seen;
    bytes_out_t out = bytes_out(mine->record, sizeof mine->record);
    (void)scratch;
    memset(mine->record, 0, sizeof mine->record);
    bytes_put_u8(&out, MISSES_LAYOUT);
    bytes_put_u8(&out, (uint8_t)mine->kind);
    bytes_put_u32(&out, mine->now);
    if (seen && seen->len == MISSES_RECORD && seen->data[0] == MISSES_LAYOUT)
        bytes_put(&out, seen->data + 1, MISSES_RECORD - 1 - MISS_BYTES);
    change->data = mine->record;
    change->len = sizeof mine->record;
    change->expires = apr_time_from_sec((apr_time_t)mine->now) + MISSES_LIFE;
    return STORE_OK;
}

void people_note_miss(people_t *people, const unsigned char uid[UID_BYTES], miss_kind_t kind,
                      apr_time_t now, apr_pool_t *p)
{
    missing_t mine = {.kind = kind, .now = people_seconds(now)};
    store_change(people->store, STORE_FLEETING, misses_key(uid, p), add_miss, &mine, p);
}

/* Names of nobody share 256 records, whose uid is nobody's. */
static void nobodys_uid(const char *name, unsigned char uid[UID_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    memset(uid, 0, UID_BYTES);
    uid[UID_BYTES - 1] = hash[0];
}

void people_note_miss_of(people_t *people, const char *name, miss_kind_t kind, apr_time_t now,
                         apr_pool_t *p)
{
    user_t user;
    if (people_find(people, name, &user, p) != STORE_OK)
        nobodys_uid(name, user.uid);
    people_note_miss(people, user.uid, kind, now, p);
}

store_status_t people_misses(people_t *people, const unsigned char uid[UID_BYTES], uint32_t since,
                             misses_t *misses, apr_pool_t *p)
{
    store_record_t record;
    memset(misses, 0, sizeof *misses);
    const store_status_t status =
        store_get(people->store, STORE_FLEETING, misses_key(uid, p), p, &record);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    bytes_in_t in = bytes_in(record.data, record.len);
    if (bytes_get_u8(&in) != MISSES_LAYOUT)
        return STORE_OK;
    for (int i = 0; i < MISSES_KEPT; i++) {
        const uint8_t kind = bytes_get_u8(&in);
        const uint32_t when = bytes_get_u32(&in);
        if (!in.ok || !kind || kind >= MISS_KINDS || when <= since)
            continue;
        misses->of[kind]++;
        misses->last = when > misses->last ? when : misses->last;
    }
    return STORE_OK;
}

store_status_t people_forget_misses(people_t *people, const unsigned char uid[UID_BYTES],
                                    apr_pool_t *p)
{
    return store_delete(people->store, STORE_FLEETING, misses_key(uid, p));
}
