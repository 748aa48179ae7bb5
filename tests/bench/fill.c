/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a site's store with revocations of sessions that nobody has, or with people who are signed
 * in, each once: `fill revocations|people STORE KEYFILE COUNT`, run by who starts that httpd, while
 * it is stopped. */
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
#include "session/signed_in.h"

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
    fprintf(stderr, "fill: %s: %s\n", what, why);
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

static bool fill_revocations(store_t *store, long count, apr_pool_t *p)
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

static bool come(store_t *store, apr_pool_t *p)
{
    const uint32_t now = (uint32_t)apr_time_sec(apr_time_now());
    session_t session = {.version = 1, .started = now, .expires = now + 28800};

    randombytes_buf(session.family, sizeof session.family);
    randombytes_buf(session.uid, sizeof session.uid);
    randombytes_buf(session.identity, sizeof session.identity);
    return signed_in_note(store, &session, "Chrome on Linux", "192.0.2.7", p) == STORE_OK;
}

static bool fill_people(store_t *store, long count, apr_pool_t *p)
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

    const bool people = argc == 5 && !strcmp(argv[1], "people");
    if (argc != 5 || (!people && strcmp(argv[1], "revocations")) || strncmp(argv[2], "lmdb:", 5) ||
        sodium_init() < 0)
        return fail("usage", "fill revocations|people STORE KEYFILE COUNT");
    apr_initialize();
    apr_pool_create(&p, NULL);
    if (keys_open(&keys, argv[3], NULL, (apr_uid_t)geteuid(), p, &why))
        return fail(argv[3], why);
    if (!become_owner(argv[2] + strlen("lmdb:")))
        return fail(argv[2], "not the store of a user whom we can be");
    const store_settings_t settings = {.url = argv[2],
                                       .quota = (apr_off_t)1 << 30,
                                       .keys = keys,
                                       .uid = geteuid(),
                                       .gid = getegid()};
    if (store_open(&store, &settings, p, &why))
        return fail(argv[2], why);
    if (!(people ? fill_people : fill_revocations)(store, atol(argv[4]), p))
        return fail(argv[2], "no more can be added");
    apr_pool_destroy(p);
    return 0;
}
