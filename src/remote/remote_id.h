/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_ID_H
#define MPIN_REMOTE_REMOTE_ID_H

#include <apr_pools.h>
#include <jansson.h>

/* The object in an mpinId (hex) that an RPS elsewhere made, and the name in that, which is not
 * judged yet; NULL where it is none. */
const json_t *remote_mpin_id(const char *mpin_id, apr_pool_t *p);
const char *remote_user_id(const char *mpin_id, apr_pool_t *p);

#endif
