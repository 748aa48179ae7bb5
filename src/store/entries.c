/* SPDX-License-Identifier: Apache-2.0 */
/* Logs: append-only. */
#include "store/sealed.h"

/* ---- appending ------------------------------------------------------------------------------- */

typedef struct append_t {
    store_t *store;
    const char *log;
    const void *data;
    apr_size_t len;
    apr_time_t expires;
    unsigned char raw[RECORD_RAW_MAX];
} append_t;

/* Sealed under the lock, because the entry is bound to its number. */
static bool write_entry(void *baton, uint64_t sequence, store_raw_t *fresh)
{
    append_t *append = baton;
    record_name_t name;
    record_name_entry(&name, append->log, sequence);
    *fresh = (store_raw_t){append->raw, append->len + RECORD_OVERHEAD};
    return record_seal(append->store->sealer, &name, apr_time_now(), append->expires, append->data,
                       append->len, append->raw);
}

store_status_t store_log_append(store_t *store, const char *log, const void *data, apr_size_t len,
                                apr_time_t expires, uint64_t *sequence)
{
    if (!store_key_fits(store, log) || !store_record_fits(store, len))
        return STORE_DOWN;
    append_t append = {.store = store, .log = log, .data = data, .len = len, .expires = expires};
    return store->backend->log_append(store->state, log, write_entry, &append, sequence);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct reading_t {
    store_t *store;
    const char *log;
    bool (*entry)(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                  apr_time_t expires);
    void *baton;
    store_status_t status;
} reading_t;

static bool read_entry(void *baton, uint64_t sequence, const store_raw_t *raw)
{
    reading_t *reading = baton;
    record_name_t name;
    unsigned char data[STORE_RECORD_MAX];
    apr_size_t len;
    apr_time_t expires;
    record_name_entry(&name, reading->log, sequence);
    reading->status = store_unseal(reading->store, &name, raw, data, &len, &expires);
    if (reading->status == STORE_OK)
        return reading->entry(reading->baton, sequence, data, len, expires);
    if (reading->status == STORE_MISSING) /* expired, not yet swept */
        reading->status = STORE_OK;
    return reading->status == STORE_OK;
}

store_status_t store_log_read(store_t *store, const char *log, uint64_t after, apr_pool_t *p,
                              bool (*entry)(void *baton, uint64_t sequence, const void *data,
                                            apr_size_t len, apr_time_t expires),
                              void *baton, uint64_t *last)
{
    (void)p;
    if (!store_key_fits(store, log))
        return STORE_DOWN;
    reading_t reading = {.store = store, .log = log, .entry = entry, .baton = baton};
    store_status_t status =
        store->backend->log_read(store->state, log, after, read_entry, &reading, last);
    return status ? status : reading.status;
}
