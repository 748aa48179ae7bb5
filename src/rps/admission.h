/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ADMISSION_H
#define MPIN_RPS_ADMISSION_H

#include "rps/room.h"

/* A proof was right: may this identity sign in? It and its user are looked at once more, and
 * whether the name is still allowed here, and still there. NULL: this is who they say. */
result_t *rps_admit(rps_t *rps, const caller_t *caller, const unsigned char handle[HANDLE_BYTES],
                    identity_t *identity, user_t *user, apr_pool_t *p);

/* NULL, or 403 way_closed for an identity whose name was proven in a way that does not count. */
result_t *rps_way_open(rps_t *rps, const identity_t *identity, apr_pool_t *p);

/* Is an identity whose name was proven in this way one here? Where that way is open today, or a
 * weaker one is (docs/identity.md, "Where an identity counts"). */
bool rps_origin_counts(const rps_settings_t *settings, origin_t origin);

#endif
