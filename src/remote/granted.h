/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_GRANTED_H
#define MPIN_REMOTE_GRANTED_H

#include "rps/pending.h"

/* Identities that an RPS elsewhere issues. A grant by /mpinVerify waits for the identity's first
 * login; then it is one of ours, so that it can be listed and revoked, and its user disabled. */

#define GRANTED_OF_STRANGERS 1800 /* an hour, in all */
#define GRANTED_OF_USERS PENDING_OF_USERS
#define GRANTED_OPEN_SECONDS 7200 /* strangers' grants are fleeting, and wait so long */

/* The registration of this identity is granted, as `pending` has it. Again for the same: the later
 * counts. */
store_status_t granted_keep(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            const pending_t *pending, apr_time_t now, apr_pool_t *p);

/* STORE_MISSING: nothing was granted, or it is used or too old. */
store_status_t granted_find(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            pending_t *pending, apr_pool_t *p);

/* The RPS says that this identity of that canonical name has proven itself. NULL: it is one of
 * ours, or has become so. One that was granted nothing is older than this site: it is taken over
 * where MPinRegisterAllow lists its name; where strangers may register, only the first of a name
 * that is nobody's yet. */
result_t *granted_become(rps_t *rps, const caller_t *caller, const mpin_id_t *id, const char *name,
                         apr_pool_t *p);

#endif
