/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a store on LMDB: checked, made, prepared. */
#include "store/lmdb.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "base/hex.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_CHARS 36
#define DIR_MAX 200

/* The directory while it is prepared. */
typedef struct lmdb_place_t {
    const char *dir;
    int fd;
    apr_pool_t *p;
    const char *why;
} lmdb_place_t;

static store_status_t place_failed(lmdb_place_t *place, const char *what)
{
    int error = errno;
    const char *mend = error == EACCES || error == EPERM    ? ": it must belong to httpd's user"
                       : error == ENOSPC || error == EDQUOT ? ": make room on its disk"
                                                            : "";
    place->why = apr_psprintf(place->p, "%s in the store's directory %s: %s%s", what, place->dir,
                              strerror(error), mend);
    return error == ENOSPC || error == EDQUOT || error == EIO ? STORE_FULL : STORE_DOWN;
}

/* ---- where a store may lie ------------------------------------------------------------------- */

const char *lmdb_directory(const char *url)
{
    return url + strlen(LMDB_SCHEME);
}

/* LMDB needs one machine's page cache and locks; statfs(2) lists the numbers. */
static const char *bad_filesystem(const struct statfs *fs)
{
    static const struct {
        unsigned long type;
        const char *why;
    } bad[] = {
        {0x01021994, "a tmpfs, which forgets everybody's PIN at the next boot"},
        {0x858458f6, "a ramfs, which forgets everybody's PIN at the next boot"},
        {0x6969, "on NFS"},
        {0x517b, "on SMB"},
        {0xff534d42, "on SMB"},
        {0xfe534d42, "on SMB"},
        {0x65735546, "on FUSE"},
        {0x01021997, "on 9P"},
        {0x00c36400, "on Ceph"},
        {0x0bd00bd0, "on Lustre"},
        {0x5346414f, "on AFS"},
    };
    for (apr_size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if ((unsigned long)fs->f_type == bad[i].type)
            return bad[i].why;
    return NULL;
}

bool lmdb_filesystem(const char *dir, struct statfs *fs, apr_pool_t *p)
{
    char *at = apr_pstrdup(p, dir);
    for (char *slash; statfs(at, fs); *slash = 0)
        if (!(slash = strrchr(at, '/')) || slash == at)
            return false;
    return true;
}

const char *lmdb_refuses(const char *url, apr_pool_t *p)
{
    const char *dir = lmdb_directory(url);
    struct statfs fs;
    if (dir[0] != '/' || !dir[1] || strlen(dir) > DIR_MAX)
        return "it must be \"lmdb:\" and the full path of a directory, as in "
               "lmdb:/var/lib/apache2/mpin/store";
    const char *bad = lmdb_filesystem(dir, &fs, p) ? bad_filesystem(&fs) : NULL;
    return bad ? apr_psprintf(p, "it must be on a local disk, and %s is %s", dir, bad) : NULL;
}

bool lmdb_exists(const char *url, apr_pool_t *p)
{
    struct stat st;
    return stat(apr_pstrcat(p, lmdb_directory(url), "/lasting/data.mdb", NULL), &st) == 0 &&
           st.st_size > 0;
}

/* ---- its small files ------------------------------------------------------------------------- */

/* The text of a small file, without the end of its line; NULL with errno. */
static char *read_small(int dir, const char *name, apr_pool_t *p)
{
    char text[128];
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    int error = errno;
    close(fd);
    errno = error;
    if (len < 0)
        return NULL;
    text[len] = 0;
    text[strcspn(text, "\n")] = 0;
    return apr_pstrdup(p, text);
}

/* Whole or not at all, and on disk. */
static bool write_small(int dir, const char *name, const char *text)
{
    unlinkat(dir, "new", 0);
    int fd = openat(dir, "new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    apr_size_t len = strlen(text);
    ssize_t wrote = write(fd, text, len);
    if (wrote >= 0 && (apr_size_t)wrote != len)
        errno = ENOSPC;
    bool done = wrote == (ssize_t)len && fsync(fd) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return done && renameat(dir, "new", dir, name) == 0 && fsync(dir) == 0;
}

/* ---- what is prepared ------------------------------------------------------------------------ */

static store_status_t check_filesystem(lmdb_place_t *place)
{
    struct statfs fs;
    if (fstatfs(place->fd, &fs))
        return place_failed(place, "the filesystem can't be seen");
    const char *bad = bad_filesystem(&fs);
    if (!bad)
        return STORE_OK;
    place->why = apr_psprintf(
        place->p, "the store's directory %s is %s: name one on a local disk in MPinStore",
        place->dir, bad);
    return STORE_DOWN;
}

/* Records sealed by one key file can't be used with another. */
static store_status_t check_key_id(lmdb_place_t *place, const keys_t *keys)
{
    const char *id = hex_encode(place->p, keys_id(keys), KEY_ID_BYTES);
    const char *recorded = read_small(place->fd, "key", place->p);
    if (recorded) {
        if (strcmp(recorded, id) == 0)
            return STORE_OK;
        place->why = apr_psprintf(place->p,
                                  "the store in %s was sealed by another key file (%.8s..., not "
                                  "%.8s...): set MPinKeyFile to that one, or MPinStore to another "
                                  "directory",
                                  place->dir, recorded, id);
        return STORE_DOWN;
    }
    if (errno != ENOENT)
        return place_failed(place, "the file \"key\" can't be read");
    if (faccessat(place->fd, "lasting/data.mdb", F_OK, 0) == 0) {
        place->why = apr_psprintf(place->p,
                                  "the store in %s holds records, but its file \"key\" is missing: "
                                  "restore it from the same backup",
                                  place->dir);
        return STORE_DOWN;
    }
    return write_small(place->fd, "key", apr_pstrcat(place->p, id, "\n", NULL))
               ? STORE_OK
               : place_failed(place, "the file \"key\" can't be written");
}

/* After a boot what was written without fsync may be torn: it is dropped. */
static store_status_t check_boot(lmdb_place_t *place, const log_sink_t *log)
{
    const char *boot_id = read_small(AT_FDCWD, BOOT_ID, place->p);
    struct timespec up;
    if (!boot_id || strlen(boot_id) != BOOT_ID_CHARS || clock_gettime(CLOCK_BOOTTIME, &up))
        return place_failed(place, "the kernel doesn't tell " BOOT_ID ", which is needed");
    const char *recorded = read_small(place->fd, "boot", place->p);
    if (recorded && strncmp(recorded, boot_id, BOOT_ID_CHARS) == 0)
        return STORE_OK;
    if (!recorded && errno != ENOENT)
        return place_failed(place, "the file \"boot\" can't be read");
    if ((unlinkat(place->fd, "fleeting/data.mdb", 0) && errno != ENOENT) ||
        (unlinkat(place->fd, "fleeting/lock.mdb", 0) && errno != ENOENT))
        return place_failed(place, "what was fleeting before the last boot can't be dropped");
    if (recorded)
        log_info(log, "MPIN0111",
                 "The machine has booted: the fleeting part of the store in %s starts empty.",
                 place->dir);
    apr_time_t booted = apr_time_now() - apr_time_from_sec(up.tv_sec) - up.tv_nsec / 1000;
    return write_small(place->fd, "boot",
                       apr_psprintf(place->p, "%s %" APR_TIME_T_FMT "\n", boot_id, booted))
               ? STORE_OK
               : place_failed(place, "the file \"boot\" can't be written");
}

/* LMDB maps the lock file and writes to it: in a sparse one, a full disk would be a SIGBUS. So it
 * gets its full size in real zeros before LMDB sees it; what is there is never touched. */
static store_status_t fill_lock(lmdb_place_t *place, const char *name)
{
    static const unsigned char zeros[LMDB_LOCK_BYTES];
    struct stat st;
    /* Not opened if complete: closing it would drop LMDB's locks, were it open in this process. */
    if (fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size >= LMDB_LOCK_BYTES)
        return STORE_OK;
    int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st))
        return place_failed(place, "a lock file can't be made");
    apr_size_t missing = (apr_size_t)(LMDB_LOCK_BYTES - st.st_size);
    ssize_t wrote = pwrite(fd, zeros, missing, st.st_size);
    if (wrote >= 0 && (apr_size_t)wrote != missing)
        errno = ENOSPC;
    bool done = wrote == (ssize_t)missing && fsync(fd) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return done ? STORE_OK : place_failed(place, "a lock file can't be filled");
}

