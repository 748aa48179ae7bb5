/* SPDX-License-Identifier: Apache-2.0 */
/* A key file's text sealed by a passphrase. */
#include "keys/keys_text.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/hex.h"

#define SALT crypto_pwhash_argon2id_SALTBYTES
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

/* RFC 9106, section 4, second recommended option: three passes over 64 MiB. */
#define PASSES 3
#define KIB (64 * 1024)

/* No file may ask more of us, so that a damaged one can't stop the machine. */
#define PASSES_MAX 16
#define KIB_MAX (1024 * 1024)

static secret_t *stretch(const secret_t *passphrase, const unsigned char salt[SALT],
                         unsigned long passes, unsigned long kib, apr_pool_t *p)
{
    secret_t *key = secret_make(p, crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (!key || crypto_pwhash_argon2id(key->bytes, key->len, (const char *)passphrase->bytes,
                                       passphrase->len, salt, passes, kib * 1024,
                                       crypto_pwhash_argon2id_ALG_ARGON2ID13))
        return NULL;
    return key;
}

secret_t *keys_text_seal(const secret_t *text, const secret_t *passphrase, apr_pool_t *p)
{
    unsigned char salt[SALT], nonce[NONCE];
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(nonce, sizeof nonce);

    secret_t *key = stretch(passphrase, salt, PASSES, KIB, p);
    if (!key)
        return NULL;
    apr_size_t len = text->len + TAG;
    unsigned char *sealed = apr_palloc(p, len);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, text->bytes, text->len, NULL, 0, NULL,
                                               nonce, key->bytes);

    const char *line = apr_psprintf(p, "mpin-keys-sealed 1 %d %d %s %s %s\n", PASSES, KIB,
                                    hex_encode(p, salt, SALT), hex_encode(p, nonce, NONCE),
                                    hex_encode(p, sealed, len));
    secret_t *out = secret_make(p, strlen(line));
    if (out)
        memcpy(out->bytes, line, out->len);
    return out;
}

secret_t *keys_text_open(secret_t *sealed, const secret_t *passphrase, apr_pool_t *p)
{
    char *rest = (char *)sealed->bytes, *words[7];
    unsigned long passes, kib;
    unsigned char salt[SALT], nonce[NONCE];
    unsigned char *bytes = apr_palloc(p, KEYS_TEXT_MAX);
    apr_size_t len;

    if (keys_text_words(&rest, words, 7) != 7 || *rest || strcmp(words[1], "1") ||
        !keys_text_number(words[2], PASSES_MAX, &passes) ||
        !keys_text_number(words[3], KIB_MAX, &kib) || !hex_decode(words[4], salt, SALT) ||
        !hex_decode(words[5], nonce, NONCE) ||
        !hex_decode_upto(words[6], bytes, KEYS_TEXT_MAX, &len) || len <= TAG)
        return NULL;

    secret_t *key = stretch(passphrase, salt, passes, kib, p);
    secret_t *text = secret_make(p, len - TAG + 1); /* and a NUL */
    if (!key || !text ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(text->bytes, NULL, NULL, bytes, len, NULL, 0,
                                                   nonce, key->bytes))
        return NULL;
    return text;
}
