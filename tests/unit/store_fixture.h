/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "keys/keys.h"
#include "store/store.h"

/* A store for a test, in a directory of its own that goes with the pool. */
typedef struct store_fixture_t {
    apr_pool_t *home; /* what it was made in */
    apr_pool_t *p;    /* while it is open; fixture_close ends it */
    const char *dir;
    keys_t *keys;
    store_settings_t settings;
    store_t *store;
} store_fixture_t;

/* A directory below TMPDIR (/tmp), removed with the pool by the process that made it. */
const char *fixture_dir(apr_pool_t *p);

/* Fresh keys in `dir`/keys/`name`. */
keys_t *fixture_keys(apr_pool_t *p, const char *dir, const char *name);

/* Made, prepared, and not yet open: lmdb:DIR/store of 64 MB, logging into memory. */
store_fixture_t *fixture_make(apr_pool_t *p);

/* Opens the store of a fixture, in a pool of its own; forked children do so for themselves. */
store_t *fixture_open(store_fixture_t *fixture);
void fixture_close(store_fixture_t *fixture);

/* fixture_make and fixture_open. */
store_fixture_t *fixture_store(apr_pool_t *p);

/* How often the log has had a line of this id ("MPIN0104") in this process. */
int fixture_logged(const char *id);

#endif
