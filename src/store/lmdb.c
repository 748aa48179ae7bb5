/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lmdb.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/path.h"
#include "store/record.h"

_Static_assert(sizeof(apr_size_t) == 8, "LMDB's map needs 64 bits of address");

/* ---- keys ------------------------------------------------------------------------------------ */

static void key_set(lmdb_key_t *key, unsigned char area, const char *text)
{
    apr_size_t len = strlen(text);
    key->bytes[0] = area;
    memcpy(key->bytes + 1, text, len);
    key->len = 1 + len;
}

static void key_set_entry(lmdb_key_t *key, const char *log, uint64_t sequence)
{
    key_set(key, AREA_LOG, log);
    key->bytes[key->len] = 0;
    record_put64(key->bytes + key->len + 1, sequence);
    key->len += 9;
}

/* ---- view ------------------------------------------------------------------------------------ */

static store_status_t show_value(lmdb_env_t *env, int rc, const store_raw_t *raw,
                                 store_viewer_t viewer, void *baton)
{
    if (rc)
        return lmdb_status(env, rc);
    if (raw->len == 0)
        return STORE_MISSING;
    viewer(baton, raw);
    return STORE_OK;
}

static store_status_t view_in(lmdb_env_t *env, const lmdb_key_t *key, store_viewer_t viewer,
                              void *baton)
{
    store_raw_t raw;
    MDB_txn *txn = lmdb_read_begin(env);
    if (!txn)
        return STORE_DOWN;
    int rc = lmdb_find(txn, lmdb_dbi(env), key, &raw);
    store_status_t status = show_value(env, rc, &raw, viewer, baton);
    lmdb_read_end(env, txn);
    return status;
}

static store_status_t view_behind(lmdb_t *lmdb, const lmdb_key_t *key, store_viewer_t viewer,
                                  void *baton)
{
    store_raw_t raw;
    MDB_txn *lasting, *fleeting = lmdb_read_begin(lmdb->fleeting);
    if (!fleeting)
        return STORE_DOWN;
    int rc = lmdb_behind_find(lmdb, fleeting, key, &lasting, &raw);
    store_status_t status = show_value(lmdb->fleeting, rc, &raw, viewer, baton);
    if (lasting)
        lmdb_read_end(lmdb->lasting, lasting);
    lmdb_read_end(lmdb->fleeting, fleeting);
    return status;
}

static store_status_t lmdb_view(void *state, store_class_t in, const char *text,
                                store_viewer_t viewer, void *baton)
{
    lmdb_t *lmdb = state;
    lmdb_key_t key;
    switch (in) {
    case STORE_FLEETING:
    case STORE_COMING_IN:
        key_set(&key, AREA_FLEETING, text);
        return view_in(lmdb->fleeting, &key, viewer, baton);
    case STORE_LASTING:
        key_set(&key, AREA_LASTING, text);
        return view_in(lmdb->lasting, &key, viewer, baton);
    case STORE_BEHIND:
        break;
    }
    key_set(&key, AREA_BEHIND, text);
    return view_behind(lmdb, &key, viewer, baton);
}

/* ---- edit ------------------------------------------------------------------------------------ */

/* Those that are made together. */
typedef struct edits_t {
    lmdb_t *lmdb;
    const store_editing_t *edits;
    int count;
    unsigned char area;
    lmdb_room_t fresh; /* of a new record */
} edits_t;

typedef int (*edit_one_t)(MDB_txn *txn, MDB_dbi dbi, const edits_t *all, const store_editing_t *one,
                          lmdb_room_t *room);

static int edit_here(MDB_txn *txn, MDB_dbi dbi, const edits_t *all, const store_editing_t *one,
                     lmdb_room_t *room)
{
    lmdb_key_t key;
    store_raw_t old, fresh;
    key_set(&key, all->area, one->key);
    int rc = lmdb_find(txn, dbi, &key, &old);
    if (rc)
        return rc;
    const bool there = old.len > 0;
    switch (one->editor(one->baton, &old, &fresh)) {
    case EDIT_WRITE:
        *room = there ? ROOM_RESERVE : all->fresh;
        return lmdb_store(txn, dbi, &key, &fresh);
    case EDIT_ERASE:
        return lmdb_erase(txn, dbi, &key);
    case EDIT_REFUSE:
        return LMDB_REFUSED;
    case EDIT_KEEP:
        break;
    }
    return 0;
}

