/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_UTC_H
#define MPIN_BASE_UTC_H

#include <apr_pools.h>
#include <apr_time.h>

/* "2026-11-30T20:10:30Z" (RFC 3339) for programs: what is less than a second is cut off. For people:
 * texts_moment (notice/texts.h). */
const char *utc_text(apr_time_t when, apr_pool_t *p);

#endif
