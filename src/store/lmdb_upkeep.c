/* SPDX-License-Identifier: Apache-2.0 */
/* The maintenance thread of a store on LMDB. */
#include "store/lmdb.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include "store/record.h"

#define STEP_LOOK 2048   /* records looked at in one step, from a snapshot: no lock is held */
#define STEP_ERASE 256   /* of them erased, in one write transaction */
#define STEP_PAYS 64     /* a step that finds so many is followed by another one at once */
#define STEPS_CROWDED 16 /* idle steps of one turn while little room is left */

/* ---- sweeping -------------------------------------------------------------------------------- */

/* A walk through one environment. There is no index by expiry: it would double the cost of every
 * write to save a walk of a microsecond for ten records. */
typedef struct walk_t {
    lmdb_env_t *env;
    unsigned char first; /* area to begin with; staged behind records are not the sweeper's */
    lmdb_key_t at;       /* where the next step goes on; len 0 = at the beginning */
    apr_time_t now;
    int found;
    lmdb_key_t expired[STEP_ERASE];
} walk_t;

static void walk_remember(lmdb_key_t *key, const MDB_val *name)
{
    key->len = name->mv_size <= sizeof(key->bytes) ? name->mv_size : sizeof(key->bytes);
    memcpy(key->bytes, name->mv_data, key->len);
}

static void walk_look(walk_t *walk, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val name = {.mv_size = 1, .mv_data = &walk->first}, value;
    if (walk->at.len)
        name = (MDB_val){.mv_size = walk->at.len, .mv_data = walk->at.bytes};
    walk->found = 0;
    if (mdb_cursor_open(txn, lmdb_dbi(walk->env), &cursor))
        return;
    int rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    for (int looked = 0; rc == 0 && looked < STEP_LOOK && walk->found < STEP_ERASE; looked++) {
        store_raw_t raw = {value.mv_data, value.mv_size};
        if (!record_live(&raw, walk->now) && name.mv_size <= sizeof(walk->at.bytes))
            walk_remember(&walk->expired[walk->found++], &name);
        rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    if (rc)
        walk->at.len = 0;
    else
        walk_remember(&walk->at, &name);
    mdb_cursor_close(cursor);
}

static int erase_expired(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    const walk_t *walk = baton;
    int rc = 0;
    *room = ROOM_ANY;
    for (int i = 0; i < walk->found && rc == 0; i++) {
        store_raw_t raw;
        rc = lmdb_find(txn, dbi, &walk->expired[i], &raw);
        if (rc == 0 && raw.len && !record_live(&raw, walk->now)) /* not written anew meanwhile */
            rc = lmdb_erase(txn, dbi, &walk->expired[i]);
    }
    return rc;
}

/* One step; false when the walk is to rest. */
static bool upkeep_step(walk_t *walk, int *idle)
{
    MDB_txn *txn = lmdb_read_begin(walk->env);
    if (!txn)
        return false;
    walk->now = apr_time_now();
    walk_look(walk, txn);
    int allowed = lmdb_crowded(walk->env, txn) ? STEPS_CROWDED : 1;
    lmdb_read_end(walk->env, txn);
    if (walk->found && lmdb_write(walk->env, erase_expired, walk))
        return false;
    if (walk->found < STEP_PAYS)
        ++*idle;
    return walk->at.len && *idle < allowed;
}

/* One turn: a step, and more of them while they pay or while room is short. */
static void sweep(lmdb_t *lmdb, walk_t *walk)
{
    int idle = 0;
    while (upkeep_step(walk, &idle) && !__atomic_load_n(&lmdb->stopping, __ATOMIC_RELAXED))
        ;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void free_dead_readers(lmdb_t *lmdb)
{
    int dead = lmdb_free_dead_readers(lmdb->fleeting) + lmdb_free_dead_readers(lmdb->lasting);
    if (dead)
        log_info(lmdb->log, "MPIN0110", "%d reader slots of killed processes were freed.", dead);
}

static void move_behind(lmdb_t *lmdb)
{
    for (bool more = true; more;)
        if (lmdb_behind_move(lmdb, &more))
            return;
}

/* Sleeps a second; false when it is time to stop. */
static bool upkeep_rest(lmdb_t *lmdb)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&lmdb->lock);
    while (!lmdb->stopping && pthread_cond_timedwait(&lmdb->wake, &lmdb->lock, &until) != ETIMEDOUT)
        ;
    bool stopping = lmdb->stopping;
    pthread_mutex_unlock(&lmdb->lock);
    return !stopping;
}

static void *upkeep(void *baton)
{
    lmdb_t *lmdb = baton;
    walk_t fleeting = {.env = lmdb->fleeting, .first = AREA_FLEETING};
    walk_t lasting = {.env = lmdb->lasting, .first = AREA_BEHIND};
    while (upkeep_rest(lmdb)) {
        if (flock(lmdb->lease, LOCK_EX | LOCK_NB)) /* another process has it, to its end */
            continue;
        if (lmdb_env_outgrown(lmdb->fleeting) || lmdb_env_outgrown(lmdb->lasting)) {
            flock(lmdb->lease, LOCK_UN); /* for one that can do it */
            continue;
        }
        free_dead_readers(lmdb);
        move_behind(lmdb);
        sweep(lmdb, &fleeting);
        sweep(lmdb, &lasting);
    }
    move_behind(lmdb);
    return NULL;
}

bool lmdb_upkeep_start(lmdb_t *lmdb)
{
    pthread_condattr_t monotonic;
    sigset_t all, before;
    pthread_mutex_init(&lmdb->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lmdb->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    /* httpd's signals are for its own threads: prefork's handler ends the process in the thread it
     * hits. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&lmdb->thread, NULL, upkeep, lmdb);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0;
}

void lmdb_upkeep_stop(lmdb_t *lmdb)
{
    pthread_mutex_lock(&lmdb->lock);
    __atomic_store_n(&lmdb->stopping, true, __ATOMIC_RELAXED);
    pthread_cond_signal(&lmdb->wake);
    pthread_mutex_unlock(&lmdb->lock);
    pthread_join(lmdb->thread, NULL);
    pthread_cond_destroy(&lmdb->wake);
    pthread_mutex_destroy(&lmdb->lock);
}
