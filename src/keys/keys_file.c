/* SPDX-License-Identifier: Apache-2.0 */
/* The key file itself: looked at, read, made. */
#include "keys/keys.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_whole.h"
#include "keys/keys_text.h"
#include "keys/secret_file.h"

#define GROUPS_MAX 256

static const char *directory_of(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? "/" : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
}

/* Where nothing is known about the user, it is taken to be in every group. */
static bool is_in_group(uid_t user, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    const struct passwd *entry = getpwuid(user);
    if (!entry || getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) < 0)
        return true;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool can_write(uid_t user, const struct stat *dir)
{
    return dir->st_uid == user || dir->st_mode & S_IWOTH ||
           (dir->st_mode & S_IWGRP && is_in_group(user, dir->st_gid));
}

/* The first directory of `path`'s that `user` could put another one in place of, or NULL. Above the
 * innermost, a sticky one is safe (/tmp): nobody can rename another's file there. */
static const char *replaceable(const char *path, uid_t user, apr_pool_t *p)
{
    char dir[PATH_MAX];
    if (!realpath(directory_of(path, p), dir))
        return path;

    for (bool innermost = true;; innermost = false) {
        struct stat st;
        if (stat(dir, &st) ||
            (can_write(user, &st) && (innermost || st.st_uid == user || !(st.st_mode & S_ISVTX))))
            return apr_pstrdup(p, dir);
        if (!strcmp(dir, "/"))
            return NULL;
        char *last = strrchr(dir, '/');
        last[last == dir] = '\0';
    }
}

static keys_status_t refuse_key_file(keys_status_t status, const char **why, apr_pool_t *p,
                                     const char *path, const char *what)
{
    *why = apr_psprintf(p, "key file %s %s", path, what);
    return status;
}

static keys_status_t read_file(keys_t **keys, int fd, const char *path, const secret_t *passphrase,
                               apr_pool_t *p, apr_pool_t *scratch, const char **why)
{
    struct stat st;
    if (fstat(fd, &st))
        return refuse_key_file(KEYS_UNREADABLE, why, p, path,
                               "can't be examined; check the file system");
    const char *unsafe = secret_file_unsafe(&st);
    if (unsafe)
        return refuse_key_file(KEYS_UNSAFE, why, p, path, unsafe);

    secret_t *text = secret_file_whole(fd, st.st_size, KEYS_TEXT_MAX, scratch);
    if (!text)
        return refuse_key_file(KEYS_BROKEN, why, p, path,
                               "can't be read whole; restore it from a copy");
    const char *what;
    keys_status_t status = keys_parse(keys, text, passphrase, p, &what);
    return status ? refuse_key_file(status, why, p, path, what) : KEYS_OK;
}

keys_status_t keys_open(keys_t **keys, const char *path, const secret_t *passphrase,
                        apr_uid_t httpd_uid, apr_pool_t *p, const char **why)
{
    /* O_NONBLOCK: a pipe in its place doesn't hold us up. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ENOENT)
            return refuse_key_file(KEYS_MISSING, why, p, path,
                                   "doesn't exist; start httpd once to have it made");
        if (errno == ELOOP)
            return refuse_key_file(KEYS_UNSAFE, why, p, path,
                                   "is a symbolic link; name the file itself");
        return refuse_key_file(KEYS_UNREADABLE, why, p, path,
                               apr_psprintf(p,
                                            "can't be opened (%s); it is read by who starts httpd",
                                            strerror(errno)));
    }
    const char *dir = httpd_uid != geteuid() ? replaceable(path, httpd_uid, p) : NULL;
    keys_status_t status;
    if (dir) {
        *why = apr_psprintf(
            p,
            "key file %s: the user that httpd runs as can write the directory %s; move the "
            "file or take that right away",
            path, dir);
        status = KEYS_UNSAFE;
    } else {
        apr_pool_t *scratch;
        apr_pool_create(&scratch, p);
        status = read_file(keys, fd, path, passphrase, p, scratch, why);
        apr_pool_destroy(scratch);
    }
    close(fd);
    return status;
}

static bool sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && !fsync(fd);
    if (fd >= 0)
        close(fd);
    return synced;
}

/* Written beside and then put into place, so that a crash leaves no half file: by link(), which never
 * replaces, or by rename(). */
typedef int (*put_t)(const char *from, const char *to);

static bool write_file(const char *dir, const char *path, const secret_t *text, put_t put,
                       apr_pool_t *p)
{
    const char *beside = apr_psprintf(p, "%s.%ld.new", path, (long)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool done = write_whole(fd, text->bytes, text->len) && !fsync(fd) && !put(beside, path) &&
                sync_dir(dir);
    int error = errno;
    close(fd);
    unlink(beside);
    errno = error;
    return done;
}

/* The directories above the key file's own, which is for its owner alone. */
static void make_parents(const char *file, apr_pool_t *p)
{
    char *dir = apr_pstrdup(p, file);
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(dir, '/');
        if (slash)
            *slash = '\0';
    }
    if (*dir)
        apr_dir_make_recursive(dir, 0x0755, p); /* APR's way to write rwxr-xr-x */
}

keys_status_t keys_place(const char *path, const secret_t *text, apr_pool_t *p, const char **why)
{
    const char *dir = directory_of(path, p);
    make_parents(path, p);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return refuse_key_file(KEYS_UNREADABLE, why, p, path,
                               apr_psprintf(p, "can't be made: mkdir %s: %s; make the directory",
                                            dir, strerror(errno)));
    if (write_file(dir, path, text, link, p))
        return KEYS_OK;
    return refuse_key_file(
        errno == EEXIST ? KEYS_EXISTS : KEYS_UNREADABLE, why, p, path,
        apr_psprintf(p, "can't be made: %s; check the directory", strerror(errno)));
}

keys_status_t keys_replace(const char *path, const secret_t *text, apr_pool_t *p, const char **why)
{
    if (write_file(directory_of(path, p), path, text, rename, p))
        return KEYS_OK;
    return refuse_key_file(
        KEYS_UNREADABLE, why, p, path,
        apr_psprintf(p, "can't be written: %s; run mpinctl as root", strerror(errno)));
}

keys_status_t keys_create(const char *path, const secret_t *passphrase, apr_pool_t *p,
                          const char **why)
{
    apr_pool_t *scratch;
    apr_pool_create(&scratch, p);
    secret_t *text = keys_fresh(scratch);
    if (text && passphrase)
        text = keys_text_seal(text, passphrase, scratch);
    const keys_status_t status =
        text ? keys_place(path, text, p, why)
             : refuse_key_file(KEYS_UNREADABLE, why, p, path, "can't be made: out of memory");
    apr_pool_destroy(scratch);
    return status;
}

const secret_t *keys_bytes(const char *path, apr_pool_t *p)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    secret_t *text = fd >= 0 && !fstat(fd, &st) && !secret_file_unsafe(&st)
                         ? secret_file_whole(fd, st.st_size, KEYS_TEXT_MAX, p)
                         : NULL;
    if (fd >= 0)
        close(fd);
    if (text)
        text->len--; /* the NUL */
    return text;
}
