/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGGED_MAX 64

static pthread_mutex_t logged_lock = PTHREAD_MUTEX_INITIALIZER;
static char logged[LOGGED_MAX][16];
static int logged_count;

static void remember(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton;
    (void)level;
    if (getenv("STORE_LOG"))
        fprintf(stderr, "# %s %s\n", id, text);
    pthread_mutex_lock(&logged_lock);
    apr_cpystrn(logged[logged_count++ % LOGGED_MAX], id, sizeof(logged[0]));
    pthread_mutex_unlock(&logged_lock);
}

static const log_sink_t sink = {remember, NULL, LOG_LEVEL_DEBUG};

int fixture_logged(const char *id)
{
    int count = 0;
    pthread_mutex_lock(&logged_lock);
    for (int i = 0; i < logged_count && i < LOGGED_MAX; i++)
        count += strcmp(logged[i], id) == 0;
    pthread_mutex_unlock(&logged_lock);
    return count;
}

typedef struct dir_t {
    pid_t pid;
    const char *path;
} dir_t;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static apr_status_t remove_dir(void *baton)
{
    const dir_t *dir = baton;
    if (dir->pid == getpid())
        nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return APR_SUCCESS;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "# fixture: %s: %s\n", what, why ? why : "");
    abort();
}

const char *fixture_dir(apr_pool_t *p)
{
    dir_t *dir = apr_palloc(p, sizeof(*dir));
    const char *tmp = getenv("TMPDIR");
    char *path = apr_pstrcat(p, tmp ? tmp : "/tmp", "/mpin-store-XXXXXX", NULL);
    if (!mkdtemp(path))
        die("mkdtemp", path);
    *dir = (dir_t){getpid(), path};
    apr_pool_cleanup_register(p, dir, remove_dir, apr_pool_cleanup_null);
    return path;
}

keys_t *fixture_keys(apr_pool_t *p, const char *dir, const char *name)
{
    const char *path = apr_pstrcat(p, dir, "/keys/", name, NULL), *why = NULL;
    keys_t *keys = NULL;
    if (keys_create(path, NULL, p, &why) ||
        keys_open(&keys, path, NULL, (apr_uid_t)geteuid(), p, &why))
        die("keys", why);
    return keys;
}

store_fixture_t *fixture_make(apr_pool_t *p)
{
    const char *why = NULL;
    store_fixture_t *fixture = apr_pcalloc(p, sizeof(*fixture));
    fixture->home = p;
    fixture->dir = fixture_dir(p);
    fixture->keys = fixture_keys(p, fixture->dir, "mpin.keys");
    fixture->settings = (store_settings_t){
        .url = apr_pstrcat(p, "lmdb:", fixture->dir, "/store", NULL),
        .quota = (apr_off_t)64 << 20,
        .keys = fixture->keys,
        .uid = (apr_uid_t)geteuid(),
        .gid = (apr_gid_t)getegid(),
        .log = &sink,
    };
    if (store_prepare(&fixture->settings, p, &why))
        die("store_prepare", why);
    return fixture;
}

store_t *fixture_open(store_fixture_t *fixture)
{
    const char *why = NULL;
    apr_pool_create(&fixture->p, NULL);
    if (store_open(&fixture->store, &fixture->settings, fixture->p, &why))
        die("store_open", why);
    return fixture->store;
}

void fixture_close(store_fixture_t *fixture)
{
    if (fixture->p)
        apr_pool_destroy(fixture->p);
    fixture->p = NULL;
    fixture->store = NULL;
}

static apr_status_t close_it(void *baton)
{
    fixture_close(baton);
    return APR_SUCCESS;
}

store_fixture_t *fixture_store(apr_pool_t *p)
{
    store_fixture_t *fixture = fixture_make(p);
    fixture_open(fixture);
    apr_pool_cleanup_register(p, fixture, close_it, apr_pool_cleanup_null);
    return fixture;
}
