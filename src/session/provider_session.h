/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_PROVIDER_SESSION_H
#define MPIN_SESSION_PROVIDER_SESSION_H

#include "session/session.h"

/* Which sessions came of one at a provider, so that the provider's sign-out can end them: by a hash
 * of the trusted login's name and of what the provider calls its session. Noted behind; of two
 * sign-ins by one such session at the very same moment one may be missing. */

/* A session has begun. `life` is how long what came of it can go on. */
store_status_t provider_session_note(store_t *store, const char *name, const char *sid,
                                     const session_t *session, apr_time_t now,
                                     apr_interval_time_t life, apr_pool_t *p);

/* It has ended there: so do all that came of it. How many that were, in `*ended`. */
store_status_t provider_session_end(store_t *store, revocations_t *revocations, const char *name,
                                    const char *sid, apr_time_t now, int *ended, apr_pool_t *p);

#endif
