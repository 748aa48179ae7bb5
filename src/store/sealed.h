/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_SEALED_H
#define MPIN_STORE_SEALED_H

#include "store/backend.h"
#include "store/record.h"

/* A backend with the sealing in front of it: all that data, sets, counters and logs share. */
struct store_t {
    const store_backend_t *backend;
    void *state;
    sealer_t *sealer;
    const log_sink_t *log;
    apr_time_t said_unopened;
    apr_time_t said_unfit;
};

/* `key` has 1..STORE_KEY_MAX printable characters; otherwise the program is wrong, and says so. */
bool store_key_fits(store_t *store, const char *key);

/* `len` fits (at most STORE_RECORD_MAX); otherwise as above. */
bool store_record_fits(store_t *store, apr_size_t len);

/* One edit alone. */
store_status_t store_edit(store_t *store, store_class_t in, const char *key, store_editor_t editor,
                          void *baton);

/* record_open, with a log line for what does not open. */
store_status_t store_unseal(store_t *store, const record_name_t *name, const store_raw_t *raw,
                            unsigned char *data, apr_size_t *len, apr_time_t *expires);

#endif
