/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_PATH_H
#define MPIN_BASE_PATH_H

#include <apr_pools.h>

/* The full name of a file or directory, without "." and ".." and without a slash at its end; a
 * relative `name` lies below `root`. NULL when the name is empty, or none that APR takes. */
const char *path_full(const char *name, const char *root, apr_pool_t *p);

#endif
