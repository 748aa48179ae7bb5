/* SPDX-License-Identifier: Apache-2.0 */
/* Counters. */
#include "store/sealed.h"

typedef struct count_edit_t {
    int64_t n;
    apr_time_t now;
    apr_time_t expires;
    int64_t total;
    store_status_t status;
    unsigned char raw[RECORD_COUNT_BYTES];
} count_edit_t;

static store_edit_t add_up(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    count_edit_t *edit = baton;
    apr_time_t expires = edit->expires;
    int64_t value = 0;
    edit->status = STORE_OK;
    if (record_live(old, edit->now)) {
        apr_time_t own = record_expires(old);
        if (!record_count_read(old, &value)) {
            edit->status = STORE_DOWN;
            return EDIT_KEEP;
        }
        if (own == 0 || (expires != 0 && own > expires))
            expires = own;
    }
    if (__builtin_add_overflow(value, edit->n, &edit->total))
        edit->total = INT64_MAX;
    if (edit->total < 0)
        edit->total = 0;
    if (edit->total == value)
        return EDIT_KEEP;
    record_count_write(edit->raw, edit->total, expires);
    *fresh = (store_raw_t){edit->raw, sizeof(edit->raw)};
    return EDIT_WRITE;
}

static void view_count(void *baton, const store_raw_t *raw)
{
    count_edit_t *edit = baton;
    if (record_live(raw, edit->now) && !record_count_read(raw, &edit->total))
        edit->status = STORE_DOWN;
}

store_status_t store_count(store_t *store, store_class_t in, const char *key, int64_t n,
                           apr_time_t expires, int64_t *total)
{
    count_edit_t edit = {.n = n, .now = apr_time_now(), .expires = expires};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = n == 0 ? store->backend->view(store->state, in, key, view_count, &edit)
                                   : store_edit(store, in, key, add_up, &edit);
    *total = edit.total;
    return status && status != STORE_MISSING ? status : edit.status;
}
