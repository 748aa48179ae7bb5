/* SPDX-License-Identifier: Apache-2.0 */
/* Every value that is to be written anew, a few in a transaction, so that nobody waits long. */
#include "store/lmdb.h"

#include <stdlib.h>
#include <string.h>

#include "store/record.h"

#define STEP_LOOKED 2048 /* values, from a snapshot: no lock is held */
#define STEP_WRITTEN 128 /* of them, in one write transaction */

typedef struct rewriting_t {
    lmdb_env_t *env;
    const store_rewriter_t *rewriter;
    lmdb_key_t at; /* the last key that was looked at; len 0: none yet */
    int found;
    lmdb_key_t key[STEP_WRITTEN];
} rewriting_t;

/* Behind records are the lasting part's, once they are moved. */
static bool is_kept_here(const MDB_val *name, bool fleeting)
{
    const unsigned char area = *(const unsigned char *)name->mv_data;
    return (area == AREA_FLEETING) == fleeting && name->mv_size <= sizeof(((lmdb_key_t *)0)->bytes);
}

static void remember_key(lmdb_key_t *key, const MDB_val *name)
{
    key->len = name->mv_size;
    memcpy(key->bytes, name->mv_data, key->len);
}

/* False at the end. */
static bool look_on(rewriting_t *rewriting, MDB_cursor *cursor, bool fleeting)
{
    MDB_val name = {.mv_size = rewriting->at.len, .mv_data = rewriting->at.bytes}, value;
    int rc = mdb_cursor_get(cursor, &name, &value, name.mv_size ? MDB_SET_RANGE : MDB_FIRST);
    rewriting->found = 0;
    for (int looked = 0; rc == 0 && looked < STEP_LOOKED; looked++) {
        const store_raw_t raw = {value.mv_data, value.mv_size};
        if (rewriting->found == STEP_WRITTEN)
            break;
        if (is_kept_here(&name, fleeting) &&
            rewriting->rewriter->wants(rewriting->rewriter->baton, &raw))
            remember_key(&rewriting->key[rewriting->found++], &name);
        rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    if (rc == 0 && name.mv_size <= sizeof(rewriting->at.bytes))
        remember_key(&rewriting->at, &name);
    return rc == 0;
}

/* An area's letter and a key; a log's name ends with 0 and a number. */
static bool place_of_key(const lmdb_key_t *key, char text[STORE_KEY_MAX + 1], store_place_t *place)
{
    const unsigned char area = *key->bytes;
    apr_size_t len = key->len - 1;
    *place = (store_place_t){.in = area == AREA_FLEETING ? STORE_FLEETING
                                   : area == AREA_BEHIND ? STORE_BEHIND
                                                         : STORE_LASTING,
                             .key = text};
    if (area == AREA_LOG) {
        if (len < 9)
            return false;
        len -= 9;
        place->sequence = record_get64(key->bytes + 1 + len + 1);
    }
    if (len > STORE_KEY_MAX || (area == AREA_LOG && !place->sequence))
        return false;
    memcpy(text, key->bytes + 1, len);
    text[len] = '\0';
    return true;
}

static int rewrite_found(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    const rewriting_t *rewriting = baton;
    const store_rewriter_t *rewriter = rewriting->rewriter;
    char text[STORE_KEY_MAX + 1];
    store_place_t place;
    store_raw_t old, fresh;
    int rc = 0;
    *room = ROOM_RESERVE;
    for (int i = 0; i < rewriting->found && rc == 0; i++) {
        const lmdb_key_t *key = &rewriting->key[i];
        rc = lmdb_find(txn, dbi, key, &old);
        if (rc == 0 && old.len && rewriter->wants(rewriter->baton, &old) &&
            place_of_key(key, text, &place) &&
            rewriter->write(rewriter->baton, &place, &old, &fresh))
            rc = lmdb_store(txn, dbi, key, &fresh);
    }
    return rc;
}

static store_status_t rewrite_env(rewriting_t *rewriting, lmdb_env_t *env, bool fleeting)
{
    rewriting->env = env;
    rewriting->at.len = 0;
    for (bool more = true; more;) {
        MDB_cursor *cursor;
        MDB_txn *txn = lmdb_read_begin(env);
        if (!txn)
            return STORE_DOWN;
        const int rc = mdb_cursor_open(txn, lmdb_dbi(env), &cursor);
        more = rc == 0 && look_on(rewriting, cursor, fleeting);
        if (rc == 0)
            mdb_cursor_close(cursor);
        lmdb_read_end(env, txn);
        store_status_t status = lmdb_status(env, rc);
        if (status == STORE_OK && rewriting->found)
            status = lmdb_write(env, rewrite_found, rewriting);
        if (status != STORE_OK)
            return status;
    }
    return STORE_OK;
}

store_status_t lmdb_rewrite(void *state, const store_rewriter_t *rewriter)
{
    lmdb_t *lmdb = state;
    bool more = true;
    store_status_t status = STORE_OK;
    rewriting_t *rewriting = calloc(1, sizeof(*rewriting));
    if (!rewriting)
        return STORE_DOWN;
    rewriting->rewriter = rewriter;
    while (status == STORE_OK && more)
        status = lmdb_behind_move(lmdb, &more);
    if (status == STORE_OK)
        status = rewrite_env(rewriting, lmdb->lasting, false);
    if (status == STORE_OK)
        status = rewrite_env(rewriting, lmdb->fleeting, true);
    free(rewriting);
    return status;
}
