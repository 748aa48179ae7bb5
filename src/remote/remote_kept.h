/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_KEPT_H
#define MPIN_REMOTE_REMOTE_KEPT_H

#include <apr_pools.h>
#include <apr_time.h>

/* clientSettings as they were rebuilt a moment ago, for all threads. */
typedef struct remote_kept_t remote_kept_t;

remote_kept_t *remote_kept_make(apr_pool_t *p);

/* Text in the pool; NULL when there is none, or it was kept too long ago. */
const char *remote_kept(remote_kept_t *kept, apr_time_t now, apr_pool_t *p);
void remote_keep(remote_kept_t *kept, const char *text, apr_time_t now);

#endif
