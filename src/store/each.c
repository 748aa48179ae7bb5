/* SPDX-License-Identifier: Apache-2.0 */
/* Records one after the other: no snapshot is held between two of them, so that a long walk keeps
 * nobody's room. */
#include "store/sealed.h"

store_status_t store_each(store_t *store, store_class_t in, const char *prefix, store_visit_t visit,
                          void *baton, apr_pool_t *p)
{
    char key[2][STORE_KEY_MAX + 1] = {"", ""};
    store_status_t status;
    apr_pool_t *scratch;
    bool more = true;
    int now = 0;
    if (!store_key_fits(store, prefix))
        return STORE_DOWN;
    apr_pool_create(&scratch, p);
    while ((status = store->backend->next(store->state, in, prefix, key[now], key[!now])) ==
               STORE_OK &&
           more) {
        store_record_t record = {0};
        now = !now;
        const store_status_t got = store_get(store, in, key[now], scratch, &record);
        if (got != STORE_MISSING)
            more = visit(baton, key[now], got, &record, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return status == STORE_MISSING ? STORE_OK : status;
}
