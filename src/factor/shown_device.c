/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/shown_device.h"

#include "store/key.h"

static const char *shown_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("shown", handle, HANDLE_BYTES, p);
}

store_status_t device_is_shown(factors_t *factors, const device_t *device, bool *shown,
                               apr_pool_t *p)
{
    store_record_t record;
    uint32_t since;
    store_status_t status = factors_ever(factors, device->uid, &since, p);
    *shown = status == STORE_OK && (!since || device->made < since);
    if (status != STORE_OK || *shown)
        return status;
    status =
        store_get(factors_store(factors), STORE_LASTING, shown_key(device->handle, p), p, &record);
    *shown = status == STORE_OK;
    return status == STORE_MISSING ? STORE_OK : status;
}

store_status_t device_show(factors_t *factors, const unsigned char handle[HANDLE_BYTES],
                           apr_pool_t *p)
{
    return store_put(factors_store(factors), STORE_LASTING, shown_key(handle, p), "", 0, 0);
}

store_status_t device_unshow(store_t *store, const unsigned char handle[HANDLE_BYTES],
                             apr_pool_t *p)
{
    return store_delete(store, STORE_LASTING, shown_key(handle, p));
}
