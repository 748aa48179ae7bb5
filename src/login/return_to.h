/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_RETURN_TO_H
#define MPIN_LOGIN_RETURN_TO_H

#include <apr_pools.h>
#include <stdbool.h>

/* A place on our own origin: a path that begins with one '/' and neither '//' nor '/\', without
 * control characters, backslashes, or '%' forms of these, at most `max` bytes; else NULL. The
 * browser's resulting host must be ours whatever it does with the value. */
const char *return_to_path(const char *value, apr_size_t max, apr_pool_t *p);

/* The path of such a place, or of a URL, as people are told where they are going: without host,
 * query and fragment, cut where it is long; "" for none and for "/". */
const char *return_to_shown(const char *value, apr_pool_t *p);

#endif
