/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_REMEMBER_H
#define MPIN_SESSION_REMEMBER_H

#include <apr_time.h>
#include "keys/keys.h"

/* The sealed cookie of a browser in which somebody need not take the second step again for a while.
 * It names a user, a version of theirs and a record in the store (factor/browser.h), which must be
 * there, too. */
#define REMEMBER_ID_BYTES 16

typedef struct remember_t {
    unsigned char uid[REMEMBER_ID_BYTES];
    unsigned char factor[REMEMBER_ID_BYTES];
    uint32_t version; /* the user's */
} remember_t;

typedef struct remembers_t remembers_t;

/* `longest` is MPinRememberBrowser. NULL when memory is out. */
remembers_t *remembers_make(const keys_t *keys, const char *cookie, const char *realm,
                            apr_interval_time_t longest, apr_pool_t *p);

/* The cookie's value, in the pool; NULL when no randomness is to be had. */
const char *remember_seal(const remembers_t *remembers, const remember_t *remember, apr_time_t now,
                          apr_pool_t *p);

/* One identical answer, false, for everything that does not open or is too old. */
bool remember_open(const remembers_t *remembers, const char *text, apr_size_t len, apr_time_t now,
                   remember_t *remember);

#endif
