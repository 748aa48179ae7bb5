/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_ELSEWHERE_H
#define MPIN_WEB_ELSEWHERE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

/* Cookies of one name can lie at several paths and domains, and nothing in a request says where one
 * came from (RFC 6265, section 5.4): planted ones, or ours from before MPinCookiePath,
 * MPinCookieDomain or MPinPublicURL were changed. A browser deletes one only where it lies. */

/* Adds to `lines` (of const char *) a Set-Cookie line for each place from which a browser can have
 * sent the cookie `name` with a request for `path` (as it stands in the request line) at `host`:
 * at most ELSEWHERE_MAX. */
#define ELSEWHERE_MAX 48
void elsewhere_clear(apr_array_header_t *lines, const char *name, const char *host,
                     const char *path, bool https, apr_pool_t *p);

#endif
