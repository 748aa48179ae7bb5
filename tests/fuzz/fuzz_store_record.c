/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever bytes lie where a record should be: they are refused or expired, or were sealed by us,
 * and then the contents of a set may still be anything. Nothing crashes, and nothing unsealed is
 * taken for a record. */
#include <apr_general.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/store_fixture.h"
#include "store/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LATER ((apr_time_t)1 << 60)

static void require(int holds)
{
    if (!holds)
        abort();
}

/* A backend with one value under every key. */
static store_status_t view(void *state, store_class_t in, const char *key, store_viewer_t viewer,
                           void *baton)
{
    const store_raw_t *raw = state;
    (void)in;
    (void)key;
    if (!raw->len)
        return STORE_MISSING;
    viewer(baton, raw);
    return STORE_OK;
}

static store_status_t edit(void *state, store_class_t in, const store_editing_t *edits, int count)
{
    store_raw_t fresh = {NULL, 0};
    (void)in;
    (void)count;
    if (edits->editor(edits->baton, state, &fresh) == EDIT_WRITE)
        require(fresh.len <= RECORD_RAW_MAX && fresh.bytes[fresh.len - 1] <= 255);
    return STORE_OK;
}

static store_status_t log_read(void *state, const char *log, uint64_t after,
                               store_log_reader_t reader, void *baton, uint64_t *last)
{
    (void)log;
    reader(baton, after + 1, state);
    *last = after + 1;
    return STORE_OK;
}

static const store_backend_t one_value = {.view = view, .edit = edit, .log_read = log_read};

static bool never(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                  apr_time_t expires)
{
    (void)sequence;
    (void)data;
    (void)len;
    (void)expires;
    *(int *)baton = 1;
    return true;
}

static void refused(store_status_t status)
{
    require(status == STORE_DOWN || status == STORE_MISSING);
}

/* The value as it came. */
static void unsealed(store_t *store, apr_pool_t *p)
{
    store_record_t record;
    const char **members = NULL;
    int64_t total;
    uint64_t last;
    int read = 0;
    refused(store_get(store, STORE_LASTING, "key", p, &record));
    refused(store_take(store, STORE_LASTING, "key", p, &record));
    store_status_t status = store_members(store, STORE_LASTING, "key", p, &members);
    require(status == STORE_DOWN || (status == STORE_OK && !members[0]));
    store_member_add(store, STORE_LASTING, "key", "m", 3, LATER);
    store_member_remove(store, STORE_LASTING, "key", "m");
    store_log_read(store, "log", 0, p, never, &read, &last);
    require(!read);
    if (store_count(store, STORE_LASTING, "key", 1, LATER, &total) == STORE_OK)
        require(total > 0);
}

/* The value as the contents of a set that we sealed. */
static void sealed_set(store_t *store, const uint8_t *data, size_t size, apr_pool_t *p)
{
    record_name_t name;
    static unsigned char raw[RECORD_RAW_MAX];
    const char **members = NULL;
    if (size > STORE_RECORD_MAX)
        return;
    record_name(&name, STORE_LASTING, RECORD_SET, "key");
    require(record_seal(store->sealer, &name, apr_time_now(), LATER, data, size, raw));
    store_raw_t value = {raw, size + RECORD_OVERHEAD};
    store->state = &value;
    if (store_members(store, STORE_LASTING, "key", p, &members) == STORE_OK)
        for (; *members; members++)
            require(strlen(*members) <= 255);
    store_member_add(store, STORE_LASTING, "key", "m", 3, LATER);
    store_member_remove(store, STORE_LASTING, "key", "m");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static store_t store = {.backend = &one_value};
    static apr_pool_t *p;
    if (!p) {
        apr_pool_t *home;
        apr_initialize();
        apr_pool_create(&home, NULL);
        apr_pool_create(&p, home);
        atexit(apr_terminate);
        store.sealer =
            sealer_make(fixture_keys(home, fixture_dir(home), "keys"), "store", -1, home);
    }
    store_raw_t raw = {data, size};
    store.state = &raw;
    unsealed(&store, p);
    sealed_set(&store, data, size, p);
    apr_pool_clear(p);
    return 0;
}
