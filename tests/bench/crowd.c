/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a site's store with people who are signed in, each once: `crowd STORE KEYFILE COUNT`, run
 * by who starts that httpd, while it is stopped. */
#include <apr_general.h>
#include <dlfcn.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "session/signed_in.h"

/* As in revoke.c: nothing here need survive a power cut. */
int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode)
{
    int (*lmdb)(MDB_env *, const char *, unsigned int, mdb_mode_t);
    *(void **)(&lmdb) = dlsym(RTLD_NEXT, "mdb_env_open");
    return lmdb(env, path, flags | MDB_NOSYNC, mode);
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "crowd: %s: %s\n", what, why);
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

static bool come(store_t *store, apr_pool_t *p)
{
    const uint32_t now = (uint32_t)apr_time_sec(apr_time_now());
    session_t session = {.version = 1, .started = now, .expires = now + 28800};

    randombytes_buf(session.family, sizeof session.family);
    randombytes_buf(session.uid, sizeof session.uid);
    randombytes_buf(session.identity, sizeof session.identity);
    return signed_in_note(store, &session, "Chrome on Linux", "192.0.2.7", p) == STORE_OK;
}

static bool fill(store_t *store, long count, apr_pool_t *p)
{
    apr_pool_t *one;

    apr_pool_create(&one, p);
    for (long i = 0; i < count; i++) {
        if (!come(store, one))
            return false;
        apr_pool_clear(one);
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
        return fail("usage", "crowd STORE KEYFILE COUNT");
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
        return fail(argv[1], "no more can be signed in");
    apr_pool_destroy(p);
    return 0;
}
