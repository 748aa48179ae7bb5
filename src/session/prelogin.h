/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_PRELOGIN_H
#define MPIN_SESSION_PRELOGIN_H

#include "keys/keys.h"
#include "session/session.h"

#include <stdbool.h>
#include <stdint.h>

/* One sealed cookie for what happens before login: the browser's random id, to which authOTTs and
 * form tokens are bound. Where somebody wants to go stands in the login page's URL. */
#define PRELOGIN_ID_BYTES 16
#define PRELOGIN_NONCE_BYTES 16
#define PRELOGIN_TARGET_MAX 2000 /* bytes */
#define PRELOGIN_TEXT_MAX 3200   /* bytes of the cookie's value, as 0.2.0 wrote it at the most */

typedef enum { SAID_NOTHING = 0, SAID_SIGNED_IN, SAID_SIGNED_OUT, SAID_REFUSED } prelogin_said_t;

typedef struct prelogin_t {
    unsigned char id[PRELOGIN_ID_BYTES];
    uint32_t made;    /* seconds, last sealing */
    bool refreshing;  /* what it awaits is no sign-in, but news of who is signed in */
    bool resting;     /* nobody is led to a trusted login by themselves: they have just left one */
    bool form_kept;   /* a form that met the login is kept for this browser (web/kept.h) */
    bool registering; /* ... and a name is registered in it, or was accepted as invited */
    prelogin_said_t said; /* what the next page tells, once */
    uint32_t awaits;      /* the trusted login that has begun (session/mark.h), 0 = none ... */
    uint32_t until;       /* ... and until when it may come back, in seconds */
    unsigned char nonce[PRELOGIN_NONCE_BYTES]; /* ... once */
    unsigned char links_for[SESSION_ID_BYTES]; /* ... no sign-in, but to link it in the session of
                                                  this family; zero = it is one */
    char target[PRELOGIN_TARGET_MAX + 1];      /* ... and where it leads, "" = nowhere */
} prelogin_t;

typedef struct prelogins_t prelogins_t;

/* `max` is how long a cookie is good from its last sealing. NULL when memory is out. */
prelogins_t *prelogins_make(const keys_t *keys, const char *cookie, const char *realm,
                            apr_interval_time_t max, apr_pool_t *p);

/* A fresh one with a random id. */
void prelogin_start(prelogin_t *prelogin, apr_time_t now);

/* It begins to wait for a trusted login, which leads on to `target` (NULL, or one that is too long:
 * nowhere); it waits for one to be linked; and waits no more. */
void prelogin_await(prelogin_t *prelogin, uint32_t mark, const char *target, apr_time_t now,
                    apr_interval_time_t wait);
void prelogin_await_link(prelogin_t *prelogin, uint32_t mark, const session_t *session,
                         apr_time_t now, apr_interval_time_t wait);
void prelogin_settle(prelogin_t *prelogin);

bool prelogin_is_linking(const prelogin_t *prelogin);

/* Is there anything in it, or bound to its id, that a sign-in does not end? A form or a registration
 * counts for a day from the last sealing. */
bool prelogin_waits(const prelogin_t *prelogin, apr_time_t now);

/* The cookie's value, in the pool; NULL when no randomness is to be had. */
const char *prelogin_seal(const prelogins_t *prelogins, const prelogin_t *prelogin, apr_time_t now,
                          apr_pool_t *p);

/* One identical answer, false, for everything that does not open or is too old. */
bool prelogin_open(const prelogins_t *prelogins, const char *text, apr_size_t len, apr_time_t now,
                   prelogin_t *prelogin);

/* Form token: a MAC over the browser's id (and the session's id, or 16 zero bytes) for one purpose
 * ("login", "logout"), and over a salt that stands before it: no two pages have the same, so that
 * none tells by its packed length what another's is. 64 characters of base64url in the pool;
 * checked in constant time. */
const char *prelogin_token(const prelogins_t *prelogins, const unsigned char id[16],
                           const char *purpose, apr_pool_t *p);
bool prelogin_token_ok(const prelogins_t *prelogins, const unsigned char id[16],
                       const char *purpose, const char *token);

#endif
