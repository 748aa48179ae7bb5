/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_LMDB_ENV_H
#define MPIN_STORE_LMDB_ENV_H

#include <lmdb.h>

#include "store/backend.h"

/* One LMDB environment of one process: its transactions, its quota, and what is said when it fails.
 * Made and used after fork only; LMDB forbids a process to open one twice. */
typedef struct lmdb_env_t lmdb_env_t;

typedef struct lmdb_env_settings_t {
    const char *dir;
    const char *name;    /* as the administrator reads it: "fleeting" */
    unsigned int flags;  /* MDB_NOSYNC, or 0 for a commit that is on disk */
    apr_size_t map;      /* bytes of address space; the file grows as it is needed */
    apr_off_t quota;     /* bytes of live pages for new records */
    apr_off_t coming_in; /* bytes above the quota, for new records of STORE_COMING_IN */
    apr_off_t reserve;   /* bytes above both, for changes of what is there */
    const log_sink_t *log;
} lmdb_env_settings_t;

#define LMDB_READERS 4096      /* fixed when the lock file is made */
#define LMDB_LOCK_BYTES 262272 /* what LMDB makes of that many: 192 + 4095 * 64 */

/* A key in LMDB: an area's letter, the caller's key and, for a log, 0 and a number. */
typedef struct lmdb_key_t {
    unsigned char bytes[1 + STORE_KEY_MAX + 9];
    apr_size_t len;
} lmdb_key_t;

store_status_t lmdb_env_open(lmdb_env_t **env, const lmdb_env_settings_t *settings, apr_pool_t *p,
                             const char **why);
void lmdb_env_close(lmdb_env_t *env);

/* True where the calling thread is inside one of these functions: it is a signal handler's
 * question. */
bool lmdb_env_busy(void);

/* A snapshot from the process's pool of reader slots; NULL (said in the log) when there is none to
 * be had. No lock, no system call once the slot exists. */
MDB_txn *lmdb_read_begin(lmdb_env_t *env);
void lmdb_read_end(lmdb_env_t *env, MDB_txn *txn);
MDB_dbi lmdb_dbi(const lmdb_env_t *env);

/* The value, valid until the snapshot or the transaction ends; len 0 where there is none. An LMDB
 * error or 0. */
int lmdb_find(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key, store_raw_t *raw);
int lmdb_store(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key, const store_raw_t *raw);
int lmdb_erase(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key);

/* The limit up to which a transaction may fill the environment, from narrow to wide. */
typedef enum { ROOM_QUOTA, ROOM_COMING_IN, ROOM_RESERVE, ROOM_ANY } lmdb_room_t;

/* What an editor that refuses makes of a transaction: STORE_CHANGED. Among LMDB's errors (below
 * -30000) and the system's (above 0) it is none. */
#define LMDB_REFUSED (-2)

/* Does its part of a write transaction and says how much room that may take; an LMDB error aborts.
 * It may be called twice: when dead readers held the room back. */
typedef int (*lmdb_work_t)(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room);

/* One write transaction; nothing is written unless STORE_OK. */
store_status_t lmdb_write(lmdb_env_t *env, lmdb_work_t work, void *baton);

/* Says what an LMDB error means, at most once a minute, and gives its status. */
store_status_t lmdb_status(lmdb_env_t *env, int rc);

/* A process with a larger map has made the file longer than this process's map, which can't grow while
 * others of its threads read: from then on it can't use the environment. */
bool lmdb_env_outgrown(const lmdb_env_t *env);

/* Frees the reader slots of processes that were killed: one of them can hold back all room. */
int lmdb_free_dead_readers(lmdb_env_t *env);

/* Writes the environment as it is at one moment, without what is unused, to a descriptor. */
store_status_t lmdb_env_copy(lmdb_env_t *env, int fd);

/* How full it is. */
store_status_t lmdb_env_fill(lmdb_env_t *env, store_fill_t *fill);

/* Live pages are more than three quarters of what new records may take. */
bool lmdb_crowded(lmdb_env_t *env, MDB_txn *txn);

/* The id of the newest transaction that a snapshot taken now sees. 60 instructions while nothing
 * changes. */
uint64_t lmdb_generation(lmdb_env_t *env);

#endif
