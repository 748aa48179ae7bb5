/* SPDX-License-Identifier: Apache-2.0 */
/* The factors of users: a record each, and a set of their ids a user. */
#include "factor/factors.h"
#include "factor/factor_record.h"
#include "base/bytes.h"
#include "store/change.h"
#include "store/key.h"
#include "store/refusal.h"

#include <sodium.h>
#include <stdlib.h>

/* of had-factor: layout 1 | created 4 */
#define EVER_LAYOUT 1
#define EVER_RECORD (1 + 4)

factors_t *factors_make(store_t *store, const log_sink_t *log, apr_pool_t *p)
{
    factors_t *factors = apr_pcalloc(p, sizeof(*factors));
    factors->store = store;
    factors->log = log;
    return factors;
}

void factors_use_keys(factors_t *factors, const keys_t *keys)
{
    factors->keys = keys;
}

store_t *factors_store(const factors_t *factors)
{
    return factors->store;
}

void factors_send_by(factors_t *factors, const struct senders_t *senders)
{
    factors->senders = senders;
}

const struct senders_t *factors_senders(const factors_t *factors)
{
    return factors->senders;
}

void factor_write_id(char text[FACTOR_ID_SIZE], const unsigned char id[FACTOR_ID_BYTES])
{
    sodium_bin2hex(text, FACTOR_ID_SIZE, id, FACTOR_ID_BYTES);
}

bool factor_read_id(const char *text, unsigned char id[FACTOR_ID_BYTES])
{
    size_t len;
    const char *end;
    return text && strlen(text) == FACTOR_ID_SIZE - 1 &&
           sodium_hex2bin(id, FACTOR_ID_BYTES, text, FACTOR_ID_SIZE - 1, NULL, &len, &end) == 0 &&
           len == FACTOR_ID_BYTES && !*end;
}

/* ---- keys ---- */

static const char *record_key(const unsigned char uid[UID_BYTES],
                              const unsigned char id[FACTOR_ID_BYTES], apr_pool_t *p)
{
    unsigned char both[UID_BYTES + FACTOR_ID_BYTES];
    memcpy(both, uid, UID_BYTES);
    memcpy(both + UID_BYTES, id, FACTOR_ID_BYTES);
    return store_key("factor", both, sizeof(both), p);
}

static const char *ids_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("factors", uid, UID_BYTES, p);
}

static const char *ever_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("had-factor", uid, UID_BYTES, p);
}

/* ---- reading ---- */

static store_status_t read_record(const factors_t *factors, const store_record_t *record,
                                  const unsigned char uid[UID_BYTES],
                                  const unsigned char id[FACTOR_ID_BYTES], own_factor_t *factor)
{
    if (!factor_read(record->data, record->len, factor)) {
        log_error(factors->log, "MPIN0801", "a second step's record in the store cannot be read");
        return STORE_DOWN;
    }
    memmove(factor->uid, uid, UID_BYTES);
    memmove(factor->id, id, FACTOR_ID_BYTES);
    return STORE_OK;
}

store_status_t factors_get(factors_t *factors, const unsigned char uid[UID_BYTES],
                           const unsigned char id[FACTOR_ID_BYTES], own_factor_t *factor,
                           apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(factors->store, STORE_LASTING, record_key(uid, id, p), p, &record);
    return status == STORE_OK ? read_record(factors, &record, uid, id, factor) : status;
}

static int by_age(const void *one, const void *other)
{
    const own_factor_t *a = one, *b = other;
    if (a->created != b->created)
        return a->created < b->created ? -1 : 1;
    return memcmp(a->id, b->id, FACTOR_ID_BYTES);
}

/* One that has expired, or was removed this moment, is passed over. */
store_status_t factors_list(factors_t *factors, const unsigned char uid[UID_BYTES],
                            own_factor_t **list, int *count, apr_pool_t *p)
{
    const char **ids;
    unsigned char id[FACTOR_ID_BYTES];
    store_status_t status = store_members(factors->store, STORE_LASTING, ids_key(uid, p), p, &ids);
    *count = 0;
    *list = apr_pcalloc(p, sizeof(**list) * FACTORS_MAX);
    if (status == STORE_MISSING)
        return STORE_OK;
    for (int i = 0; status == STORE_OK && ids[i] && *count < FACTORS_MAX; i++) {
        if (!factor_read_id(ids[i], id))
            continue;
        status = factors_get(factors, uid, id, *list + *count, p);
        *count += status == STORE_OK;
        if (status == STORE_MISSING)
            status = STORE_OK;
    }
    if (status == STORE_OK)
        qsort(*list, (size_t)*count, sizeof(**list), by_age);
    return status;
}

/* ---- changing ---- */

static store_status_t note_ever(factors_t *factors, const own_factor_t *factor, apr_pool_t *p)
{
    if (!factor->confirmed || factor->kind == KIND_BROWSER || factor->kind == KIND_RECOVERY)
        return STORE_OK;
    unsigned char record[EVER_RECORD];
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u8(&out, EVER_LAYOUT);
    bytes_put_u32(&out, factor->created);
    const store_status_t status = store_add(factors->store, STORE_LASTING, ever_key(factor->uid, p),
                                            record, sizeof(record), 0);
    return status == STORE_EXISTS ? STORE_OK : status;
}

