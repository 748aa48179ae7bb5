/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_KEYS_ROOTS_H
#define MPIN_KEYS_KEYS_ROOTS_H

#include "keys/keys.h"

/* The key file's root keys changed, by who may write it. The new file takes the old one's place in one
 * step; every other line is kept to the byte. Not KEYS_OK: `*why` is one sentence, and the file is as
 * it was. */

/* A fresh root key before the one that seals: whoever has loaded the file opens what it seals, and
 * seals nothing by it yet. KEYS_EXISTS: there are as many as may be. */
keys_status_t keys_add_root(const char *path, const secret_t *passphrase, unsigned char *number,
                            apr_pool_t *p, const char **why);

/* The root key of that number seals from now on. */
keys_status_t keys_seal_by(const char *path, const secret_t *passphrase, unsigned char number,
                           apr_pool_t *p, const char **why);

/* A root key is taken out, for good: one that doesn't seal (KEYS_EXISTS). */
keys_status_t keys_drop_root(const char *path, const secret_t *passphrase, unsigned char number,
                             apr_pool_t *p, const char **why);

#endif
