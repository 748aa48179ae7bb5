/* SPDX-License-Identifier: Apache-2.0 */
/* Behind records on LMDB: staged beside the fleeting ones, moved to the lasting ones later. */
#include "store/lmdb.h"

#include <stdlib.h>
#include <string.h>
#include "store/record.h"

/* A behind record on its way lies in the fleeting environment as  raw | ticket 8;  raw is empty for
 * one that was erased. The ticket is the id of the transaction that wrote it, so that what has been
 * moved is dropped only if nobody has written it anew meanwhile. Readers look there first and then
 * in the lasting environment. */
#define TICKET 8
#define MOVE_MAX 256 /* records in one lasting transaction */

static bool staged(const store_raw_t *value, store_raw_t *raw)
{
    if (value->len < TICKET)
        return false;
    *raw = (store_raw_t){value->bytes, value->len - TICKET};
    return true;
}

int lmdb_behind_find(lmdb_t *lmdb, MDB_txn *fleeting, const lmdb_key_t *key, MDB_txn **lasting,
                     store_raw_t *raw)
{
    store_raw_t value;
    int rc = lmdb_find(fleeting, lmdb_dbi(lmdb->fleeting), key, &value);
    *lasting = NULL;
    if (rc || staged(&value, raw))
        return rc;
    /* Begun after the fleeting snapshot: what was moved before that one is in this one. */
    *lasting = lmdb_read_begin(lmdb->lasting);
    return *lasting ? lmdb_find(*lasting, lmdb_dbi(lmdb->lasting), key, raw) : MDB_READERS_FULL;
}

int lmdb_behind_stage(MDB_txn *fleeting, MDB_dbi dbi, const lmdb_key_t *key, const store_raw_t *raw)
{
    MDB_val name = {.mv_size = key->len, .mv_data = (void *)key->bytes};
    MDB_val value = {.mv_size = raw->len + TICKET};
    int rc = mdb_put(fleeting, dbi, &name, &value, MDB_RESERVE);
    if (rc)
        return rc;
    unsigned char *to = value.mv_data;
    if (raw->len)
        memcpy(to, raw->bytes, raw->len);
    record_put64(to + raw->len, mdb_txn_id(fleeting));
    return 0;
}

/* ---- moving ---------------------------------------------------------------------------------- */

typedef struct moved_t {
    lmdb_key_t key;
    unsigned char ticket[TICKET];
} moved_t;

typedef struct move_t {
    lmdb_t *lmdb;
    int count;
    moved_t moved[MOVE_MAX];
} move_t;

static int move_one(MDB_txn *lasting, MDB_dbi dbi, move_t *move, const MDB_val *name,
                    const MDB_val *staged_value)
{
    moved_t *moved = &move->moved[move->count];
    store_raw_t value = {staged_value->mv_data, staged_value->mv_size}, raw;
    if (name->mv_size > sizeof(moved->key.bytes) || !staged(&value, &raw))
        return 0; /* nothing of ours */
    memcpy(moved->key.bytes, name->mv_data, name->mv_size);
    moved->key.len = name->mv_size;
    memcpy(moved->ticket, raw.bytes + raw.len, TICKET);
    move->count++;
    return raw.len ? lmdb_store(lasting, dbi, &moved->key, &raw)
                   : lmdb_erase(lasting, dbi, &moved->key);
}

/* Reads what is staged only now that it holds the lasting lock: another process that moves at the
 * same time has finished, so that nothing older is written over something newer. */
static int copy_staged(MDB_txn *lasting, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    move_t *move = baton;
    unsigned char area = AREA_BEHIND;
    MDB_val name = {.mv_size = 1, .mv_data = &area}, value;
    MDB_cursor *cursor;
    MDB_txn *fleeting = lmdb_read_begin(move->lmdb->fleeting);
    if (!fleeting)
        return MDB_READERS_FULL;
    *room = ROOM_RESERVE;
    move->count = 0;
    int rc = mdb_cursor_open(fleeting, lmdb_dbi(move->lmdb->fleeting), &cursor);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
        while (rc == 0 && *(unsigned char *)name.mv_data == area && move->count < MOVE_MAX) {
            rc = move_one(lasting, dbi, move, &name, &value);
            if (rc == 0)
                rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
        }
        mdb_cursor_close(cursor);
    }
    lmdb_read_end(move->lmdb->fleeting, fleeting);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int drop_moved(MDB_txn *fleeting, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    const move_t *move = baton;
    int rc = 0;
    *room = ROOM_ANY;
    for (int i = 0; i < move->count && rc == 0; i++) {
        const moved_t *moved = &move->moved[i];
        store_raw_t value, raw;
        rc = lmdb_find(fleeting, dbi, &moved->key, &value);
        if (rc == 0 && staged(&value, &raw) &&
            memcmp(raw.bytes + raw.len, moved->ticket, TICKET) == 0)
            rc = lmdb_erase(fleeting, dbi, &moved->key);
    }
    return rc;
}

static bool any_staged(lmdb_t *lmdb)
{
    unsigned char area = AREA_BEHIND;
    MDB_val name = {.mv_size = 1, .mv_data = &area}, value;
    MDB_cursor *cursor;
    bool any = false;
    MDB_txn *txn = lmdb_read_begin(lmdb->fleeting);
    if (!txn)
        return false;
    if (mdb_cursor_open(txn, lmdb_dbi(lmdb->fleeting), &cursor) == 0) {
        any = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE) == 0 &&
              *(unsigned char *)name.mv_data == area;
        mdb_cursor_close(cursor);
    }
    lmdb_read_end(lmdb->fleeting, txn);
    return any;
}

store_status_t lmdb_behind_move(lmdb_t *lmdb, bool *more)
{
    *more = false;
    if (!any_staged(lmdb))
        return STORE_OK;
    move_t *move = calloc(1, sizeof(*move));
    if (!move)
        return STORE_DOWN;
    move->lmdb = lmdb;
    store_status_t status = lmdb_write(lmdb->lasting, copy_staged, move);
    if (status == STORE_OK)
        status = lmdb_write(lmdb->fleeting, drop_moved, move);
    if (status && log_may_say(&lmdb->said_unmoved))
        log_warn(lmdb->log, "MPIN0109",
                 "Session lists and the like can't be moved to the lasting part of the store; they "
                 "wait in the fleeting one. The error before this line says why.");
    *more = status == STORE_OK && move->count == MOVE_MAX;
    free(move);
    return status;
}
