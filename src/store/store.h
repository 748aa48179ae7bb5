/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_STORE_H
#define MPIN_STORE_STORE_H

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/log.h"
#include "keys/seal.h"

/* The module's memory. Every operation is atomic across threads, processes and nodes. Records
 * are sealed (AES-256-GCM, AAD = schema version | class | kind | key), so that a writer of the
 * store cannot make one up or move one; a record that does not open is STORE_DOWN. Counters are
 * plain numbers: nothing but waiting follows from them. Rollback of the whole store by somebody who
 * can write it is not prevented. */
typedef struct store_t store_t;

typedef enum {
    STORE_FLEETING, /* may be lost when the machine stops; survives reload and a killed child */
    STORE_LASTING,  /* on disk before the call returns */
    STORE_BEHIND,   /* seen by everybody at once, on disk soon; losing the last few harms nothing */
    STORE_COMING_IN /* fleeting, and the very same records; but a new one finds room where those of
                       strangers fill their part: what people who are known here come in by */
} store_class_t;

typedef enum {
    STORE_OK = 0,
    STORE_MISSING, /* no such record, or it has expired */
    STORE_EXISTS,  /* store_add: somebody was first */
    STORE_CHANGED, /* store_swap: the record is not the one that was seen */
    STORE_FULL,    /* our quota or the disk; nothing was written, nothing forgotten */
    STORE_DOWN     /* the store cannot be used now, or a record does not open */
} store_status_t;

/* A record as read: in the caller's pool. `raw` is its sealed form, which store_swap compares. */
typedef struct store_record_t {
    const unsigned char *data;
    apr_size_t len;
    apr_time_t expires; /* 0 = never */
    const unsigned char *raw;
    apr_size_t raw_len;
} store_record_t;

#define STORE_KEY_MAX 200      /* bytes of a key: printable text, "kind:..." */
#define STORE_RECORD_MAX 16384 /* bytes of a record */

/* What a small record takes at most, on the average of many: a key of usual length, the sealing,
 * and pages that are two thirds full. */
#define STORE_TAKES(bytes) (((bytes) + 49 + 60) * 3 / 2)

/* `keys` and `log` must outlive the store. */
typedef struct store_settings_t {
    const char *url; /* of store_url_read, or STORE_URL_IN */
    apr_off_t quota; /* MPinStoreSize in bytes */
    const keys_t *keys;
    apr_uid_t uid; /* who the children run as; a parent that is root prepares the store as them */
    apr_gid_t gid;
    const log_sink_t *log; /* is called from the maintenance thread, too */
} store_settings_t;

/* MPinStoreSize: a quarter is for fleeting records, and STORE_FLEETING_LEAST at least; the rest for
 * lasting and behind ones, so that strangers, who can fill only the former, never stop what is
 * lasting. Of the fleeting part a quarter is kept for STORE_COMING_IN, so that they stop nobody who
 * comes in either. Above each part lies a reserve of an eighth of it for changes of what is there,
 * logs and (in the fleeting part) behind records on their way. */
#define STORE_FLEETING_LEAST ((apr_off_t)48 << 20) /* where the lasting part keeps a third of it */
#define STORE_OF_STRANGERS(fleeting) ((fleeting) / 4 * 3)
#define STORE_QUOTA_MIN ((apr_off_t)8 << 20)
#define STORE_QUOTA_MAX ((apr_off_t)256 << 30)

/* A store is named by a URL: the form in which an administrator writes it, and the one of an
 * installation whose state lies in `dir`, a literal. */
#define STORE_URL_FORM "lmdb:DIRECTORY"
#define STORE_URL_IN(dir) "lmdb:" dir "/mpin/store"

/* Reads what an administrator wrote; a directory with a relative name lies below `root`. NULL, or
 * what is wrong and the mend, and then `*url` is left alone. */
const char *store_url_read(const char **url, const char *word, const char *root, apr_pool_t *p);

/* The directory of this machine in which the store lies; NULL where it lies in none. */
const char *store_directory(const char *url);

/* Why `url` can't be a store: NULL, or half a sentence with the mend ("it must be ..."). Its form,
 * and the filesystem of the directory or its nearest parent that exists: a tmpfs forgets at each
 * boot, and network filesystems can't hold LMDB. Only looks: for `apachectl -t`. */
const char *store_refuses(const char *url, apr_pool_t *p);

/* Why a store of this size can't be used by a process of this machine: NULL, or half a sentence with the
 * mend. Only looks. */
const char *store_refuses_size(const char *url, apr_off_t quota, apr_pool_t *p);

/* In the parent, once a configuration: makes the directories, notices a reboot (boot_id: fleeting
 * is emptied), writes the lock files to full size, records or compares the key file's id. Never
 * opens the environments. `*why` is one sentence for the administrator, with the mend. */
store_status_t store_prepare(const store_settings_t *settings, apr_pool_t *p, const char **why);

/* True where `url`'s store holds records already, so that a missing key file is an error. Any
 * process. */
bool store_exists(const char *url, apr_pool_t *p);

/* In each child (child_init), once a process and URL; closed with the pool. Starts the maintenance
 * thread: batched writes, sweeping, reader checks. */
store_status_t store_open(store_t **store, const store_settings_t *settings, apr_pool_t *p,
                          const char **why);

