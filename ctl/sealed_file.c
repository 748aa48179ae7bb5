/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/sealed_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/write_whole.h"

#define MARK "mpin-backup 1\n"
#define MARK_BYTES (sizeof MARK - 1)
#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define HEADER_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define MORE_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define PASSES 3
#define MEMORY ((size_t)64 << 20)

static secret_t *file_key(const secret_t *passphrase, const unsigned char salt[SALT_BYTES],
                          apr_pool_t *p)
{
    secret_t *key = secret_make(p, crypto_secretstream_xchacha20poly1305_KEYBYTES);
    if (!key || crypto_pwhash_argon2id(key->bytes, key->len, (const char *)passphrase->bytes,
                                       passphrase->len, salt, PASSES, MEMORY,
                                       crypto_pwhash_argon2id_ALG_ARGON2ID13))
        return NULL;
    return key;
}

/* ---- out ------------------------------------------------------------------------------------- */

bool sealed_begin(sealed_file_t *file, int fd, const secret_t *passphrase, apr_pool_t *p)
{
    unsigned char salt[SALT_BYTES], header[HEADER_BYTES];
    *file = (sealed_file_t){.fd = fd};
    randombytes_buf(salt, sizeof salt);
    const secret_t *key = file_key(passphrase, salt, p);
    if (!key) {
        errno = ENOMEM;
        return false;
    }
    crypto_secretstream_xchacha20poly1305_init_push(&file->state, header, key->bytes);
    return write_whole(fd, MARK, MARK_BYTES) && write_whole(fd, salt, sizeof salt) &&
           write_whole(fd, header, sizeof header);
}

static bool put_piece(sealed_file_t *file, unsigned char tag)
{
    unsigned char sealed[SEALED_PIECE + MORE_BYTES];
    crypto_secretstream_xchacha20poly1305_push(&file->state, sealed, NULL, file->piece, file->len,
                                               NULL, 0, tag);
    const bool done = write_whole(file->fd, sealed, file->len + MORE_BYTES);
    file->len = 0;
    return done;
}

/* A full piece is written once more comes: the last one is never empty but for an empty file. */
bool sealed_put(sealed_file_t *file, const void *bytes, apr_size_t len)
{
    for (const unsigned char *from = bytes; len;) {
        if (file->len == SEALED_PIECE && !put_piece(file, 0))
            return false;
        const apr_size_t room = SEALED_PIECE - file->len, part = len < room ? len : room;
        memcpy(file->piece + file->len, from, part);
        file->len += part;
        from += part;
        len -= part;
    }
    return true;
}

bool sealed_end(sealed_file_t *file)
{
    const bool done =
        put_piece(file, crypto_secretstream_xchacha20poly1305_TAG_FINAL) && fsync(file->fd) == 0;
    sodium_memzero(file, sizeof *file);
    return done;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* So many bytes, or fewer at the end of the file. */
static apr_size_t get_bytes(int fd, unsigned char *bytes, apr_size_t max)
{
    apr_size_t have = 0;
    while (have < max) {
        const ssize_t got = read(fd, bytes + have, max - have);
        if (!got || (got < 0 && errno != EINTR))
            break;
        have += got > 0 ? (apr_size_t)got : 0;
    }
    return have;
}

bool sealed_open(sealed_file_t *file, int fd, const secret_t *passphrase, apr_pool_t *p)
{
    unsigned char mark[MARK_BYTES], salt[SALT_BYTES], header[HEADER_BYTES];
    *file = (sealed_file_t){.fd = fd};
    if (get_bytes(fd, mark, sizeof mark) != sizeof mark || memcmp(mark, MARK, sizeof mark) != 0 ||
        get_bytes(fd, salt, sizeof salt) != sizeof salt ||
        get_bytes(fd, header, sizeof header) != sizeof header)
        return false;
    const secret_t *key = file_key(passphrase, salt, p);
    return key &&
           crypto_secretstream_xchacha20poly1305_init_pull(&file->state, header, key->bytes) == 0;
}

static bool get_piece(sealed_file_t *file)
{
    unsigned char sealed[SEALED_PIECE + MORE_BYTES], tag;
    unsigned long long len;
    const apr_size_t got = get_bytes(file->fd, sealed, sizeof sealed);
    if (got < MORE_BYTES || crypto_secretstream_xchacha20poly1305_pull(
                                &file->state, file->piece, &len, &tag, sealed, got, NULL, 0))
        return false;
    file->len = (apr_size_t)len;
    file->taken = 0;
    file->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return file->ended ? get_bytes(file->fd, sealed, 1) == 0 : file->len > 0;
}

bool sealed_take(sealed_file_t *file, void *bytes, apr_size_t max, apr_size_t *len)
{
    *len = 0;
    if (file->taken == file->len && !file->ended && !get_piece(file))
        return false;
    const apr_size_t left = file->len - file->taken;
    *len = left < max ? left : max;
    memcpy(bytes, file->piece + file->taken, *len);
    file->taken += *len;
    return true;
}
