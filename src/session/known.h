/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_KNOWN_H
#define MPIN_SESSION_KNOWN_H

#include <apr_time.h>
#include "keys/keys.h"

/* A lasting sealed cookie (good for KNOWN_DAYS from its sealing) that remembers which users have
 * signed in from this browser, and by which device of the site's. It proves nothing and opens
 * nothing: it gives the browser throttle buckets of its own, and where the browser has lost what it
 * kept for a PIN, it says whose that was. */
#define KNOWN_DAYS 400 /* as long as browsers keep one (RFC 6265bis) */
#define KNOWN_ID_BYTES 16
#define KNOWN_USERS 4
#define KNOWN_TEXT_MAX 256

typedef struct known_t {
    unsigned char id[KNOWN_ID_BYTES];
    /* The first bytes of SHA-256(canonical name), newest first. */
    unsigned char users[KNOWN_USERS][16];
    unsigned char device[16]; /* handle of the identity that signed in last, zero: none */
    unsigned char site[8];    /* ... and of which site that was */
} known_t;

typedef struct known_browsers_t known_browsers_t;

known_browsers_t *known_browsers_make(const keys_t *keys, const char *cookie, const char *realm,
                                      apr_pool_t *p);

/* A browser that is new here. By a device of its own it is told from others, without one by an id that
 * is drawn once somebody is added. */
void known_start(known_t *known, const unsigned char device[16]);

/* Adds a user (a fresh id when there is none yet); true when that changed something worth a new
 * cookie. */
bool known_add(known_t *known, const char *name);

/* The same for the identity by whose PIN they signed in at the site of this public URL; NULL: there
 * is none any more. */
bool known_set_device(known_t *known, const char *site, const unsigned char device[16]);

/* That identity's handle, where it was at this site, else NULL. */
const unsigned char *known_device(const known_t *known, const char *site);

/* The browser's id when `name` has signed in here before, else NULL. */
const unsigned char *known_for(const known_t *known, const char *name);

/* True when somebody has signed in on both. */
bool known_share(const known_t *one, const known_t *other);

const char *known_seal(const known_browsers_t *browsers, const known_t *known, apr_time_t now,
                       apr_pool_t *p);
bool known_open(const known_browsers_t *browsers, const char *text, apr_size_t len, apr_time_t now,
                known_t *known);

#endif
