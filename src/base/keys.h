#ifndef MPIN_BASE_KEYS_H
#define MPIN_BASE_KEYS_H

#include <apr_pools.h>
#include <apr_file_info.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/log.h"
#include "base/secret.h"

/* The key file (MPinKeyFile): root keys, app key and M-Pin master share, each with an id and a date. One
 * file of JSON, 0600, optionally sealed by a passphrase (Argon2id, XChaCha20-Poly1305). Read by the parent
 * before privileges are dropped; what is loaded lives in secret memory and is inherited over fork. */
typedef struct keys_t keys_t;

typedef enum { KEYS_OK = 0, KEYS_MISSING, KEYS_UNREADABLE, KEYS_UNSAFE, KEYS_BROKEN, KEYS_PASSPHRASE } keys_status_t;

#define KEY_BYTES 32
#define KEY_ID_BYTES 16

/* Reads the file: O_NOFOLLOW, one regular file owned by the caller or root, not readable by group or world
 * (KEYS_UNSAFE), and, where `httpd_uid` is not ours, in a directory that `httpd_uid` cannot write.
 * `passphrase` is NULL for a plain file. `*why` is one sentence for the administrator, with the mend. */
keys_status_t keys_open(keys_t **keys, const char *path, const secret_t *passphrase, apr_uid_t httpd_uid,
                        apr_pool_t *p, const char **why);

/* Makes a new file with fresh keys: O_EXCL in the directory (made 0700 if it is missing), fsynced. Then
 * keys_open reads it. */
keys_status_t keys_create(const char *path, const secret_t *passphrase, apr_pool_t *p, const char **why);

/* The file's own id, recorded by the store so that another file is noticed: KEY_ID_BYTES bytes. */
const unsigned char *keys_id(const keys_t *keys);

/* The number (0..255) of the root key that seals now. */
unsigned char keys_current(const keys_t *keys);

/* HKDF-SHA-256 (RFC 5869) of root key `number` for `purpose` and a UTC day number. False when there is no
 * such root key (it was retired and removed). The caller wipes `key`. */
bool keys_derive(const keys_t *keys, unsigned char number, const char *purpose, uint16_t day,
                 unsigned char key[KEY_BYTES]);

/* The app key (D-TA signatures, activation keys derive from it) and the M-Pin master share, both borrowed. */
const secret_t *keys_app(const keys_t *keys);
const secret_t *keys_master(const keys_t *keys);

/* The application's id as clients see it: 32 lower-case hex digits. */
const char *keys_app_id(const keys_t *keys);

#endif
