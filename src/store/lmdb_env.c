/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lmdb_env.h"

#include <apr_strings.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_MAX 256    /* snapshots kept for the next reader; more are made and given back */
#define OVER_QUOTA (-1) /* among LMDB's (below -30000) and the system's (above 0) */

struct lmdb_env_t {
    MDB_env *mdb;
    MDB_dbi dbi;
    lmdb_env_settings_t set;
    uint64_t seen; /* the newest transaction id that a snapshot of this process had */
    pthread_mutex_t lock;
    MDB_txn *idle[IDLE_MAX];
    int idle_count;
    apr_time_t said_quota, said_map, said_disk, said_readers, said_down;
    bool outgrown;
};

/* The depth of the calling thread inside: prefork's SIGTERM handler ends the child in the middle of
 * whatever its thread was doing. */
static __thread int depth;

bool lmdb_env_busy(void)
{
    return depth > 0;
}

MDB_dbi lmdb_dbi(const lmdb_env_t *env)
{
    return env->dbi;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int open_mdb(lmdb_env_t *env)
{
    MDB_txn *txn;
    int rc = mdb_env_create(&env->mdb);
    if (rc)
        return rc;
    if ((rc = mdb_env_set_mapsize(env->mdb, env->set.map)) ||
        (rc = mdb_env_set_maxreaders(env->mdb, LMDB_READERS)) ||
        (rc = mdb_env_open(env->mdb, env->set.dir, MDB_NOTLS | env->set.flags, 0600)) ||
        (rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn)))
        goto failed;
    rc = mdb_dbi_open(txn, NULL, 0, &env->dbi);
    env->seen = mdb_txn_id(txn);
    mdb_txn_abort(txn);
    if (rc == 0)
        return 0;
failed:
    mdb_env_close(env->mdb);
    return rc;
}

store_status_t lmdb_env_open(lmdb_env_t **opened, const lmdb_env_settings_t *settings,
                             apr_pool_t *p, const char **why)
{
    lmdb_env_t *env = calloc(1, sizeof(*env));
    int rc = ENOMEM;
    if (env) {
        env->set = *settings;
        /* A child that was killed while it made the lock file's head leaves one that looks broken
         * to those who were waiting for it; the first who comes when nobody has it open makes it
         * anew. */
        for (int tries = 0; (rc = open_mdb(env)) == MDB_INVALID && tries < 20; tries++)
            usleep(10000);
    }
    if (rc) {
        bool no_room = rc == ENOSPC || rc == EDQUOT || rc == EIO;
        *why = apr_psprintf(p, "the store's directory %s can't be opened: %s. %s", settings->dir,
                            mdb_strerror(rc),
                            no_room ? "Make room on its disk, or see to the disk"
                                    : "See that httpd's user owns its files; if they are damaged, "
                                      "restore them from a backup");
        free(env);
        return no_room ? STORE_FULL : STORE_DOWN;
    }
    env->set.dir = NULL; /* the caller's */
    pthread_mutex_init(&env->lock, NULL);
    lmdb_free_dead_readers(env);
    *opened = env;
    return STORE_OK;
}

void lmdb_env_close(lmdb_env_t *env)
{
    for (int i = 0; i < env->idle_count; i++)
        mdb_txn_abort(env->idle[i]);
    mdb_env_close(env->mdb);
    pthread_mutex_destroy(&env->lock);
    free(env);
}

int lmdb_free_dead_readers(lmdb_env_t *env)
{
    int dead = 0;
    depth++;
    mdb_reader_check(env->mdb, &dead);
    depth--;
    return dead;
}

store_status_t lmdb_env_copy(lmdb_env_t *env, int fd)
{
    depth++;
    const int rc = mdb_env_copyfd2(env->mdb, fd, MDB_CP_COMPACT);
    depth--;
    return lmdb_status(env, rc);
}

/* ---- what errors mean ------------------------------------------------------------------------ */

