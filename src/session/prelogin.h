/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_PRELOGIN_H
#define MPIN_SESSION_PRELOGIN_H

#include "keys/keys.h"
#include "session/demand.h"

/* One short-lived sealed cookie holds what happens before login: the browser's random id (to which
 * authOTTs and form tokens are bound) and, for at most four open login pages, where each wants to
 * go and what it accepts. It is for display and for the way back only: check_authn decides what is
 * let in. */
#define PRELOGIN_ID_BYTES 16
#define PRELOGIN_ENTRIES 4
#define PRELOGIN_TARGET_MAX 512 /* bytes of a same-origin path with query */
#define PRELOGIN_NONCE_HEX 12   /* hex digits, the `s=` of /login */
#define PRELOGIN_TEXT_MAX 3200  /* bytes of the cookie's value */

typedef struct prelogin_entry_t {
    char nonce[PRELOGIN_NONCE_HEX + 1]; /* empty: a free place */
    uint32_t made;                      /* seconds, last asked for; the oldest gives way */
    demand_t demand;                    /* of the place; `first` is what this page accepts */
    bool post_lost;                     /* a POST was not sent on */
    char target[PRELOGIN_TARGET_MAX + 1];
} prelogin_entry_t;

typedef struct prelogin_t {
    unsigned char id[PRELOGIN_ID_BYTES];
    uint32_t made; /* seconds, last sealing */
    prelogin_entry_t entries[PRELOGIN_ENTRIES];
} prelogin_t;

typedef struct prelogins_t prelogins_t;

/* `max` is how long a cookie is good from its last sealing, and each login page from when it was
 * asked for. NULL when memory is out. */
prelogins_t *prelogins_make(const keys_t *keys, const char *cookie, const char *realm,
                            apr_interval_time_t max, apr_pool_t *p);

/* A fresh one with a random id. */
void prelogin_start(prelogin_t *prelogin, apr_time_t now);

/* Adds a login page's state (the oldest of four gives way; the same target and demand are reused)
 * and gives its nonce. A target that is too long becomes "/". */
const char *prelogin_add(prelogin_t *prelogin, const char *target, const demand_t *demand,
                         bool post_lost, apr_time_t now);
const prelogin_entry_t *prelogin_find(const prelogin_t *prelogin, const char *nonce);
void prelogin_remove(prelogin_t *prelogin, const char *nonce);

/* Drops the oldest login page's state but the one of the nonce `keep` (NULL: the newest one's, which
 * has just been asked for). False: there is no other. */
bool prelogin_drop_oldest(prelogin_t *prelogin, const char *keep);

/* Makes a way back shorter: the path without its query, then "/". False: none can be. */
bool prelogin_shorten(prelogin_t *prelogin);

/* The cookie's value, in the pool; NULL when no randomness is to be had. */
const char *prelogin_seal(const prelogins_t *prelogins, const prelogin_t *prelogin, apr_time_t now,
                          apr_pool_t *p);

/* One identical answer, false, for everything that does not open or is too old. */
bool prelogin_open(const prelogins_t *prelogins, const char *text, apr_size_t len, apr_time_t now,
                   prelogin_t *prelogin);

/* Form token: a MAC over the browser's id (and the session's id, or 16 zero bytes) for one purpose
 * ("login", "logout"). 43 characters of base64url in the pool; checked in constant time. */
const char *prelogin_token(const prelogins_t *prelogins, const unsigned char id[16],
                           const char *purpose, apr_pool_t *p);
bool prelogin_token_ok(const prelogins_t *prelogins, const unsigned char id[16],
                       const char *purpose, const char *token);

#endif