static store_status_t make_part(lmdb_place_t *place, const char *name)
{
    if (mkdirat(place->fd, name, 0700) && errno != EEXIST)
        return place_failed(place, "its parts can't be made");
    return fill_lock(place, apr_pstrcat(place->p, name, "/lock.mdb", NULL));
}

static store_status_t prepare_dir(lmdb_place_t *place, const store_settings_t *settings)
{
    place->fd = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->fd < 0)
        return place_failed(place, "nothing can be done");
    store_status_t status = STORE_OK;
    if (flock(place->fd, LOCK_EX)) /* another httpd may start with the same store */
        status = place_failed(place, "no lock can be had");
    if (status == STORE_OK)
        status = check_filesystem(place);
    if (status == STORE_OK)
        status = check_key_id(place, settings->keys);
    if (status == STORE_OK)
        status = check_boot(place, settings->log);
    if (status == STORE_OK)
        status = make_part(place, "fleeting");
    if (status == STORE_OK)
        status = make_part(place, "lasting");
    close(place->fd);
    return status;
}

/* ---- as whom --------------------------------------------------------------------------------- */

/* The user who starts httpd makes the directory itself, and gives one that it made to httpd's. */
static store_status_t make_store_dir(lmdb_place_t *place, const store_settings_t *settings)
{
    char *parent = apr_pstrdup(place->p, place->dir);
    char *slash = strrchr(parent, '/');
    if (slash > parent) {
        *slash = 0;
        apr_dir_make_recursive(parent, 0x0755, place->p); /* a failure is mkdir's as well */
    }
    if (mkdir(place->dir, 0700))
        return errno == EEXIST ? STORE_OK : place_failed(place, "it can't be made");
    if (geteuid() != 0)
        return STORE_OK;
    int fd = open(place->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return place_failed(place, "it can't be opened");
    store_status_t status = fchown(fd, settings->uid, settings->gid) == 0
                                ? STORE_OK
                                : place_failed(place, "it can't be given to httpd's user");
    close(fd);
    return status;
}

/* Inside it, root acts as httpd's user: the owner of a directory could have laid links for root there.
 * Root's other groups are laid down as well, as they may open more than its user's do. */
static store_status_t prepare_as_user(lmdb_place_t *place, const store_settings_t *settings)
{
    const gid_t gid = getegid();
    const int count = getgroups(0, NULL);
    gid_t *groups =
        apr_palloc(place->p, ((apr_size_t)(count > 0 ? count : 0) + 1) * sizeof *groups);
    store_status_t status;
    if (count < 0 || getgroups(count, groups) != count)
        return place_failed(place, "root's groups can't be told");
    if (setgroups(1, &settings->gid) || setegid(settings->gid) || seteuid(settings->uid))
        status = place_failed(place, "httpd's user can't be acted for");
    else
        status = prepare_dir(place, settings);
    if (seteuid(0) || setegid(gid) || setgroups((size_t)count, groups))
        abort(); /* httpd can't go on as somebody else */
    return status;
}

store_status_t lmdb_prepare(const store_settings_t *settings, apr_pool_t *p, const char **why)
{
    lmdb_place_t place = {.dir = lmdb_directory(settings->url), .p = p};
    store_status_t status = make_store_dir(&place, settings);
    if (status == STORE_OK)
        status = geteuid() == 0 && settings->uid != 0 ? prepare_as_user(&place, settings)
                                                      : prepare_dir(&place, settings);
    *why = place.why;
    return status;
}

bool lmdb_boot_time(const char *dir, apr_pool_t *p, apr_time_t *booted)
{
    const char *now = read_small(AT_FDCWD, BOOT_ID, p);
    const char *recorded = read_small(AT_FDCWD, apr_pstrcat(p, dir, "/boot", NULL), p);
    if (!now || !recorded || strncmp(recorded, now, BOOT_ID_CHARS) != 0 ||
        recorded[BOOT_ID_CHARS] != ' ')
        return false;
    *booted = apr_atoi64(recorded + BOOT_ID_CHARS + 1);
    return true;
}