store_status_t factors_ever(factors_t *factors, const unsigned char uid[UID_BYTES], uint32_t *since,
                            apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(factors->store, STORE_LASTING, ever_key(uid, p), p, &record);
    *since = 0;
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    bytes_in_t in = bytes_in(record.data, record.len);
    const uint8_t layout = bytes_get_u8(&in);
    *since = bytes_get_u32(&in);
    return bytes_all_read(&in) && layout == EVER_LAYOUT ? STORE_OK : STORE_DOWN;
}

store_status_t factors_forget_ever(factors_t *factors, const unsigned char uid[UID_BYTES],
                                   apr_pool_t *p)
{
    return store_delete(factors->store, STORE_LASTING, ever_key(uid, p));
}

static apr_time_t expiry_of_factor(const own_factor_t *factor)
{
    return factor->confirmed ? 0 : apr_time_from_sec((apr_time_t)factor->created + FACTOR_WAITS);
}

/* The set first: a killed process leaves an id without a record, which is passed over. */
store_status_t factors_add(factors_t *factors, own_factor_t *factor, apr_time_t now, apr_pool_t *p)
{
    unsigned char record[FACTOR_RECORD_MAX];
    char id[FACTOR_ID_SIZE];
    own_factor_t *list;
    int count;

    store_status_t status = factors_list(factors, factor->uid, &list, &count, p);
    if (status != STORE_OK)
        return status;
    if (count >= FACTORS_MAX)
        return STORE_EXISTS;
    randombytes_buf(factor->id, sizeof(factor->id));
    factor->created = (uint32_t)apr_time_sec(now);
    factor->used = 0;
    const apr_time_t expires = expiry_of_factor(factor);
    const apr_size_t len = factor_write(factor, record);
    if (!len)
        return STORE_DOWN;
    factor_write_id(id, factor->id);
    status = store_member_add(factors->store, STORE_LASTING, ids_key(factor->uid, p), id,
                              2 * FACTORS_MAX, expires);
    if (status == STORE_OK)
        status = store_add(factors->store, STORE_LASTING, record_key(factor->uid, factor->id, p),
                           record, len, expires);
    sodium_memzero(record, sizeof(record));
    return status == STORE_OK ? note_ever(factors, factor, p) : status;
}

result_t *factors_add_refusal(store_status_t status, apr_pool_t *p)
{
    return status == STORE_EXISTS
               ? result_error(p, 409, "too_many_factors", "remove one of them first")
               : store_refusal(status, p);
}

typedef struct alteration_t {
    const factors_t *factors;
    own_factor_t *factor;
    factor_alter_t alter;
    void *baton;
    unsigned char record[FACTOR_RECORD_MAX];
} alteration_t;

static store_status_t alter_step(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    alteration_t *alteration = baton;
    own_factor_t *factor = alteration->factor;
    (void)scratch;
    if (!change->seen)
        return STORE_MISSING;
    store_status_t status =
        read_record(alteration->factors, change->seen, factor->uid, factor->id, factor);
    if (status == STORE_OK)
        status = alteration->alter(alteration->baton, factor);
    if (status != STORE_OK)
        return status;
    change->data = alteration->record;
    change->len = factor_write(factor, alteration->record);
    change->expires = expiry_of_factor(factor);
    return change->len ? STORE_OK : STORE_DOWN;
}

store_status_t factors_change(factors_t *factors, own_factor_t *factor, factor_alter_t alter,
                              void *baton, apr_pool_t *p)
{
    alteration_t alteration = {
        .factors = factors, .factor = factor, .alter = alter, .baton = baton};
    char id[FACTOR_ID_SIZE];
    store_status_t status =
        store_change(factors->store, STORE_LASTING, record_key(factor->uid, factor->id, p),
                     alter_step, &alteration, p);
    sodium_memzero(alteration.record, sizeof(alteration.record));
    if (status != STORE_OK)
        return status;
    factor_write_id(id, factor->id);
    status = store_member_add(factors->store, STORE_LASTING, ids_key(factor->uid, p), id,
                              2 * FACTORS_MAX, expiry_of_factor(factor));
    return status == STORE_OK ? note_ever(factors, factor, p) : status;
}

store_status_t factors_remove(factors_t *factors, const own_factor_t *factor, apr_pool_t *p)
{
    char id[FACTOR_ID_SIZE];
    factor_write_id(id, factor->id);
    const store_status_t status =
        store_delete(factors->store, STORE_LASTING, record_key(factor->uid, factor->id, p));
    return status == STORE_OK
               ? store_member_remove(factors->store, STORE_LASTING, ids_key(factor->uid, p), id)
               : status;
}

/* The set last: stopped in between, the same call again finds what is left. */
store_status_t factors_erase(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    const char **ids;
    unsigned char id[FACTOR_ID_BYTES];
    store_status_t status = store_members(store, STORE_LASTING, ids_key(uid, p), p, &ids);
    for (int i = 0; status == STORE_OK && ids[i]; i++)
        if (factor_read_id(ids[i], id))
            status = store_delete(store, STORE_LASTING, record_key(uid, id, p));
    if (status == STORE_OK || status == STORE_MISSING)
        status = store_delete(store, STORE_LASTING, ever_key(uid, p));
    return status == STORE_OK ? store_delete(store, STORE_LASTING, ids_key(uid, p)) : status;
}