static int edit_behind(MDB_txn *txn, MDB_dbi dbi, const edits_t *all, const store_editing_t *one,
                       lmdb_room_t *room)
{
    lmdb_key_t key;
    store_raw_t old, fresh = {NULL, 0};
    MDB_txn *lasting;
    key_set(&key, all->area, one->key);
    int rc = lmdb_behind_find(all->lmdb, txn, &key, &lasting, &old);
    store_edit_t what = rc ? EDIT_KEEP : one->editor(one->baton, &old, &fresh);
    if (lasting)
        lmdb_read_end(all->lmdb->lasting, lasting);
    if (rc || what == EDIT_KEEP)
        return rc;
    if (what == EDIT_REFUSE)
        return LMDB_REFUSED;
    if (what == EDIT_WRITE)
        *room = ROOM_RESERVE;
    /* An erasure leaves a mark, to be moved as well. */
    return lmdb_behind_stage(txn, dbi, &key, what == EDIT_WRITE ? &fresh : &(store_raw_t){NULL, 0});
}

/* The narrowest room that one of them may take is the room of all. */
static int edit_all(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    const edits_t *all = baton;
    const edit_one_t edit_one = all->area == AREA_BEHIND ? edit_behind : edit_here;
    *room = ROOM_ANY;
    for (int i = 0; i < all->count; i++) {
        lmdb_room_t takes = ROOM_ANY;
        int rc = edit_one(txn, dbi, all, &all->edits[i], &takes);
        if (rc)
            return rc;
        if (takes < *room)
            *room = takes;
    }
    return 0;
}

static store_status_t lmdb_edit(void *state, store_class_t in, const store_editing_t *edits,
                                int count)
{
    lmdb_t *lmdb = state;
    edits_t all = {lmdb, edits, count, AREA_FLEETING, ROOM_QUOTA};
    switch (in) {
    case STORE_COMING_IN:
        all.fresh = ROOM_COMING_IN;
        break;
    case STORE_LASTING:
        all.area = AREA_LASTING;
        return lmdb_write(lmdb->lasting, edit_all, &all);
    case STORE_BEHIND:
        all.area = AREA_BEHIND;
        break;
    case STORE_FLEETING:
        break;
    }
    return lmdb_write(lmdb->fleeting, edit_all, &all);
}

/* ---- the next key ---------------------------------------------------------------------------- */

/* Areas that keys are walked in; behind records lie in two environments. */
static unsigned char area_of(store_class_t in)
{
    return in == STORE_LASTING ? AREA_LASTING : AREA_FLEETING;
}

/* From that key on, or behind it where it has been seen (`after`). */
static int seek_key(MDB_txn *txn, MDB_dbi dbi, const lmdb_key_t *from, const char *after,
                    MDB_val *found)
{
    MDB_cursor *cursor;
    MDB_val value;
    int rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc)
        return rc;
    *found = (MDB_val){.mv_size = from->len, .mv_data = (void *)from->bytes};
    rc = mdb_cursor_get(cursor, found, &value, MDB_SET_RANGE);
    if (rc == 0 && *after && found->mv_size == from->len &&
        !memcmp(found->mv_data, from->bytes, from->len))
        rc = mdb_cursor_get(cursor, found, &value, MDB_NEXT);
    mdb_cursor_close(cursor);
    return rc;
}

static store_status_t lmdb_next(void *state, store_class_t in, const char *prefix,
                                const char *after, char *key)
{
    lmdb_t *lmdb = state;
    lmdb_env_t *env = in == STORE_LASTING ? lmdb->lasting : lmdb->fleeting;
    lmdb_key_t from, first;
    MDB_val found;
    MDB_txn *txn = lmdb_read_begin(env);
    if (!txn)
        return STORE_DOWN;
    key_set(&first, area_of(in), prefix);
    key_set(&from, area_of(in), *after ? after : prefix);
    int rc = seek_key(txn, lmdb_dbi(env), &from, after, &found);
    const bool fits = rc == 0 && found.mv_size >= first.len && found.mv_size <= STORE_KEY_MAX + 1 &&
                      !memcmp(found.mv_data, first.bytes, first.len);
    if (fits)
        apr_cpystrn(key, (const char *)found.mv_data + 1, found.mv_size);
    lmdb_read_end(env, txn);
    if (rc && rc != MDB_NOTFOUND)
        return lmdb_status(env, rc);
    return fits ? STORE_OK : STORE_MISSING;
}

/* ---- logs ------------------------------------------------------------------------------------ */

typedef struct lmdb_append_t {
    const char *log;
    store_log_writer_t writer;
    void *baton;
    uint64_t sequence;
} lmdb_append_t;

