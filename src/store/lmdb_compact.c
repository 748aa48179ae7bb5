/* SPDX-License-Identifier: Apache-2.0 */
/* A store's files written anew, without the pages that nothing uses. A process that had the old file
 * open would go on writing into it: so nobody may have it open, which the lock file says, and whoever
 * opens it meanwhile waits. */
#include "store/lmdb.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct compacting_t {
    const char *dir, *file, *beside;
    int lock;
} compacting_t;

static compacting_t part_of(const store_settings_t *settings, const char *name, apr_pool_t *p)
{
    compacting_t part = {.dir = apr_pstrcat(p, lmdb_directory(settings->url), "/", name, NULL),
                         .lock = -1};
    part.file = apr_pstrcat(p, part.dir, "/data.mdb", NULL);
    part.beside = apr_pstrcat(p, part.file, ".new", NULL);
    return part;
}

/* LMDB locks the first byte: shared by everybody who has it open, alone by who makes the lock file. */
static store_status_t lock_part(compacting_t *part, apr_pool_t *p, const char **why)
{
    struct flock alone = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    const char *name = apr_pstrcat(p, part->dir, "/lock.mdb", NULL);
    part->lock = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (part->lock < 0) {
        *why = apr_psprintf(p, "%s can't be opened: %s", name, strerror(errno));
        return STORE_DOWN;
    }
    if (fcntl(part->lock, F_SETLK, &alone) == 0)
        return STORE_OK;
    *why =
        "httpd, or another mpinctl, has the store open, and would go on writing into the old files";
    return STORE_EXISTS;
}

static store_status_t open_part(lmdb_env_t **env, const compacting_t *part, unsigned flags,
                                const store_settings_t *settings, apr_pool_t *p, const char **why)
{
    const lmdb_env_settings_t set = {.dir = part->dir,
                                     .name = "compacted",
                                     .flags = flags,
                                     .map = lmdb_map_bytes(part->dir, settings->quota, p),
                                     .quota = settings->quota,
                                     .log = settings->log};
    return lmdb_env_open(env, &set, p, why);
}

/* Without LMDB's own lock, as closing what has it would let go of ours. */
static store_status_t copy_part(const compacting_t *part, const store_settings_t *settings,
                                apr_pool_t *p, const char **why)
{
    lmdb_env_t *env;
    store_status_t status = open_part(&env, part, MDB_RDONLY | MDB_NOLOCK, settings, p, why);
    if (status != STORE_OK)
        return status;
    unlink(part->beside);
    const int fd = open(part->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    *why = apr_psprintf(p, "%s can't be written: is there room on its disk?", part->beside);
    status = fd >= 0 ? lmdb_env_copy(env, fd) : STORE_DOWN;
    if (fd >= 0 && (fsync(fd) || close(fd)))
        status = STORE_DOWN;
    lmdb_env_close(env);
    return status;
}

static bool sync_part(const compacting_t *part)
{
    const int dir = open(part->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = dir >= 0 && fsync(dir) == 0;
    if (dir >= 0)
        close(dir);
    return synced;
}

/* Opening it while it is ours alone makes the lock file's contents anew, which still tell of the old
 * file's transactions; only then may those who wait for it go on. */
static store_status_t put_part(const compacting_t *part, const store_settings_t *settings,
                               apr_pool_t *p, const char **why)
{
    lmdb_env_t *env;
    if (rename(part->beside, part->file) || !sync_part(part)) {
        *why = apr_psprintf(p, "%s can't be put into place: %s", part->beside, strerror(errno));
        return STORE_DOWN;
    }
    const store_status_t status = open_part(&env, part, 0, settings, p, why);
    if (status == STORE_OK)
        lmdb_env_close(env);
    return status;
}

static apr_off_t size_of(const compacting_t *part)
{
    struct stat st;
    return stat(part->file, &st) ? 0 : st.st_size;
}

static store_status_t compact_part(compacting_t *part, const store_settings_t *settings,
                                   store_compacted_t *sizes, apr_pool_t *p, const char **why)
{
    const apr_off_t before = size_of(part);
    store_status_t status = copy_part(part, settings, p, why);
    if (status == STORE_OK)
        status = put_part(part, settings, p, why);
    unlink(part->beside);
    sizes->before += before;
    sizes->after += size_of(part);
    return status;
}

store_status_t lmdb_compact(const store_settings_t *settings, store_compacted_t *sizes,
                            apr_pool_t *p, const char **why)
{
    compacting_t parts[] = {part_of(settings, "fleeting", p), part_of(settings, "lasting", p)};
    store_status_t status = STORE_OK;
    *sizes = (store_compacted_t){0, 0};
    for (int i = 0; status == STORE_OK && i < 2; i++)
        status = lock_part(&parts[i], p, why);
    for (int i = 0; status == STORE_OK && i < 2; i++)
        status = compact_part(&parts[i], settings, sizes, p, why);
    for (int i = 0; i < 2; i++)
        if (parts[i].lock >= 0)
            close(parts[i].lock);
    return status;
}
