/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_COOKIE_HEADER_H
#define MPIN_WEB_COOKIE_HEADER_H

#include <apr_pools.h>
#include <stdbool.h>

/* A cookie's value, in the header that brought it: nothing ends it but `len`. */
typedef struct cookie_value_t {
    const char *text; /* NULL when it did not come, or came more than once */
    apr_size_t len;
} cookie_value_t;

/* One cookie of ours, as a request brought it. */
typedef struct cookie_t {
    const char *name;
    cookie_value_t value;
    int times;
} cookie_t;

/* Takes the cookies of `wanted` out of a Cookie header (RFC 6265, read as loosely as anybody behind
 * us might read it). The first of their names is what the others begin with. The header without
 * them: `header` itself when it held none, NULL when nothing is left. */
const char *cookie_header_take(const char *header, cookie_t wanted[], int count, apr_pool_t *p);

/* True where the Set-Cookie line sets the cookie `name`. */
bool cookie_header_sets(const char *line, const char *name);

#endif
