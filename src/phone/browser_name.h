/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_BROWSER_NAME_H
#define MPIN_PHONE_BROWSER_NAME_H

#include <apr_pools.h>

/* "Chrome on Linux" of a User-Agent (NULL: none): always two of a handful of words of our own,
 * never anything of what was sent. People see it on their phone; nothing is decided by it. */
const char *browser_name(const char *user_agent, apr_pool_t *p);

#endif
