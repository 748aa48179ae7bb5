/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <sodium.h>
#include <string.h>

#define SCHEMA_VERSION 1

void record_put64(unsigned char *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (unsigned char)value;
}

uint64_t record_get64(const unsigned char *at)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

void record_name(record_name_t *name, store_class_t in, record_kind_t kind, const char *key)
{
    apr_size_t len = strlen(key);
    name->aad[0] = SCHEMA_VERSION;
    name->aad[1] = (unsigned char)(in == STORE_COMING_IN ? STORE_FLEETING : in);
    name->aad[2] = (unsigned char)kind;
    memcpy(name->aad + 3, key, len);
    name->len = 3 + len;
}

void record_name_entry(record_name_t *name, const char *log, uint64_t sequence)
{
    record_name(name, STORE_LASTING, RECORD_ENTRY, log);
    name->aad[name->len] = 0; /* keys are text: no key and number look like another log's name */
    record_put64(name->aad + name->len + 1, sequence);
    name->len += 9;
}

bool record_seal(const sealer_t *sealer, const record_name_t *name, apr_time_t now,
                 apr_time_t expires, const void *data, apr_size_t len, unsigned char *raw)
{
    unsigned char text[8 + STORE_RECORD_MAX];
    record_put64(text, (uint64_t)expires);
    if (len)
        memcpy(text + 8, data, len);
    raw[0] = name->aad[2];
    memcpy(raw + 1, text, 8);
    bool sealed = sealer_seal(sealer, now, name->aad, name->len, text, 8 + len, raw + RECORD_HEAD);
    sodium_memzero(text, 8 + len);
    return sealed;
}

store_status_t record_open(const sealer_t *sealer, const record_name_t *name, apr_time_t now,
                           const store_raw_t *raw, unsigned char *data, apr_size_t *len,
                           apr_time_t *expires)
{
    if (!record_live(raw, now))
        return STORE_MISSING;
    if (raw->len < RECORD_OVERHEAD || raw->len > RECORD_RAW_MAX || raw->bytes[0] != name->aad[2])
        return STORE_DOWN;
    unsigned char text[8 + STORE_RECORD_MAX];
    apr_size_t text_len = raw->len - RECORD_HEAD - SEAL_OVERHEAD;
    if (!sealer_open(sealer, now, name->aad, name->len, raw->bytes + RECORD_HEAD,
                     raw->len - RECORD_HEAD, text))
        return STORE_DOWN;
    bool same = memcmp(text, raw->bytes + 1, 8) == 0;
    *expires = (apr_time_t)record_get64(text);
    *len = text_len - 8;
    memcpy(data, text + 8, *len);
    sodium_memzero(text, text_len);
    return same ? STORE_OK : STORE_DOWN;
}

apr_time_t record_expires(const store_raw_t *raw)
{
    return raw->len < RECORD_HEAD ? 0 : (apr_time_t)record_get64(raw->bytes + 1);
}

bool record_live(const store_raw_t *raw, apr_time_t now)
{
    apr_time_t expires = record_expires(raw);
    return raw->len > 0 && (expires == 0 || expires > now);
}

bool record_count_read(const store_raw_t *raw, int64_t *value)
{
    if (raw->len != RECORD_COUNT_BYTES || raw->bytes[0] != RECORD_COUNT)
        return false;
    *value = (int64_t)record_get64(raw->bytes + RECORD_HEAD);
    return *value >= 0;
}

void record_count_write(unsigned char raw[RECORD_COUNT_BYTES], int64_t value, apr_time_t expires)
{
    raw[0] = RECORD_COUNT;
    record_put64(raw + 1, (uint64_t)expires);
    record_put64(raw + RECORD_HEAD, (uint64_t)value);
}
