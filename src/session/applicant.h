/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_APPLICANT_H
#define MPIN_SESSION_APPLICANT_H

#include "session/prelogin.h"
#include "session/session.h"

/* The caller who registers, sealed for a way round: where the RPS is elsewhere, a client hands this
 * to it as userData and it hands it back to us (docs/protocol.md, "RPS to RPA"). It tells which
 * browser it is and whose session that has, for the time that a page stays open, and is good for
 * nothing else. */
#define APPLICANT_TEXT_MAX 700 /* bytes */

typedef struct applicant_t {
    unsigned char browser[PRELOGIN_ID_BYTES]; /* its pre-login id */
    bool signed_in;
    session_t session; /* id, family, uid, identity, version, seen, expires, amr, name, provider */
} applicant_t;

typedef struct applicants_t applicants_t;

/* NULL when memory is out. */
applicants_t *applicants_make(const keys_t *keys, const char *realm, revocations_t *revocations,
                              apr_pool_t *p);

/* `session` is NULL where nobody is signed in. The text in the pool; NULL when no randomness is to
 * be had. */
const char *applicant_seal(const applicants_t *applicants, const unsigned char *browser,
                           const session_t *session, apr_time_t now, apr_pool_t *p);

/* False for everything that does not open or is too old. A session that has ended since is none. */
bool applicant_open(const applicants_t *applicants, const char *text, apr_time_t now,
                    applicant_t *applicant);

#endif
