/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_ROOTS_H
#define MPIN_STORE_ROOTS_H

#include "store/store.h"

/* Which root keys the server that works with a store has loaded, and a store whose records let go of
 * one. */
#define STORE_ROOTS_MAX 16

/* In each child that opens the store: the root keys of its key file, which its parent has `read` then, the
 * one that seals last. Nothing where it stands there or
 * a child of a later reading has written; where it can't, mpinctl keys says so. */
void roots_note(store_t *store, const keys_t *keys, apr_time_t read, apr_pool_t *p);

/* Has the server that started last loaded root key `number`? And does that one seal there? False, too,
 * where no server has worked with this store. */
typedef struct roots_loaded_t {
    bool known, seals;
} roots_loaded_t;
store_status_t roots_loaded(store_t *store, unsigned char number, roots_loaded_t *loaded,
                            apr_pool_t *p);

/* Seals all that root key `number` has sealed by the one that seals now, beside whoever works with the
 * store. `*wrong` do not open: they are as they were. */
store_status_t roots_reseal(store_t *store, unsigned char number, uint64_t *done, uint64_t *wrong);

#endif
