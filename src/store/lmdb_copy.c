/* SPDX-License-Identifier: Apache-2.0 */
/* How full a store is; and all that lasts of it, out of it and into a new one. */
#include "store/lmdb.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_whole.h"

#define COPY_STEP 65536 /* bytes */

store_status_t lmdb_fill(void *state, store_fill_t fill[STORE_PARTS])
{
    lmdb_t *lmdb = state;
    const store_status_t status = lmdb_env_fill(lmdb->lasting, &fill[0]);
    return status ? status : lmdb_env_fill(lmdb->fleeting, &fill[1]);
}

/* Behind records that wait in the fleeting part are moved first: a copy has none of that part. */
store_status_t lmdb_copy(void *state, int fd)
{
    lmdb_t *lmdb = state;
    bool more = true;
    store_status_t status = STORE_OK;
    while (status == STORE_OK && more)
        status = lmdb_behind_move(lmdb, &more);
    return status == STORE_OK ? lmdb_env_copy(lmdb->lasting, fd) : status;
}

/* Only a source that says itself that it is at its end was whole. */
static bool fill_file(int fd, const store_source_t *source, apr_pool_t *p, const char **why)
{
    char *bytes = apr_palloc(p, COPY_STEP);
    apr_size_t len, all = 0;
    *why = "the copy is damaged, or not whole";
    do {
        if (!source->read(source->baton, bytes, COPY_STEP, &len))
            return false;
        if (!write_whole(fd, bytes, len)) {
            *why = apr_psprintf(p, "the store can't be written: %s", strerror(errno));
            return false;
        }
        all += len;
    } while (len);
    if (!all)
        return false;
    *why = "the store can't be written: its disk fails";
    return fsync(fd) == 0;
}

/* Written beside, so that a copy that ends half-way leaves a store without records. */
store_status_t lmdb_load(const store_settings_t *settings, const store_source_t *source,
                         apr_pool_t *p, const char **why)
{
    const char *dir = apr_pstrcat(p, lmdb_directory(settings->url), "/lasting", NULL);
    const char *file = apr_pstrcat(p, dir, "/data.mdb", NULL);
    const char *beside = apr_pstrcat(p, file, ".new", NULL);
    struct stat st;
    if (stat(file, &st) == 0) {
        *why = apr_psprintf(p, "the store in %s has records", lmdb_directory(settings->url));
        return STORE_EXISTS;
    }
    unlink(beside);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        *why = apr_psprintf(p, "%s can't be made: %s", beside, strerror(errno));
        return STORE_DOWN;
    }
    bool done = fill_file(fd, source, p, why);
    close(fd);
    if (done && rename(beside, file)) {
        *why = apr_psprintf(p, "%s can't be made: %s", file, strerror(errno));
        done = false;
    }
    if (!done)
        unlink(beside);
    return done ? STORE_OK : STORE_DOWN;
}