store_status_t store_get(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                         store_record_t *record);

/* Writes the record whatever is there. */
store_status_t store_put(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires);

/* Writes the record if there is none, else STORE_EXISTS. Not for STORE_BEHIND. */
store_status_t store_add(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires);

/* Writes the record iff the one there is `seen` to the byte, else STORE_CHANGED. Not for
 * STORE_BEHIND. */
store_status_t store_swap(store_t *store, store_class_t in, const char *key,
                          const store_record_t *seen, const void *data, apr_size_t len,
                          apr_time_t expires);

/* Reads and deletes: exactly one caller gets the record. Not for STORE_BEHIND. */
store_status_t store_take(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                          store_record_t *record);

/* A record, counter or set. Deleting what is not there is STORE_OK. */
store_status_t store_delete(store_t *store, store_class_t in, const char *key);

/* Adds `n` (also negative, never below 0) and gives the new value. The counter lives until the
 * later of its own expiry and `expires`; an expired one starts from 0. Fixed windows put the window
 * into the key. With `n` = 0 it only reads, and waits for no writer. */
store_status_t store_count(store_t *store, store_class_t in, const char *key, int64_t n,
                           apr_time_t expires, int64_t *total);

/* A small set under a key (members are at most STORE_KEY_MAX bytes; at most `max` live ones, else
 * STORE_FULL). Adding a member that is there renews its expiry. */
store_status_t store_member_add(store_t *store, store_class_t in, const char *key,
                                const char *member, int max, apr_time_t expires);
store_status_t store_member_remove(store_t *store, store_class_t in, const char *key,
                                   const char *member);

/* The live members, NULL-terminated, in the pool. */
store_status_t store_members(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                             const char ***members);

/* Calls `visit` for each live record whose key begins with `prefix`, in the order of their keys, until
 * it returns false; what is written meanwhile may be among them or not. `status` is STORE_DOWN, and
 * `record` of no use, for one that does not open. `scratch` is emptied after each. Not for
 * STORE_BEHIND, nor for sets and counters. */
typedef bool (*store_visit_t)(void *baton, const char *key, store_status_t status,
                              const store_record_t *record, apr_pool_t *scratch);
store_status_t store_each(store_t *store, store_class_t in, const char *prefix, store_visit_t visit,
                          void *baton, apr_pool_t *p);

/* An append-only lasting log. Sequence numbers start at 1 and only rise. `expires` lets the sweeper
 * drop an entry. */
store_status_t store_log_append(store_t *store, const char *log, const void *data, apr_size_t len,
                                apr_time_t expires, uint64_t *sequence);

/* Calls `entry` for each live entry after `after`, in order, until it returns false; `*last` is the
 * newest sequence number of the log whether live or not. */
store_status_t store_log_read(store_t *store, const char *log, uint64_t after, apr_pool_t *p,
                              bool (*entry)(void *baton, uint64_t sequence, const void *data,
                                            apr_size_t len, apr_time_t expires),
                              void *baton, uint64_t *last);

/* A number that moves whenever a log may have grown; constant time, no lock, no system call (LMDB:
 * the last transaction id of the lasting environment). Taken before store_log_read, it is never
 * ahead of what that reads. */
uint64_t store_generation(const store_t *store);

/* Where this store logs. */
const log_sink_t *store_log_sink(const store_t *store);

/* How full a part is, in bytes of live pages, and what new records may take: of the fleeting part
 * those of strangers. */
typedef struct store_fill_t {
    const char *part; /* "lasting" */
    apr_off_t used, quota;
    uint64_t records;
} store_fill_t;
#define STORE_PARTS 2

/* Waits for no writer. */
store_status_t store_fill(store_t *store, store_fill_t fill[STORE_PARTS]);

/* Opens every lasting record and set. `*wrong` of `*all` do not open; the first of them is `key`,
 * "" for none. */
store_status_t store_check(store_t *store, uint64_t *all, uint64_t *wrong,
                           char key[STORE_KEY_MAX + 1]);

/* Writes all that lasts, as it is at one moment, to a descriptor, which may be a pipe: what store_load
 * reads. Nobody who works with the store meanwhile waits for it, but its records keep their room. */
store_status_t store_copy(store_t *store, int fd);

/* Fills a store that store_prepare has just made, and that has no records, as the process's user. Not
 * STORE_OK: `*why` is one sentence, and nothing is there. */
typedef struct store_source_t {
    bool (*read)(void *baton, void *bytes, apr_size_t max, apr_size_t *len); /* len 0: the end */
    void *baton;
} store_source_t;
store_status_t store_load(const store_settings_t *settings, const store_source_t *source,
                          apr_pool_t *p, const char **why);

/* Writes the store's files anew, as the process's user, without the room in them that nothing uses any
 * more; all records stay. STORE_EXISTS: somebody has it open, be it in another process. Not STORE_OK:
 * `*why` is one sentence, and all is as it was. */
typedef struct store_compacted_t {
    apr_off_t before, after; /* bytes on the disk */
} store_compacted_t;
store_status_t store_compact(const store_settings_t *settings, store_compacted_t *sizes,
                             apr_pool_t *p, const char **why);

/* When this machine booted, as the store recorded it: TOTP steps before it are refused. */
apr_time_t store_boot_time(const store_t *store);

#endif
