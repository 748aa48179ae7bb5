/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/secret_file.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 4096 /* bytes of a file with one line that counts */

const char *secret_file_unsafe(const struct stat *info)
{
    if (!S_ISREG(info->st_mode))
        return "is not a regular file; name one that is";
    if (info->st_uid != geteuid() && info->st_uid)
        return "belongs to another user; chown it to who starts httpd";
    if (info->st_mode & (S_IRWXG | S_IRWXO))
        return "is open to its group or the world; chmod 600 it";
    return NULL;
}

secret_t *secret_file_whole(int fd, apr_off_t size, apr_off_t max, apr_pool_t *p)
{
    secret_t *text = size <= max ? secret_make(p, (apr_size_t)size + 1) : NULL;
    apr_size_t have = 0;

    while (text && have < (apr_size_t)size) {
        ssize_t got = read(fd, text->bytes + have, (size_t)size - have);
        if (!got || (got < 0 && errno != EINTR))
            return NULL;
        have += got > 0 ? (apr_size_t)got : 0;
    }
    return text;
}

/* Bytes of the first line; 0 for one that is no secret. */
static apr_size_t line_length(const secret_t *text, apr_size_t max)
{
    apr_size_t len = 0;
    while (text->bytes[len] > ' ' && text->bytes[len] <= '~')
        len++;
    const unsigned char end = text->bytes[len];
    return len <= max && (!end || end == '\n' || end == '\r') ? len : 0;
}

static secret_t *first_line(int fd, apr_size_t max, apr_pool_t *p, const char **what)
{
    struct stat info;
    *what = "can't be examined; check the file system";
    if (fstat(fd, &info) || (*what = secret_file_unsafe(&info)))
        return NULL;
    secret_t *text = secret_file_whole(fd, info.st_size, FILE_MAX, p);
    const apr_size_t len = text ? line_length(text, max) : 0;
    secret_t *line = len ? secret_make(p, len + 1) : NULL;
    *what = apr_psprintf(
        p, "does not begin with a line of 1 to %" APR_SIZE_T_FMT " printable bytes; write one",
        max);
    if (!line)
        return NULL;
    memcpy(line->bytes, text->bytes, len);
    line->len = len;
    return line;
}

secret_t *secret_file_line(const char *path, apr_size_t max, apr_pool_t *p, const char **why)
{
    const char *what = NULL;
    /* O_NONBLOCK: a pipe in its place doesn't hold us up. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        what = apr_psprintf(p, "can't be opened (%s); it is read by who starts httpd",
                            strerror(errno));
    secret_t *line = fd >= 0 ? first_line(fd, max, p, &what) : NULL;
    if (fd >= 0)
        close(fd);
    if (!line)
        *why = apr_psprintf(p, "%s %s", path, what);
    return line;
}