/* The newest number is kept apart, because it must not fall when the newest entry is swept. */
static int newest_entry(MDB_txn *txn, MDB_dbi dbi, const char *log, uint64_t *sequence)
{
    lmdb_key_t key;
    store_raw_t raw;
    int64_t number = 0;
    key_set_entry(&key, log, 0);
    int rc = lmdb_find(txn, dbi, &key, &raw);
    if (rc == 0 && raw.len && !record_count_read(&raw, &number))
        rc = MDB_CORRUPTED;
    *sequence = (uint64_t)number;
    return rc;
}

static int append_entry(MDB_txn *txn, MDB_dbi dbi, void *baton, lmdb_room_t *room)
{
    lmdb_append_t *append = baton;
    unsigned char number[RECORD_COUNT_BYTES];
    lmdb_key_t key;
    store_raw_t fresh;
    int rc = newest_entry(txn, dbi, append->log, &append->sequence);
    if (rc)
        return rc;
    append->sequence++;
    *room = ROOM_RESERVE;
    if (!append->writer(append->baton, append->sequence, &fresh))
        return EAGAIN;
    key_set_entry(&key, append->log, append->sequence);
    rc = lmdb_store(txn, dbi, &key, &fresh);
    if (rc)
        return rc;
    record_count_write(number, (int64_t)append->sequence, 0);
    key_set_entry(&key, append->log, 0);
    return lmdb_store(txn, dbi, &key, &(store_raw_t){number, sizeof(number)});
}

static store_status_t lmdb_log_append(void *state, const char *log, store_log_writer_t writer,
                                      void *baton, uint64_t *sequence)
{
    lmdb_t *lmdb = state;
    lmdb_append_t append = {.log = log, .writer = writer, .baton = baton};
    store_status_t status = lmdb_write(lmdb->lasting, append_entry, &append);
    *sequence = append.sequence;
    return status;
}