static store_status_t say_full(lmdb_env_t *env, int rc)
{
    if (rc == OVER_QUOTA && log_may_say(&env->said_quota))
        log_error(env->set.log, "MPIN0104",
                  "The %s part of the store has reached its share of MPinStoreSize: nothing new is "
                  "stored there. Raise MPinStoreSize, or find who fills it.",
                  env->set.name);
    else if (rc == MDB_MAP_FULL && log_may_say(&env->said_map))
        log_error(env->set.log, "MPIN0105",
                  "The map of the %s part of the store is full although its records are not: a "
                  "process holds an old snapshot. Look for a stopped httpd child and end it.",
                  env->set.name);
    else if (rc != OVER_QUOTA && rc != MDB_MAP_FULL && log_may_say(&env->said_disk))
        log_error(env->set.log, "MPIN0106",
                  "The %s part of the store can't be written: %s. Make room on its disk, or see "
                  "to the disk.",
                  env->set.name, mdb_strerror(rc));
    return STORE_FULL;
}

static store_status_t say_outgrown(lmdb_env_t *env)
{
    if (!__atomic_exchange_n(&env->outgrown, true, __ATOMIC_RELAXED))
        log_warn(env->set.log, "MPIN0975",
                 "The %s part of the store has grown beyond what process %d, which began with a "
                 "smaller MPinStoreSize, can see: it can't let anybody in any more. Nothing is to "
                 "be done for a child of before a reload; restart any other.",
                 env->set.name, (int)getpid());
    return STORE_DOWN;
}

bool lmdb_env_outgrown(const lmdb_env_t *env)
{
    return __atomic_load_n(&env->outgrown, __ATOMIC_RELAXED);
}

store_status_t lmdb_status(lmdb_env_t *env, int rc)
{
    switch (rc) {
    case 0:
        return STORE_OK;
    case MDB_NOTFOUND:
        return STORE_MISSING;
    case LMDB_REFUSED:
        return STORE_CHANGED;
    case OVER_QUOTA:
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
        return say_full(env, rc);
    case MDB_MAP_RESIZED:
        return say_outgrown(env);
    default:
        if (log_may_say(&env->said_down))
            log_error(env->set.log, "MPIN0107",
                      "The %s part of the store doesn't work: %s. See to its disk and files, then "
                      "restart httpd.",
                      env->set.name, mdb_strerror(rc));
        return STORE_DOWN;
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static MDB_txn *idle_take(lmdb_env_t *env)
{
    pthread_mutex_lock(&env->lock);
    MDB_txn *txn = env->idle_count ? env->idle[--env->idle_count] : NULL;
    pthread_mutex_unlock(&env->lock);
    return txn;
}

static bool idle_keep(lmdb_env_t *env, MDB_txn *txn)
{
    pthread_mutex_lock(&env->lock);
    bool kept = env->idle_count < IDLE_MAX;
    if (kept)
        env->idle[env->idle_count++] = txn;
    pthread_mutex_unlock(&env->lock);
    return kept;
}

static int read_new(lmdb_env_t *env, MDB_txn **txn)
{
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, txn);
    if (rc == MDB_READERS_FULL && lmdb_free_dead_readers(env) > 0)
        rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, txn);
    return rc;
}

MDB_txn *lmdb_read_begin(lmdb_env_t *env)
{
    depth++;
    MDB_txn *txn = idle_take(env);
    int rc = txn ? mdb_txn_renew(txn) : read_new(env, &txn);
    if (rc == 0)
        return txn;
    if (rc == MDB_READERS_FULL && log_may_say(&env->said_readers))
        log_error(env->set.log, "MPIN0108",
                  "All %d reader slots of the %s part of the store are taken: lower "
                  "MaxRequestWorkers.",
                  LMDB_READERS, env->set.name);
    else if (rc != MDB_READERS_FULL)
        lmdb_status(env, rc);
    depth--;
    return NULL;
}

void lmdb_read_end(lmdb_env_t *env, MDB_txn *txn)
{
    mdb_txn_reset(txn);
    if (!idle_keep(env, txn))
        mdb_txn_abort(txn);
    depth--;
}

static MDB_val key_val(const lmdb_key_t *key)
{
    return (MDB_val){.mv_size = key->len, .mv_data = (void *)key->bytes};
}

