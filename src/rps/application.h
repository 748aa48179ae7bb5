/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_APPLICATION_H
#define MPIN_RPS_APPLICATION_H

#include "rps/room.h"

/* An application is asked over HTTP, as a Milagro RPS asks its relying party
 * (docs/protocol.md, "RPS to RPA"). A caller holds a worker meanwhile: one of a tenth of them, for
 * a few seconds at most. */

/* The application that a directive names, as a peer. */
peer_t application_peer(const rps_means_t *means, const char *directive, apr_pool_t *p);

/* The body of POST /mpinVerify; all of it is text that nobody has judged but `user_id`. */
typedef struct verify_t {
    const char *user_id;      /* canonical */
    const char *mpin_id;      /* hex; "" where only the name is in question */
    const char *activate_key; /* hex; "" where nothing waits for it */
    const char *expire_time;  /* of the registration; "" without one */
    const char *device;       /* "" for none */
    const json_t *user_data;  /* what the client sent for the application, NULL for nothing */
    int mobile;               /* 0 or 1 */
    bool resend;
} verify_t;

/* May this user register (MPinVerifyURL)? NULL: yes, and `*force_activate` says whether the
 * registration is active at once (false, also where a success says nothing: the application sees to
 * that). Else the refusal: 403 not_allowed with `no` for a message, 429 busy, or 500
 * application_failed. */
result_t *application_verify(rps_t *rps, const caller_t *caller, const verify_t *verify,
                             const char *no, bool *force_activate, apr_pool_t *p);

/* May this name register, or sign in (MPinRegisterAllow url)? Only the name is in question: with no
 * key in its hand the application activates nothing. Refusals are those of application_verify; but
 * only 200 with a JSON object lets in. */
result_t *application_allows(rps_t *rps, const caller_t *caller, const char *name, const char *no,
                             apr_pool_t *p);

/* GET MPinPermitURL?mpin_id=: has the application withdrawn this device's access? NULL: no, or
 * there is no such URL. Else the refusal: identity_revoked with its status where that is one of
 * 401, 403 and 410, with 403 for all others; 429, 500. */
result_t *application_permits(rps_t *rps, const caller_t *caller, const char *mpin_id,
                              apr_pool_t *p);

#endif
