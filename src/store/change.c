/* SPDX-License-Identifier: Apache-2.0 */
#include "store/change.h"

/* store_swap fails by itself where the record has gone meanwhile, store_add where one has come. */
static store_status_t write_change(store_t *store, store_class_t in, const char *key,
                                   const store_change_t *change)
{
    if (change->seen)
        return store_swap(store, in, key, change->seen, change->data, change->len, change->expires);
    store_status_t status = store_add(store, in, key, change->data, change->len, change->expires);
    return status == STORE_EXISTS ? STORE_CHANGED : status;
}

static store_status_t change_once(store_t *store, store_class_t in, const char *key,
                                  store_step_t step, void *baton, bool *lost, apr_pool_t *scratch)
{
    store_record_t seen;
    store_change_t change = {0};
    store_status_t status = store_get(store, in, key, scratch, &seen);
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    if (status == STORE_OK)
        change.seen = &seen;
    status = step(baton, &change, scratch);
    if (status != STORE_OK || !change.data)
        return status;
    status = write_change(store, in, key, &change);
    *lost = status == STORE_CHANGED;
    return status;
}

store_status_t store_change(store_t *store, store_class_t in, const char *key, store_step_t step,
                            void *baton, apr_pool_t *p)
{
    apr_pool_t *scratch;
    store_status_t status = STORE_OK;
    bool lost = true;
    apr_pool_create(&scratch, p);
    for (int round = 0; round < STORE_CHANGE_ROUNDS && lost; round++) {
        lost = false;
        apr_pool_clear(scratch);
        status = change_once(store, in, key, step, baton, &lost, scratch);
    }
    apr_pool_destroy(scratch);
    return status;
}
