/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_PROVEN_H
#define MPIN_WEB_PROVEN_H

#include "base/result.h"
#include "people/people.h"
#include "session/session.h"

/* What somebody has just proven, and the session that it makes. Nothing here knows httpd;
 * web/signin.h does the rest. */
typedef struct proven_t {
    const user_t *user;
    factor_t factor;
    uint32_t amr;                  /* amr_t bits of this proof alone */
    const char *provider;          /* "local", or the trusted login whose word the name is */
    uint32_t trusted;              /* FACTOR_TRUSTED: which it was (session/mark.h) */
    uint32_t steps;                /* FACTOR_BITs of what was shown to a provider beside it */
    uint32_t at;                   /* when it was proven, in seconds; 0 = now */
    bool told;                     /* a trusted login has told something of the user */
    const unsigned char *identity; /* HANDLE_BYTES of the device that has the PIN, NULL without */
    uint32_t identity_made;        /* when that device was added, in seconds */
    bool of_name;       /* it proves the name itself (docs/identity.md, "Proof of a name"): not a
                           trusted login that is linked to it */
    const char *event;  /* for the audit log: "login_pin" */
    const char *target; /* where the person wanted to go, NULL for nowhere in particular */
} proven_t;

/* NULL, or why this proof signs nobody in: 403 user_disabled, also for a deleted user. */
result_t *proven_refusal(const proven_t *proven, apr_pool_t *p);

/* The session that it makes, not started yet (session_start). */
session_t proven_session(const proven_t *proven);

#endif
