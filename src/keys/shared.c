/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/shared.h"

#include <apr_strings.h>
#include <pthread.h>
#include <string.h>

typedef struct shared_thing_t {
    keys_shared_maker_t *make;
    const char *purpose;
    void *thing;
    struct shared_thing_t *next;
} shared_thing_t;

struct keys_shared_t {
    const struct keys_t *keys;
    pthread_mutex_t mutex; /* of what follows */
    apr_pool_t *p;         /* with an allocator of its own, as other threads make pools too */
    shared_thing_t *things;
};

static apr_status_t shared_end(void *data)
{
    keys_shared_t *shared = data;
    pthread_mutex_destroy(&shared->mutex);
    return APR_SUCCESS;
}

keys_shared_t *keys_shared_make(const struct keys_t *keys, apr_pool_t *p)
{
    apr_allocator_t *allocator;
    keys_shared_t *shared = apr_pcalloc(p, sizeof *shared);
    shared->keys = keys;
    if (apr_allocator_create(&allocator))
        return NULL;
    if (apr_pool_create_ex(&shared->p, p, NULL, allocator)) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, shared->p);
    pthread_mutex_init(&shared->mutex, NULL);
    apr_pool_cleanup_register(p, shared, shared_end, apr_pool_cleanup_null);
    return shared;
}

static void *find_or_make(keys_shared_t *shared, keys_shared_maker_t *make, const char *purpose)
{
    for (shared_thing_t *there = shared->things; there; there = there->next)
        if (there->make == make && !strcmp(there->purpose, purpose))
            return there->thing;

    void *thing = make(shared->keys, purpose, shared->p);
    if (!thing)
        return NULL;
    shared_thing_t *made = apr_palloc(shared->p, sizeof *made);
    *made = (shared_thing_t){make, apr_pstrdup(shared->p, purpose), thing, shared->things};
    shared->things = made;
    return thing;
}

void *keys_shared(keys_shared_t *shared, keys_shared_maker_t *make, const char *purpose)
{
    pthread_mutex_lock(&shared->mutex);
    void *thing = find_or_make(shared, make, purpose);
    pthread_mutex_unlock(&shared->mutex);
    return thing;
}

secret_t *keys_shared_secret(keys_shared_t *shared, apr_size_t len)
{
    pthread_mutex_lock(&shared->mutex);
    secret_t *made = secret_make(shared->p, len);
    pthread_mutex_unlock(&shared->mutex);
    return made;
}
