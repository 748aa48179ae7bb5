/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_KEYS_H
#define MPIN_KEYS_KEYS_H

#include <apr_pools.h>
#include <apr_user.h>
#include <stdbool.h>
#include <stdint.h>
#include "keys/secret.h"

/* The key file (MPinKeyFile): root keys, app key and M-Pin master share, each with an id and a date
 * (keys/keys_text.h). 0600, optionally sealed by a passphrase. Read by the parent before privileges
 * are dropped; what is loaded lives in secret memory and is inherited over fork. */
typedef struct keys_t keys_t;

typedef enum {
    KEYS_OK = 0,
    KEYS_MISSING,    /* there is no such file */
    KEYS_UNREADABLE, /* we may not read it (EACCES: no fault when `apachectl -t` isn't root) */
    KEYS_UNSAFE,     /* others can read or replace it, or it is no regular file */
    KEYS_BROKEN,     /* it can't be parsed */
    KEYS_PASSPHRASE, /* sealed and no passphrase given, plain and one given, or the wrong one */
    KEYS_EXISTS      /* keys_create: there is one already */
} keys_status_t;

#define KEY_BYTES 32
#define KEY_ID_BYTES 16
#define KEY_DATE_SIZE 21 /* "2026-11-30T20:10:30Z" */

/* Reads the file at the absolute `path`: O_NOFOLLOW, a regular file owned by the caller or root, no
 * rights for group and world (KEYS_UNSAFE), and, where `httpd_uid` is not ours, in a directory that
 * `httpd_uid` can't write or replace. `passphrase` is NULL for a plain file. `*why` is one sentence
 * for the administrator, with the mend. */
keys_status_t keys_open(keys_t **keys, const char *path, const secret_t *passphrase,
                        apr_uid_t httpd_uid, apr_pool_t *p, const char **why);

/* Makes a new file with fresh keys, fsynced; it appears whole or not at all and never in place of
 * another (KEYS_EXISTS). The directory is made 0700 if it is missing. Then keys_open reads it. */
keys_status_t keys_create(const char *path, const secret_t *passphrase, apr_pool_t *p,
                          const char **why);

/* A key file's bytes as they lie there, sealed or not; NULL where it can't be read. And a key file made
 * of such bytes, as keys_create makes one. */
const secret_t *keys_bytes(const char *path, apr_pool_t *p);
keys_status_t keys_place(const char *path, const secret_t *text, apr_pool_t *p, const char **why);

/* Such bytes in place of the key file that is there, in one step. */
keys_status_t keys_replace(const char *path, const secret_t *text, apr_pool_t *p, const char **why);

/* The file's own id, recorded by the store so that another file is noticed: KEY_ID_BYTES bytes. */
const unsigned char *keys_id(const keys_t *keys);

/* The number (0..255) of the root key that seals now. */
unsigned char keys_current(const keys_t *keys);

/* The root key that stands at `place` in the file, from 0: its number, and since when it is there. False
 * where there are no more. */
bool keys_root(const keys_t *keys, int place, unsigned char *number, char date[KEY_DATE_SIZE]);

/* HKDF-SHA-256 (RFC 5869) of root key `number` for `purpose` and a UTC day number. False when there
 * is no such root key (it was retired and removed). The caller wipes `key`. */
bool keys_derive(const keys_t *keys, unsigned char number, const char *purpose, uint16_t day,
                 unsigned char key[KEY_BYTES]);

/* The keys of a purpose that knows no days (day 0), KEY_BYTES of each root key: first that of the one
 * that seals now, by which things are made; the others, by which they were made before. NULL ends
 * them. NULL when memory is out. Derived once and kept with `keys`, as those of keys_derive_app are. */
const secret_t *const *keys_derive_each(const keys_t *keys, const char *purpose);

/* HKDF of the app key for a purpose; two purposes share no key. It is the same when another root key
 * seals. NULL when memory is out. */
const secret_t *keys_derive_app(const keys_t *keys, const char *purpose);

/* An application as a D-TA knows it: its name, and the key that signs its requests. */
typedef struct keys_app_t {
    char id[2 * KEY_ID_BYTES + 1]; /* lower-case hex */
    const secret_t *key;           /* KEY_BYTES */
} keys_app_t;

/* The one that this key file's D-TA takes requests from; its key is derived from the app key. NULL
 * when memory is out. */
const keys_app_t *keys_dta_app(const keys_t *keys, apr_pool_t *p);

/* The app key (keys_derive_app is how to use it) and the M-Pin master share (a scalar of BLS12-381,
 * 1 to r - 1, 32 bytes big-endian), both borrowed. */
const secret_t *keys_app(const keys_t *keys);
const secret_t *keys_master(const keys_t *keys);

/* The application's id as clients see it: 32 lower-case hex digits. */
const char *keys_app_id(const keys_t *keys);

#endif
