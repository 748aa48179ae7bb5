/* SPDX-License-Identifier: Apache-2.0 */
/* Stores named, prepared, opened and closed. */
#include "store/sealed.h"

#include <apr_strings.h>
#include <string.h>

static const store_backend_t *const backends[] = {&store_lmdb};

static const store_backend_t *backend_of(const char *url)
{
    for (apr_size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strncmp(url, backends[i]->scheme, strlen(backends[i]->scheme)) == 0)
            return backends[i];
    return NULL;
}

/* Not built yet, and expected: by redis.io's own schemes, and by what hiredis calls a socket's. */
static bool is_redis(const char *word)
{
    return !strncmp(word, "redis:", 6) || !strncmp(word, "rediss:", 7) ||
           !strncmp(word, "unix:", 5);
}

const char *store_url_read(const char **url, const char *word, const char *root, apr_pool_t *p)
{
    if (is_redis(word))
        return "Redis is not part of this version; write " STORE_URL_FORM;
    const store_backend_t *backend = backend_of(word);
    const char *rest = backend ? backend->read_url(word + strlen(backend->scheme), root, p) : NULL;
    if (!rest)
        return apr_psprintf(p, "\"%.80s\" is no store; write " STORE_URL_FORM, word);
    *url = apr_pstrcat(p, backend->scheme, rest, NULL);
    return NULL;
}

const char *store_directory(const char *url)
{
    const store_backend_t *backend = backend_of(url);
    return backend ? backend->directory(url) : NULL;
}

const char *store_refuses(const char *url, apr_pool_t *p)
{
    const store_backend_t *backend = backend_of(url);
    return backend ? backend->refuses(url, p)
                   : "it must be \"lmdb:\" and the full path of a directory, as in "
                     "lmdb:/var/lib/apache2/mpin/store";
}

const char *store_refuses_size(const char *url, apr_off_t quota, apr_pool_t *p)
{
    const store_backend_t *backend = backend_of(url);
    return backend ? backend->refuses_size(url, quota, p) : NULL;
}

bool store_exists(const char *url, apr_pool_t *p)
{
    const store_backend_t *backend = backend_of(url);
    return backend && backend->exists(url, p);
}

/* NULL where these settings can't be a store's. */
static const store_backend_t *backend_for(const store_settings_t *settings, apr_pool_t *p,
                                          const char **why)
{
    *why = store_refuses(settings->url, p);
    if (!*why && (settings->quota < STORE_QUOTA_MIN || settings->quota > STORE_QUOTA_MAX))
        *why = "MPinStoreSize must be between 8 MB and 256 GB";
    if (!*why)
        *why = store_refuses_size(settings->url, settings->quota, p);
    return *why ? NULL : backend_of(settings->url);
}

store_status_t store_prepare(const store_settings_t *settings, apr_pool_t *p, const char **why)
{
    const store_backend_t *backend = backend_for(settings, p, why);
    return backend ? backend->prepare(settings, p, why) : STORE_DOWN;
}

static apr_status_t store_close(void *baton)
{
    store_t *store = baton;
    store->backend->close(store->state);
    return APR_SUCCESS;
}

store_status_t store_open(store_t **opened, const store_settings_t *settings, apr_pool_t *p,
                          const char **why)
{
    const store_backend_t *backend = backend_for(settings, p, why);
    if (!backend)
        return STORE_DOWN;
    store_t *store = apr_pcalloc(p, sizeof(*store));
    store->backend = backend;
    store->log = settings->log;
    store->sealer = sealer_make(settings->keys, "store", -1, p);
    if (!store->sealer) {
        *why = "no memory for the keys that seal the store";
        return STORE_DOWN;
    }
    store_status_t status = backend->open(&store->state, settings, p, why);
    if (status)
        return status;
    apr_pool_cleanup_register(p, store, store_close, apr_pool_cleanup_null);
    *opened = store;
    return STORE_OK;
}

store_status_t store_fill(store_t *store, store_fill_t fill[STORE_PARTS])
{
    return store->backend->fill(store->state, fill);
}

store_status_t store_copy(store_t *store, int fd)
{
    return store->backend->copy(store->state, fd);
}

store_status_t store_load(const store_settings_t *settings, const store_source_t *source,
                          apr_pool_t *p, const char **why)
{
    const store_backend_t *backend = backend_for(settings, p, why);
    return backend ? backend->load(settings, source, p, why) : STORE_DOWN;
}

store_status_t store_compact(const store_settings_t *settings, store_compacted_t *sizes,
                             apr_pool_t *p, const char **why)
{
    const store_backend_t *backend = backend_for(settings, p, why);
    return backend ? backend->compact(settings, sizes, p, why) : STORE_DOWN;
}

uint64_t store_generation(const store_t *store)
{
    return store->backend->generation(store->state);
}

const log_sink_t *store_log_sink(const store_t *store)
{
    return store->log;
}

apr_time_t store_boot_time(const store_t *store)
{
    return store->backend->boot_time(store->state);
}
