/* SPDX-License-Identifier: Apache-2.0 */
#include "base/write_whole.h"

#include <errno.h>
#include <unistd.h>

bool write_whole(int fd, const void *bytes, apr_size_t len)
{
    for (const char *from = bytes; len;) {
        const ssize_t put = write(fd, from, len);
        if (put < 0 && errno != EINTR)
            return false;
        from += put > 0 ? put : 0;
        len -= put > 0 ? (apr_size_t)put : 0;
    }
    return true;
}
