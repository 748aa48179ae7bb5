/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_COOKIE_H
#define MPIN_SESSION_COOKIE_H

#include "keys/seal.h"

/* What our three cookies share: a sealed text in base64url, bound to the cookie's name and the
 * realm. */
#define COOKIE_TEXT_MAX 3200 /* characters of a value */

typedef struct cookie_sealer_t cookie_sealer_t;

/* `purpose` as in sealer_make. A value opens on the days on which it can still be `longest` old.
 * NULL when memory is out. */
cookie_sealer_t *cookie_sealer_make(const keys_t *keys, const char *purpose,
                                    apr_interval_time_t longest, const char *cookie,
                                    const char *realm, apr_pool_t *p);

/* The value for `len` bytes, in the pool; NULL when no randomness is to be had. */
const char *cookie_seal(const cookie_sealer_t *sealer, apr_time_t now, const unsigned char *bytes,
                        apr_size_t len, apr_pool_t *p);

/* Opens a value into `bytes`, which has room for `max`; `*got` is how many there are. */
bool cookie_open(const cookie_sealer_t *sealer, apr_time_t now, const char *text, apr_size_t len,
                 unsigned char *bytes, apr_size_t max, apr_size_t *got);

#endif
