/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_KEYS_TEXT_H
#define MPIN_KEYS_KEYS_TEXT_H

#include "keys/keys.h"
#include "keys/shared.h"

/* The text of a key file. Lines of words and not JSON, because a JSON parser leaves copies of the
 * keys behind in freed memory; here no key leaves secret memory.
 *
 *   mpin-keys 1
 *   file <32 hex>
 *   root <0..255> <date> <64 hex>     one or more; the last one seals, the others still open
 *   app <32 hex> <date> <64 hex>
 *   master <0..255> <date> <64 hex>
 *
 * or, sealed by a passphrase (Argon2id; XChaCha20-Poly1305 round the above):
 *
 *   mpin-keys-sealed 1 <passes> <KiB> <salt, 32 hex> <nonce, 48 hex> <hex>
 */
#define KEYS_TEXT_MAX 16384 /* bytes */

/* A text that has been read. */
#define KEYS_ROOTS_MAX 16

typedef struct keys_root_t {
    unsigned char number;
    char date[KEY_DATE_SIZE];
    const secret_t *key;
} keys_root_t;

struct keys_t {
    unsigned char id[KEY_ID_BYTES];
    char app_id[2 * KEY_ID_BYTES + 1];
    const secret_t *app;
    const secret_t *master;
    int root_count;
    keys_root_t roots[KEYS_ROOTS_MAX];
    keys_shared_t *shared; /* changes, unlike all else */
};

/* The root key of that number, or NULL. */
const keys_root_t *keys_find_root(const keys_t *keys, unsigned long number);

/* Parses a plain or sealed text, which is used up. `*why` begins in the middle of a sentence: "is
 * ...". */
keys_status_t keys_parse(keys_t **keys, secret_t *text, const secret_t *passphrase, apr_pool_t *p,
                         const char **why);

/* Fresh keys as a text; NULL when memory is out. */
secret_t *keys_fresh(apr_pool_t *p);

/* A text sealed, and a sealed text opened; NULL when memory is out or it doesn't open. */
secret_t *keys_text_seal(const secret_t *text, const secret_t *passphrase, apr_pool_t *p);
secret_t *keys_text_open(secret_t *sealed, const secret_t *passphrase, apr_pool_t *p);

/* Splits the line at `*rest` into at most `max` words, in place, and moves `*rest` to the next
 * line. The number of words; 0 at the end of the text or where the line is not made of so many
 * words. */
int keys_text_words(char **rest, char **words, int max);

/* True iff `word` is a decimal number of at most `max`. */
bool keys_text_number(const char *word, unsigned long max, unsigned long *number);

#endif
