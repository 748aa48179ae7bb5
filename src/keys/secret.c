/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

/* The live secrets, for secret_lock_again. Empty again before the module is unloaded, because every
 * secret goes with its pool. */
typedef struct live_t {
    secret_t secret;
    struct live_t *next;
} live_t;

static live_t *all;
static pthread_mutex_t all_mutex = PTHREAD_MUTEX_INITIALIZER;

static apr_status_t secret_free(void *data)
{
    live_t *gone = data;

    pthread_mutex_lock(&all_mutex);
    live_t **link = &all;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    pthread_mutex_unlock(&all_mutex);

    sodium_free(gone->secret.bytes);
    return APR_SUCCESS;
}

secret_t *secret_make(apr_pool_t *p, apr_size_t len)
{
    if (sodium_init() < 0)
        return NULL;
    live_t *made = apr_pcalloc(p, sizeof *made);
    made->secret.bytes = sodium_malloc(len);
    if (!made->secret.bytes)
        return NULL;
    made->secret.len = len;
    memset(made->secret.bytes, 0, len);

    pthread_mutex_lock(&all_mutex);
    made->next = all;
    all = made;
    pthread_mutex_unlock(&all_mutex);

    apr_pool_cleanup_register(p, made, secret_free, apr_pool_cleanup_null);
    return &made->secret;
}

bool secret_lock_again(void)
{
    bool locked = true;

    pthread_mutex_lock(&all_mutex);
    for (live_t *live = all; live; live = live->next)
        locked = !mlock(live->secret.bytes, live->secret.len) && locked;
    pthread_mutex_unlock(&all_mutex);
    return locked;
}