static int walk_log(MDB_cursor *cursor, const lmdb_key_t *from, store_log_reader_t reader,
                    void *baton)
{
    apr_size_t prefix = from->len - 8;
    MDB_val name = {.mv_size = from->len, .mv_data = (void *)from->bytes}, value;
    int rc = mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
    while (rc == 0) {
        if (name.mv_size != from->len || memcmp(name.mv_data, from->bytes, prefix) != 0)
            return 0;
        uint64_t sequence = record_get64((unsigned char *)name.mv_data + prefix);
        store_raw_t raw = {value.mv_data, value.mv_size};
        if (!reader(baton, sequence, &raw))
            return 0;
        rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static store_status_t lmdb_log_read(void *state, const char *log, uint64_t after,
                                    store_log_reader_t reader, void *baton, uint64_t *last)
{
    lmdb_t *lmdb = state;
    MDB_dbi dbi = lmdb_dbi(lmdb->lasting);
    MDB_cursor *cursor;
    lmdb_key_t from;
    MDB_txn *txn = lmdb_read_begin(lmdb->lasting);
    if (!txn)
        return STORE_DOWN;
    int rc = newest_entry(txn, dbi, log, last);
    if (rc == 0 && after < *last && (rc = mdb_cursor_open(txn, dbi, &cursor)) == 0) {
        key_set_entry(&from, log, after + 1);
        rc = walk_log(cursor, &from, reader, baton);
        mdb_cursor_close(cursor);
    }
    lmdb_read_end(lmdb->lasting, txn);
    return lmdb_status(lmdb->lasting, rc);
}

static uint64_t lmdb_newest(const void *state)
{
    const lmdb_t *lmdb = state;
    return lmdb_generation(lmdb->lasting);
}

static apr_time_t lmdb_booted(const void *state)
{
    const lmdb_t *lmdb = state;
    return lmdb->booted;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* The stores that this process has open: two vhosts with one URL share one. An entry that came over
 * fork is another process's and never used. */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static lmdb_t *open_stores;

static lmdb_t *find_open(const struct stat *dir)
{
    lmdb_t *lmdb = open_stores;
    while (lmdb && (lmdb->pid != getpid() || lmdb->dev != dir->st_dev || lmdb->ino != dir->st_ino))
        lmdb = lmdb->next;
    return lmdb;
}

static store_status_t open_parts(lmdb_t *lmdb, const store_settings_t *settings, const char *dir,
                                 apr_pool_t *p, const char **why)
{
    const char *fleeting_dir = apr_pstrcat(p, dir, "/fleeting", NULL);
    const char *lasting_dir = apr_pstrcat(p, dir, "/lasting", NULL);
    const apr_off_t fleeting_part = lmdb_fleeting_part(settings->quota);
    const apr_off_t lasting_part = settings->quota - fleeting_part;
    lmdb_env_settings_t fleeting = {
        .dir = fleeting_dir,
        .name = "fleeting",
        .flags = MDB_NOSYNC,
        .map = lmdb_map_bytes(fleeting_dir, settings->quota, p),
        .quota = STORE_OF_STRANGERS(fleeting_part),
        .coming_in = fleeting_part - STORE_OF_STRANGERS(fleeting_part),
        .reserve = fleeting_part / 8,
        .log = settings->log,
    };
    lmdb_env_settings_t lasting = {
        .dir = lasting_dir,
        .name = "lasting",
        .map = lmdb_map_bytes(lasting_dir, settings->quota, p),
        .quota = lasting_part,
        .reserve = lasting_part / 8,
        .log = settings->log,
    };
    lmdb->lease = open(lasting.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lmdb->lease < 0 || !lmdb_boot_time(dir, p, &lmdb->booted)) {
        *why = apr_psprintf(p, "the store in %s is not prepared for this boot: restart httpd", dir);
        return STORE_DOWN;
    }
    store_status_t status = lmdb_env_open(&lmdb->fleeting, &fleeting, p, why);
    if (status == STORE_OK)
        status = lmdb_env_open(&lmdb->lasting, &lasting, p, why);
    if (status == STORE_OK && !lmdb_upkeep_start(lmdb)) {
        *why = "no thread could be started to maintain the store: raise the limit of threads";
        status = STORE_DOWN;
    }
    return status;
}

static void close_parts(lmdb_t *lmdb)
{
    if (lmdb->fleeting)
        lmdb_env_close(lmdb->fleeting);
    if (lmdb->lasting)
        lmdb_env_close(lmdb->lasting);
    if (lmdb->lease >= 0)
        close(lmdb->lease);
    free(lmdb);
}

static store_status_t open_dir(lmdb_t **opened, const store_settings_t *settings, const char *dir,
                               const struct stat *st, apr_pool_t *p, const char **why)
{
    lmdb_t *lmdb = find_open(st);
    if (!lmdb) {
        lmdb = calloc(1, sizeof(*lmdb));
        if (!lmdb)
            abort(); /* as APR does */
        *lmdb =
            (lmdb_t){.pid = getpid(), .dev = st->st_dev, .ino = st->st_ino, .log = settings->log};
        store_status_t status = open_parts(lmdb, settings, dir, p, why);
        if (status) {
            close_parts(lmdb);
            return status;
        }
        lmdb->next = open_stores;
        open_stores = lmdb;
    }
    lmdb->users++;
    *opened = lmdb;
    return STORE_OK;
}

static store_status_t lmdb_open(void **state, const store_settings_t *settings, apr_pool_t *p,
                                const char **why)
{
    const char *dir = lmdb_directory(settings->url);
    struct stat st;
    lmdb_t *lmdb = NULL;
    if (stat(dir, &st)) {
        *why = apr_psprintf(p, "the store's directory %s can't be used: %s", dir, strerror(errno));
        return STORE_DOWN;
    }
    pthread_mutex_lock(&open_lock);
    store_status_t status = open_dir(&lmdb, settings, dir, &st, p, why);
    pthread_mutex_unlock(&open_lock);
    *state = lmdb;
    return status;
}

static void lmdb_close(void *state)
{
    lmdb_t *lmdb = state;
    /* In prefork's SIGTERM handler, on top of an operation of this very thread, which may hold a
     * lock that closing would wait for: leave everything to the end of the process. */
    if (lmdb_env_busy() || lmdb->pid != getpid())
        return;
    pthread_mutex_lock(&open_lock);
    bool last = --lmdb->users == 0;
    if (last) {
        lmdb_t **at = &open_stores;
        while (*at != lmdb)
            at = &(*at)->next;
        *at = lmdb->next;
        lmdb_upkeep_stop(lmdb);
        close_parts(lmdb);
    }
    pthread_mutex_unlock(&open_lock);
}

const store_backend_t store_lmdb = {
    .scheme = LMDB_SCHEME,
    .read_url = path_full,
    .directory = lmdb_directory,
    .refuses = lmdb_refuses,
    .refuses_size = lmdb_refuses_size,
    .exists = lmdb_exists,
    .prepare = lmdb_prepare,
    .open = lmdb_open,
    .close = lmdb_close,
    .view = lmdb_view,
    .edit = lmdb_edit,
    .next = lmdb_next,
    .log_append = lmdb_log_append,
    .log_read = lmdb_log_read,
    .rewrite = lmdb_rewrite,
    .generation = lmdb_newest,
    .boot_time = lmdb_booted,
    .fill = lmdb_fill,
    .copy = lmdb_copy,
    .load = lmdb_load,
    .compact = lmdb_compact,
};
