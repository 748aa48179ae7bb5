/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_LMDB_H
#define MPIN_STORE_LMDB_H

#include <pthread.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include "store/lmdb_env.h"

/* A store on LMDB is a directory:
 *   key                  the id of the key file that seals its records
 *   boot                 the kernel's boot_id for which fleeting/ is valid, and when that boot was
 *   fleeting/, lasting/  one environment each: fleeting writes never wait for a lasting fsync
 * The first byte of a key is its area. Behind records are written to the fleeting environment at
 * once (so that every process sees them, and a killed child loses none) and moved to the lasting
 * one in batches. */
#define AREA_BEHIND 'b' /* in both environments */
#define AREA_FLEETING 'f'
#define AREA_LOG 'g' /* lasting: name, 0, number; number 0 holds the newest number */
#define AREA_LASTING 'l'

typedef struct lmdb_t {
    struct lmdb_t *next; /* the process's open stores */
    pid_t pid;
    dev_t dev;
    ino_t ino;
    int users;
    lmdb_env_t *fleeting;
    lmdb_env_t *lasting;
    apr_time_t booted;
    const log_sink_t *log;
    int lease; /* descriptor of lasting/, whose flock says which process maintains the store */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    apr_time_t said_unmoved;
} lmdb_t;

/* lmdb_place.c: the directory. */
#define LMDB_SCHEME "lmdb:"
const char *lmdb_directory(const char *url);
const char *lmdb_refuses(const char *url, apr_pool_t *p);
/* Of the directory or its nearest parent that exists; false where nothing can be seen. */
bool lmdb_filesystem(const char *dir, struct statfs *fs, apr_pool_t *p);
bool lmdb_exists(const char *url, apr_pool_t *p);
store_status_t lmdb_prepare(const store_settings_t *settings, apr_pool_t *p, const char **why);
/* When the machine booted; false where lmdb_prepare has not run since. */
bool lmdb_boot_time(const char *dir, apr_pool_t *p, apr_time_t *booted);

/* lmdb_map.c: address space for a part in this directory. */
apr_size_t lmdb_map_bytes(const char *dir, apr_off_t quota, apr_pool_t *p);

/* What of MPinStoreSize is the fleeting part's (store.h). */
apr_off_t lmdb_fleeting_part(apr_off_t size);
const char *lmdb_refuses_size(const char *url, apr_off_t quota, apr_pool_t *p);

/* lmdb_upkeep.c: the maintenance thread. It moves, sweeps and frees dead readers while this process
 * has the lease; stopping it moves what is left. */
bool lmdb_upkeep_start(lmdb_t *lmdb);
void lmdb_upkeep_stop(lmdb_t *lmdb);

/* lmdb_behind.c: behind records. */
int lmdb_behind_find(lmdb_t *lmdb, MDB_txn *fleeting, const lmdb_key_t *key, MDB_txn **lasting,
                     store_raw_t *raw);
int lmdb_behind_stage(MDB_txn *fleeting, MDB_dbi dbi, const lmdb_key_t *key,
                      const store_raw_t *raw);
store_status_t lmdb_behind_move(lmdb_t *lmdb, bool *more);

/* lmdb_rewrite.c: values written anew where they are. */
store_status_t lmdb_rewrite(void *state, const store_rewriter_t *rewriter);

/* lmdb_compact.c: the files without what is unused. */
store_status_t lmdb_compact(const store_settings_t *settings, store_compacted_t *sizes,
                            apr_pool_t *p, const char **why);

/* lmdb_copy.c: all that lasts, out of a store and into a new one. */
store_status_t lmdb_fill(void *state, store_fill_t fill[STORE_PARTS]);
store_status_t lmdb_copy(void *state, int fd);
store_status_t lmdb_load(const store_settings_t *settings, const store_source_t *source,
                         apr_pool_t *p, const char **why);

#endif
