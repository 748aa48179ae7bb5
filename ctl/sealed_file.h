/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_SEALED_FILE_H
#define MPIN_CTL_SEALED_FILE_H

#include <sodium.h>
#include <stdint.h>

#include "keys/secret.h"

/* A file that a passphrase seals: the line "mpin-backup 1", 16 bytes of salt, 24 of header, then pieces
 * of SEALED_PIECE bytes and 17 more each, the last of which is shorter or the like and says that it is
 * the last (libsodium's secretstream, XChaCha20-Poly1305; the key by Argon2id, three passes over
 * 64 MiB). A piece that was changed, left out, doubled or moved does not open. */
#define SEALED_PIECE 65536

typedef struct sealed_file_t {
    int fd;
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char piece[SEALED_PIECE]; /* what is collected, or was read and not yet taken */
    apr_size_t len, taken;
    bool ended; /* reading: the last piece was seen */
} sealed_file_t;

/* False: it can't be written, which errno says. sealed_end writes the last piece, onto the disk. */
bool sealed_begin(sealed_file_t *file, int fd, const secret_t *passphrase, apr_pool_t *p);
bool sealed_put(sealed_file_t *file, const void *bytes, apr_size_t len);
bool sealed_end(sealed_file_t *file);

/* False: it is no such file, the passphrase is another, or it was damaged. `*len` 0: the end. */
bool sealed_open(sealed_file_t *file, int fd, const secret_t *passphrase, apr_pool_t *p);
bool sealed_take(sealed_file_t *file, void *bytes, apr_size_t max, apr_size_t *len);

#endif
