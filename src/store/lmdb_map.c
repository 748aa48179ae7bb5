/* SPDX-License-Identifier: Apache-2.0 */
/* How large things are: the fleeting part of a store, and the address space that its files are mapped
 * in, and whether there is so much. */
#include "store/lmdb.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define MAP_LEAST ((apr_size_t)4 << 30)
#define TYPE_FAT 0x4d44 /* statfs(2) */

apr_off_t lmdb_fleeting_part(apr_off_t size)
{
    const apr_off_t quarter = size / 4;
    return quarter < STORE_FLEETING_LEAST && size >= STORE_FLEETING_LEAST / 3 * 4
               ? STORE_FLEETING_LEAST
               : quarter;
}

/* Steps of two, so that few changes of the size change the map: a process that still works with a
 * smaller one is outgrown only when the file passes its end. Where the size is lowered, what is there
 * must go on fitting, and its changes. */
apr_size_t lmdb_map_bytes(const char *dir, apr_off_t quota, apr_pool_t *p)
{
    struct stat st;
    const char *file = apr_pstrcat(p, dir, "/data.mdb", NULL);
    const apr_off_t most = stat(file, &st) == 0 && st.st_size > quota ? st.st_size : quota;
    apr_size_t map = MAP_LEAST;
    while (map / 4 * 3 < (apr_size_t)most)
        map *= 2;
    return map;
}

/* Asks the system itself: a limit (ulimit -v), the processor's address space and what else is mapped
 * all count. Nothing can be written there, so that no overcommit limit does. */
static bool has_room(apr_size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

const char *lmdb_refuses_size(const char *url, apr_off_t quota, apr_pool_t *p)
{
    const char *dir = lmdb_directory(url);
    const apr_size_t map = lmdb_map_bytes(apr_pstrcat(p, dir, "/fleeting", NULL), quota, p) +
                           lmdb_map_bytes(apr_pstrcat(p, dir, "/lasting", NULL), quota, p);
    struct statfs fs;
    if (map > 2 * MAP_LEAST && lmdb_filesystem(dir, &fs, p) && fs.f_type == TYPE_FAT)
        return apr_psprintf(p,
                            "%s is on FAT, where no file is larger than 4 GB; write MPinStoreSize "
                            "3G at most, or MPinStore on another disk",
                            dir);
    if (!has_room(map))
        return apr_psprintf(p,
                            "a store of this size needs %d GB of address space, which is not to be "
                            "had; raise the limit (ulimit -v, LimitAS=), or write a smaller "
                            "MPinStoreSize",
                            (int)(map >> 30));
    return NULL;
}
