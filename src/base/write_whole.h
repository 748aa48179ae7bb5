/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_WRITE_WHOLE_H
#define MPIN_BASE_WRITE_WHOLE_H

#include <apr.h>
#include <stdbool.h>

/* Writes all of it to a file or pipe, however often write(2) is interrupted or takes a part only. False:
 * errno says why, and some of it may be written. It is not on the disk before an fsync. */
bool write_whole(int fd, const void *bytes, apr_size_t len);

#endif
