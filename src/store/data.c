/* SPDX-License-Identifier: Apache-2.0 */
/* Records: got, put, added, swapped, taken, deleted. */
#include "store/piece.h"

#include <apr_strings.h>
#include <string.h>

static store_status_t edit_record(store_t *store, store_class_t in, const char *key,
                                  store_editor_t editor, record_edit_t *edit)
{
    edit->now = apr_time_now();
    store_status_t status = store_edit(store, in, key, editor, edit);
    return status ? status : edit->status;
}

/* As edit_record, for an edit that writes a record: seals it first. */
static store_status_t edit_sealed(store_t *store, store_class_t in, const char *key,
                                  store_editor_t editor, record_edit_t *edit, const void *data,
                                  apr_size_t len, apr_time_t expires)
{
    if (!store_key_fits(store, key) || !store_record_fits(store, len))
        return STORE_DOWN;
    record_name_t name;
    unsigned char raw[RECORD_RAW_MAX];
    record_name(&name, in, RECORD_DATA, key);
    if (!record_seal(store->sealer, &name, apr_time_now(), expires, data, len, raw))
        return STORE_DOWN;
    edit->fresh = (store_raw_t){raw, len + RECORD_OVERHEAD};
    return edit_record(store, in, key, editor, edit);
}

static store_status_t unseal_record(store_t *store, store_class_t in, const char *key,
                                    const store_raw_t *raw, apr_pool_t *p, store_record_t *record)
{
    record_name_t name;
    unsigned char *data = apr_palloc(p, raw->len);
    record_name(&name, in, RECORD_DATA, key);
    *record = (store_record_t){.data = data, .raw = raw->bytes, .raw_len = raw->len};
    return store_unseal(store, &name, raw, data, &record->len, &record->expires);
}

/* A value on its way out of the backend. */
typedef struct copy_t {
    apr_pool_t *p;
    store_raw_t raw;
} copy_t;

static void copy_out(void *baton, const store_raw_t *raw)
{
    copy_t *copy = baton;
    copy->raw = (store_raw_t){apr_pmemdup(copy->p, raw->bytes, raw->len), raw->len};
}

store_status_t store_get(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                         store_record_t *record)
{
    copy_t copy = {.p = p};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = store->backend->view(store->state, in, key, copy_out, &copy);
    return status ? status : unseal_record(store, in, key, &copy.raw, p, record);
}

static store_edit_t write_anyway(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    (void)old;
    *fresh = edit->fresh;
    return EDIT_WRITE;
}

store_status_t store_put(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires)
{
    record_edit_t edit = {0};
    return edit_sealed(store, in, key, write_anyway, &edit, data, len, expires);
}

store_edit_t record_write_if_none(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    edit->status = record_live(old, edit->now) ? STORE_EXISTS : STORE_OK;
    *fresh = edit->fresh;
    return edit->status ? EDIT_KEEP : EDIT_WRITE;
}

store_status_t store_add(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires)
{
    record_edit_t edit = {0};
    return edit_sealed(store, in, key, record_write_if_none, &edit, data, len, expires);
}

store_edit_t record_write_if_seen(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    bool same = record_live(old, edit->now) && old->len == edit->seen->raw_len &&
                memcmp(old->bytes, edit->seen->raw, old->len) == 0;
    edit->status = same ? STORE_OK : STORE_CHANGED;
    *fresh = edit->fresh;
    return same ? EDIT_WRITE : EDIT_KEEP;
}

store_status_t store_swap(store_t *store, store_class_t in, const char *key,
                          const store_record_t *seen, const void *data, apr_size_t len,
                          apr_time_t expires)
{
    record_edit_t edit = {.seen = seen};
    return edit_sealed(store, in, key, record_write_if_seen, &edit, data, len, expires);
}

store_edit_t record_take_out(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    (void)fresh;
    if (!record_live(old, edit->now)) {
        edit->status = STORE_MISSING;
        return EDIT_KEEP;
    }
    edit->status = STORE_OK;
    if (edit->p)
        edit->taken = (store_raw_t){apr_pmemdup(edit->p, old->bytes, old->len), old->len};
    return EDIT_ERASE;
}

store_status_t store_take(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                          store_record_t *record)
{
    record_edit_t edit = {.p = p};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = edit_record(store, in, key, record_take_out, &edit);
    return status ? status : unseal_record(store, in, key, &edit.taken, p, record);
}

store_edit_t record_erase_any(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    (void)baton;
    (void)fresh;
    return old->len ? EDIT_ERASE : EDIT_KEEP;
}

store_status_t store_delete(store_t *store, store_class_t in, const char *key)
{
    record_edit_t edit = {0};
    return store_key_fits(store, key) ? edit_record(store, in, key, record_erase_any, &edit)
                                      : STORE_DOWN;
}
