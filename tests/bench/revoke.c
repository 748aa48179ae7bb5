/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a site's store with revocations of sessions that nobody has: `revoke STORE KEYFILE COUNT`,
 * run by who starts that httpd, while it is stopped. */
#include <apr_general.h>
#include <dlfcn.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "session/revocation.h"

/* Takes the place of LMDB's own: what is written here need not survive a power cut, and a hundred
 * thousand waits for a disk would take minutes. */
int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode)
{
    int (*lmdb)(MDB_env *, const char *, unsigned int, mdb_mode_t);
    *(void **)(&lmdb) = dlsym(RTLD_NEXT, "mdb_env_open");
    return lmdb(env, path, flags | MDB_NOSYNC, mode);
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "revoke: %s: %s\n", what, why);
    return 1;
}

/* The store is that of the user whom httpd's children run as. */
static bool become_owner(const char *dir)
{
    struct stat st;
    if (stat(dir, &st))
        return false;
    return st.st_uid == geteuid() || (!setgid(st.st_gid) && !setuid(st.st_uid));
}

static bool fill(store_t *store, long count, apr_pool_t *p)
{
    static const revoke_kind_t kinds[] = {REVOKE_SESSION, REVOKE_FAMILY, REVOKE_IDENTITY};
    const apr_time_t now = apr_time_now();
    revocations_t *revocations;

    if (revocations_make(&revocations, store, p))
        return false;
    for (long i = 0; i < count; i++) {
        unsigned char id[16];
        randombytes_buf(id, sizeof id);
        if (revocations_add(revocations, kinds[i % 3], id, 0, now, now + apr_time_from_sec(28800)))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    apr_pool_t *p;
    keys_t *keys;
    store_t *store;
    const char *why = "";

    if (argc != 4 || strncmp(argv[1], "lmdb:", 5) || sodium_init() < 0)
        return fail("usage", "revoke STORE KEYFILE COUNT");
    apr_initialize();
    apr_pool_create(&p, NULL);
    if (keys_open(&keys, argv[2], NULL, (apr_uid_t)geteuid(), p, &why))
        return fail(argv[2], why);
    if (!become_owner(argv[1] + strlen("lmdb:")))
        return fail(argv[1], "not the store of a user whom we can be");
    const store_settings_t settings = {.url = argv[1],
                                       .quota = (apr_off_t)1 << 30,
                                       .keys = keys,
                                       .uid = geteuid(),
                                       .gid = getegid()};
    if (store_open(&store, &settings, p, &why))
        return fail(argv[1], why);
    if (!fill(store, atol(argv[3]), p))
        return fail(argv[1], "revocations can't be added");
    apr_pool_destroy(p);
    return 0;
}