int lmdb_find(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key, store_raw_t *raw)
{
    MDB_val name = key_val(key), value;
    int rc = mdb_get(txn, dbi, &name, &value);
    *raw = rc ? (store_raw_t){NULL, 0} : (store_raw_t){value.mv_data, value.mv_size};
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int lmdb_store(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key, const store_raw_t *raw)
{
    MDB_val name = key_val(key);
    MDB_val value = {.mv_size = raw->len, .mv_data = (void *)raw->bytes};
    return mdb_put(txn, dbi, &name, &value, 0);
}

int lmdb_erase(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *key)
{
    MDB_val name = key_val(key);
    int rc = mdb_del(txn, dbi, &name, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* LMDB writes the meta page, which mdb_env_info reads, before it publishes the transaction to
 * readers; on a lasting environment a whole fsync lies between. A reader that took the number of
 * the meta page for what it has read would never read that transaction. So a new number counts only
 * once a snapshot has it. */
uint64_t lmdb_generation(lmdb_env_t *env)
{
    MDB_envinfo info;
    mdb_env_info(env->mdb, &info);
    uint64_t seen = __atomic_load_n(&env->seen, __ATOMIC_ACQUIRE);
    if (info.me_last_txnid == seen)
        return seen;
    MDB_txn *txn = lmdb_read_begin(env);
    if (!txn)
        return info.me_last_txnid; /* reading will fail as well, and nobody be let in */
    uint64_t now = mdb_txn_id(txn);
    lmdb_read_end(env, txn);
    while (seen < now && !__atomic_compare_exchange_n(&env->seen, &seen, now, false,
                                                      __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
        ;
    return now;
}

/* ---- writing --------------------------------------------------------------------------------- */

static apr_off_t live_bytes(const lmdb_env_t *env, MDB_txn *txn)
{
    MDB_stat stat;
    if (mdb_stat(txn, env->dbi, &stat))
        return 0;
    return (apr_off_t)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
           stat.ms_psize;
}

store_status_t lmdb_env_fill(lmdb_env_t *env, store_fill_t *fill)
{
    MDB_stat stat;
    MDB_txn *txn = lmdb_read_begin(env);
    if (!txn)
        return STORE_DOWN;
    const int rc = mdb_stat(txn, env->dbi, &stat);
    *fill = (store_fill_t){env->set.name, live_bytes(env, txn), env->set.quota,
                           rc ? 0 : stat.ms_entries};
    lmdb_read_end(env, txn);
    return lmdb_status(env, rc);
}

bool lmdb_crowded(lmdb_env_t *env, MDB_txn *txn)
{
    return live_bytes(env, txn) > env->set.quota / 4 * 3;
}

static int check_room(lmdb_env_t *env, MDB_txn *txn, lmdb_room_t room)
{
    const lmdb_env_settings_t *set = &env->set;
    const apr_off_t limit = set->quota + (room > ROOM_QUOTA ? set->coming_in : 0) +
                            (room == ROOM_RESERVE ? set->reserve : 0);
    return room != ROOM_ANY && live_bytes(env, txn) > limit ? OVER_QUOTA : 0;
}

static int write_once(lmdb_env_t *env, lmdb_work_t work, void *baton)
{
    MDB_txn *txn;
    lmdb_room_t room = ROOM_ANY;
    int rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);
    if (rc)
        return rc;
    rc = work(txn, env->dbi, baton, &room);
    if (rc == 0)
        rc = check_room(env, txn, room);
    if (rc == 0)
        return mdb_txn_commit(txn); /* free of cost where nothing was written */
    mdb_txn_abort(txn);
    return rc;
}

store_status_t lmdb_write(lmdb_env_t *env, lmdb_work_t work, void *baton)
{
    depth++;
    int rc = write_once(env, work, baton);
    if ((rc == MDB_MAP_FULL || rc > 0) && lmdb_free_dead_readers(env) > 0)
        rc = write_once(env, work, baton);
    store_status_t status = lmdb_status(env, rc);
    depth--;
    return status;
}
