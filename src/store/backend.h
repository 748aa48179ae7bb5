/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_BACKEND_H
#define MPIN_STORE_BACKEND_H

#include "store/store.h"

/* The work of a place for records. It sees sealed bytes only: sealing, expiry, sets and
 * counters are made of two operations, view and edit, in front of it, so that every backend keeps
 * the same promises. */

/* A value as stored; len 0 = there is none. Its layout is record.h's. */
typedef struct store_raw_t {
    const unsigned char *bytes;
    apr_size_t len;
} store_raw_t;

/* Decides what becomes of a value, under the backend's lock or again after a lost race: it may be
 * called more than once and must then decide anew. `old` is what is there, expired or not, and
 * lives as long as the call; `fresh` lives until the next editor is called. EDIT_REFUSE: neither
 * this edit nor any that is made with it. */
typedef enum { EDIT_KEEP, EDIT_WRITE, EDIT_ERASE, EDIT_REFUSE } store_edit_t;
typedef store_edit_t (*store_editor_t)(void *baton, const store_raw_t *old, store_raw_t *fresh);

/* One of the edits that are made together. */
typedef struct store_editing_t {
    const char *key;
    store_editor_t editor;
    void *baton;
} store_editing_t;

/* Looks at a value while it is held still. */
typedef void (*store_viewer_t)(void *baton, const store_raw_t *raw);

/* Makes the value of the log entry that will have this number; false gives the append up
 * (STORE_DOWN). */
typedef bool (*store_log_writer_t)(void *baton, uint64_t sequence, store_raw_t *fresh);

/* Takes one log entry; false ends the reading. */
typedef bool (*store_log_reader_t)(void *baton, uint64_t sequence, const store_raw_t *raw);

/* Where a value lies. */
typedef struct store_place_t {
    store_class_t in;
    const char *key;   /* or a log's name */
    uint64_t sequence; /* of a log's entry, 0 for anything else */
} store_place_t;

/* Writes values anew: those that `wants` is true for, which is asked again under the lock. `write` is
 * false for one that is left as it is, and may be called again after a lost race. */
typedef struct store_rewriter_t {
    bool (*wants)(void *baton, const store_raw_t *raw);
    bool (*write)(void *baton, const store_place_t *place, const store_raw_t *old,
                  store_raw_t *fresh);
    void *baton;
} store_rewriter_t;

typedef struct store_backend_t {
    const char *scheme; /* what its URLs begin with, "lmdb:" */
    /* The URL without its scheme as an administrator wrote it, in full; NULL: it is none. */
    const char *(*read_url)(const char *rest, const char *root, apr_pool_t *p);
    const char *(*directory)(const char *url);
    const char *(*refuses)(const char *url, apr_pool_t *p);
    const char *(*refuses_size)(const char *url, apr_off_t quota, apr_pool_t *p);
    bool (*exists)(const char *url, apr_pool_t *p);
    store_status_t (*prepare)(const store_settings_t *settings, apr_pool_t *p, const char **why);
    store_status_t (*open)(void **state, const store_settings_t *settings, apr_pool_t *p,
                           const char **why);
    void (*close)(void *state);
    /* Takes no lock that a writer holds. */
    store_status_t (*view)(void *state, store_class_t in, const char *key, store_viewer_t viewer,
                           void *baton);
    /* Atomic, in this order: all of them or none, also where the machine stops. STORE_CHANGED: an
     * editor refused. A new key is refused above the quota; a change of one that is there may use
     * the reserve above it; an erasure is never refused for want of quota. The narrowest of
     * these holds for all that are made together. */
    store_status_t (*edit)(void *state, store_class_t in, const store_editing_t *edits, int count);
    /* Copies the first key that begins with `prefix`, in the order of bytes, into `key`, which has room
     * for STORE_KEY_MAX + 1 bytes; where `after` is not empty, the first one behind that.
     * STORE_MISSING: there is none. */
    store_status_t (*next)(void *state, store_class_t in, const char *prefix, const char *after,
                           char *key);
    /* May use the reserve. */
    store_status_t (*log_append)(void *state, const char *log, store_log_writer_t writer,
                                 void *baton, uint64_t *sequence);
    store_status_t (*log_read)(void *state, const char *log, uint64_t after,
                               store_log_reader_t reader, void *baton, uint64_t *last);
    /* All values, logs and fleeting ones, too. */
    store_status_t (*rewrite)(void *state, const store_rewriter_t *rewriter);
    /* Never ahead of what a log_read that begins after it sees. */
    uint64_t (*generation)(const void *state);
    apr_time_t (*boot_time)(const void *state);
    store_status_t (*fill)(void *state, store_fill_t fill[STORE_PARTS]);
    store_status_t (*copy)(void *state, int fd);
    store_status_t (*load)(const store_settings_t *settings, const store_source_t *source,
                           apr_pool_t *p, const char **why);
    store_status_t (*compact)(const store_settings_t *settings, store_compacted_t *sizes,
                              apr_pool_t *p, const char **why);
} store_backend_t;

extern const store_backend_t store_lmdb;

#endif
