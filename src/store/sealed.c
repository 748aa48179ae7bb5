/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sealed.h"

bool store_key_fits(store_t *store, const char *key)
{
    apr_size_t len = 0;
    while (len <= STORE_KEY_MAX && key[len] > ' ' && key[len] < 127)
        len++;
    if (len > 0 && len <= STORE_KEY_MAX && !key[len])
        return true;
    if (log_may_say(&store->said_unfit))
        log_error(store->log, "MPIN0101",
                  "A store key is empty, too long or not printable: this is a mistake in the "
                  "module, please report it.");
    return false;
}

bool store_record_fits(store_t *store, apr_size_t len)
{
    if (len <= STORE_RECORD_MAX)
        return true;
    if (log_may_say(&store->said_unfit))
        log_error(store->log, "MPIN0102",
                  "A store record of %lu bytes is too long (limit %d): this is a mistake in the "
                  "module, please report it.",
                  (unsigned long)len, STORE_RECORD_MAX);
    return false;
}

store_status_t store_edit(store_t *store, store_class_t in, const char *key, store_editor_t editor,
                          void *baton)
{
    const store_editing_t edit = {key, editor, baton};
    return store->backend->edit(store->state, in, &edit, 1);
}

store_status_t store_unseal(store_t *store, const record_name_t *name, const store_raw_t *raw,
                            unsigned char *data, apr_size_t *len, apr_time_t *expires)
{
    store_status_t status =
        record_open(store->sealer, name, apr_time_now(), raw, data, len, expires);
    if (status == STORE_DOWN && log_may_say(&store->said_unopened))
        log_error(store->log, "MPIN0103",
                  "A record in the store does not open: it was damaged, forged or sealed by a key "
                  "that is no longer in MPinKeyFile, or this machine's clock was set back. Nobody "
                  "is let in on its account. Restore the store and the key file from the same "
                  "backup.");
    return status;
}
