/* SPDX-License-Identifier: Apache-2.0 */
#include "store/roots.h"

#include <sodium.h>
#include <string.h>

#include "store/change.h"
#include "store/sealed.h"

/* roots:loaded: when the key file was read, as the machine writes an apr_time_t; and the numbers, a byte
 * each, in the order of the key file */
#define LOADED "roots:loaded"
#define READ_BYTES sizeof(apr_time_t)

typedef struct loading_t {
    apr_time_t read;
    unsigned char numbers[STORE_ROOTS_MAX];
    apr_size_t count;
    unsigned char fresh[READ_BYTES + STORE_ROOTS_MAX];
} loading_t;

static apr_size_t numbers_of(const keys_t *keys, unsigned char numbers[STORE_ROOTS_MAX])
{
    char date[KEY_DATE_SIZE];
    apr_size_t count = 0;
    while (count < STORE_ROOTS_MAX && keys_root(keys, (int)count, &numbers[count], date))
        count++;
    return count;
}

/* False where it stands there already, and where a child that was slow to begin would hide what a later
 * reload has loaded. A time that is to come was written by another clock. */
static bool is_news(const loading_t *loading, const store_record_t *seen)
{
    apr_time_t there;
    if (!seen || seen->len < READ_BYTES)
        return true;
    const unsigned char *numbers = (const unsigned char *)seen->data + READ_BYTES;
    if (seen->len - READ_BYTES == loading->count &&
        !memcmp(numbers, loading->numbers, loading->count))
        return false;
    memcpy(&there, seen->data, READ_BYTES);
    return loading->read > there || there > apr_time_now();
}

static store_status_t note_loading(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    loading_t *loading = baton;
    (void)scratch;
    if (!is_news(loading, change->seen))
        return STORE_OK;
    memcpy(loading->fresh, &loading->read, READ_BYTES);
    memcpy(loading->fresh + READ_BYTES, loading->numbers, loading->count);
    change->data = loading->fresh;
    change->len = READ_BYTES + loading->count;
    return STORE_OK;
}

void roots_note(store_t *store, const keys_t *keys, apr_time_t read, apr_pool_t *p)
{
    loading_t loading = {.read = read};
    loading.count = numbers_of(keys, loading.numbers);
    store_change(store, STORE_LASTING, LOADED, note_loading, &loading, p);
}

store_status_t roots_loaded(store_t *store, unsigned char number, roots_loaded_t *loaded,
                            apr_pool_t *p)
{
    store_record_t record;
    *loaded = (roots_loaded_t){.known = false};
    const store_status_t status = store_get(store, STORE_LASTING, LOADED, p, &record);
    if (status != STORE_OK || record.len <= READ_BYTES)
        return status == STORE_MISSING ? STORE_OK : status;
    const unsigned char *numbers = record.data;
    loaded->known = memchr(numbers + READ_BYTES, number, record.len - READ_BYTES) != NULL;
    loaded->seals = numbers[record.len - 1] == number;
    return STORE_OK;
}

/* ---- sealed anew ----------------------------------------------------------------------------- */

typedef struct resealing_t {
    store_t *store;
    unsigned char number;
    uint64_t done, wrong;
    unsigned char fresh[RECORD_RAW_MAX];
} resealing_t;

/* The number stands behind the blob's version. */
static bool is_sealed_by(void *baton, const store_raw_t *raw)
{
    const resealing_t *resealing = baton;
    return raw->len >= RECORD_OVERHEAD && raw->bytes[0] != RECORD_COUNT &&
           raw->bytes[RECORD_HEAD + 1] == resealing->number && record_live(raw, apr_time_now());
}

static void name_place(record_name_t *name, const store_place_t *place, record_kind_t kind)
{
    if (place->sequence)
        record_name_entry(name, place->key, place->sequence);
    else
        record_name(name, place->in, kind, place->key);
}

static bool reseal_one(void *baton, const store_place_t *place, const store_raw_t *old,
                       store_raw_t *fresh)
{
    resealing_t *resealing = baton;
    const sealer_t *sealer = resealing->store->sealer;
    const apr_time_t now = apr_time_now();
    unsigned char data[STORE_RECORD_MAX];
    record_name_t name;
    apr_size_t len;
    apr_time_t expires;
    name_place(&name, place, (record_kind_t)old->bytes[0]);
    const bool opens = record_open(sealer, &name, now, old, data, &len, &expires) == STORE_OK &&
                       record_seal(sealer, &name, now, expires, data, len, resealing->fresh);
    resealing->done += opens;
    resealing->wrong += !opens;
    if (opens)
        *fresh = (store_raw_t){resealing->fresh, len + RECORD_OVERHEAD};
    sodium_memzero(data, sizeof data);
    return opens;
}

store_status_t roots_reseal(store_t *store, unsigned char number, uint64_t *done, uint64_t *wrong)
{
    resealing_t resealing = {.store = store, .number = number};
    const store_rewriter_t rewriter = {is_sealed_by, reseal_one, &resealing};
    const store_status_t status = store->backend->rewrite(store->state, &rewriter);
    *done = resealing.done;
    *wrong = resealing.wrong;
    return status;
}
