/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_SECRET_FILE_H
#define MPIN_KEYS_SECRET_FILE_H

#include <sys/stat.h>
#include "keys/secret.h"

/* Files that hold a secret: plain files that only their owner can read, who starts httpd or is
 * root. */

/* The first line of such a file, 1 to `max` printable bytes without blanks; `len` counts no NUL,
 * one follows. Read by the parent, before privileges are dropped. NULL: `*why` is one sentence with
 * the mend. */
secret_t *secret_file_line(const char *path, apr_size_t max, apr_pool_t *p, const char **why);

/* A fault of the file's owner, rights or kind, with the mend; NULL when it has none. */
const char *secret_file_unsafe(const struct stat *info);

/* The file's bytes and a NUL; NULL when it can't be read or is larger than `max`. */
secret_t *secret_file_whole(int fd, apr_off_t size, apr_off_t max, apr_pool_t *p);

#endif
