#ifndef MPIN_REMOTE_REMOTE_ID_H
#define MPIN_REMOTE_REMOTE_ID_H

#include <apr_pools.h>
#include <jansson.h>

/* What an mpinId (hex) that an RPS elsewhere made holds, and the name in it, which is not judged
 * yet; NULL where it is none. */
const json_t *remote_mpin_id(const char *mpin_id, apr_pool_t *p);
const char *remote_user_id(const char *mpin_id, apr_pool_t *p);

#endif
