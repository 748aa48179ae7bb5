/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_SIGNOUT_H
#define MPIN_SESSION_SIGNOUT_H

#include "session/session.h"

/* A token that ends the sessions of one login and does nothing else: what a phone keeps of the
 * desktop that it has signed in (logoutData). It names the family, never a session's id. */
typedef struct signouts_t signouts_t;

/* `longest` is how long a session can last, and such a token with it. NULL when memory is out. */
signouts_t *signouts_make(const keys_t *keys, const char *realm, apr_interval_time_t longest,
                          apr_pool_t *p);

/* The token for a session's family, in the pool; NULL when no randomness is to be had. */
const char *signout_seal(const signouts_t *signouts, const session_t *session, apr_time_t now,
                         apr_pool_t *p);

/* Fills family, expiry and name of `session`, and nothing else. One answer, false, for everything that does
 * not open or is too old. */
bool signout_open(const signouts_t *signouts, const char *text, apr_time_t now, session_t *session);

#endif
