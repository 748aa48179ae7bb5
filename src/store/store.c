#include "store/front.h"

#include <apr_strings.h>
#include <string.h>

static const store_backend_t *const backends[] = {&store_lmdb};

/* ---- opening ------------------------------------------------------------------------------- */

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
    const char *rest = backend ? backend->read(word + strlen(backend->scheme), root, p) : NULL;
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
        *why = "MPinStoreSize must be between 8 MB and 3 GB";
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

uint64_t store_generation(const store_t *store)
{
    return store->backend->generation(store->state);
}

apr_time_t store_boot_time(const store_t *store)
{
    return store->backend->boot_time(store->state);
}

/* ---- what every operation needs ------------------------------------------------------------- */

bool store_key_fits(store_t *store, const char *key)
{
    apr_size_t len = 0;
    while (len <= STORE_KEY_MAX && key[len] > ' ' && key[len] < 127)
        len++;
    if (len > 0 && len <= STORE_KEY_MAX && !key[len])
        return true;
    if (log_may_say(&store->said_unfit))
        log_error(store->log, "MPIN0101",
                  "A store key is empty, too long or not printable: this is a mistake in the "
                  "module, please report it.");
    return false;
}

bool store_record_fits(store_t *store, apr_size_t len)
{
    if (len <= STORE_RECORD_MAX)
        return true;
    if (log_may_say(&store->said_unfit))
        log_error(store->log, "MPIN0102",
                  "A store record of %lu bytes is too long (limit %d): this is a mistake in the "
                  "module, please report it.",
                  (unsigned long)len, STORE_RECORD_MAX);
    return false;
}

store_status_t store_unseal(store_t *store, const record_name_t *name, const store_raw_t *raw,
                            unsigned char *data, apr_size_t *len, apr_time_t *expires)
{
    store_status_t status =
        record_open(store->sealer, name, apr_time_now(), raw, data, len, expires);
    if (status == STORE_DOWN && log_may_say(&store->said_unopened))
        log_error(store->log, "MPIN0103",
                  "A record in the store does not open: it was damaged, forged or sealed by a key "
                  "that is no longer in MPinKeyFile, or this machine's clock was set back. Nobody "
                  "is let in on its account. Restore the store and the key file from the same "
                  "backup.");
    return status;
}

/* ---- records -------------------------------------------------------------------------------- */

/* An edit of one record: what the caller wants, what came of it. */
typedef struct record_edit_t {
    const store_record_t *seen; /* swap */
    store_raw_t fresh;
    apr_time_t now;
    apr_pool_t *p; /* take: where `taken` goes */
    store_raw_t taken;
    store_status_t status;
} record_edit_t;

static store_status_t edit_record(store_t *store, store_class_t in, const char *key,
                                  store_editor_t editor, record_edit_t *edit)
{
    edit->now = apr_time_now();
    store_status_t status = store->backend->edit(store->state, in, key, editor, edit);
    return status ? status : edit->status;
}

/* As edit_record, for an edit that writes a record: seals it first. */
static store_status_t edit_sealed(store_t *store, store_class_t in, const char *key,
                                  store_editor_t editor, record_edit_t *edit, const void *data,
                                  apr_size_t len, apr_time_t expires)
{
    if (!store_key_fits(store, key) || !store_record_fits(store, len))
        return STORE_DOWN;
    record_name_t name;
    unsigned char raw[RECORD_RAW_MAX];
    record_name(&name, in, RECORD_DATA, key);
    if (!record_seal(store->sealer, &name, apr_time_now(), expires, data, len, raw))
        return STORE_DOWN;
    edit->fresh = (store_raw_t){raw, len + RECORD_OVERHEAD};
    return edit_record(store, in, key, editor, edit);
}

static store_status_t unseal_record(store_t *store, store_class_t in, const char *key,
                                    const store_raw_t *raw, apr_pool_t *p, store_record_t *record)
{
    record_name_t name;
    unsigned char *data = apr_palloc(p, raw->len);
    record_name(&name, in, RECORD_DATA, key);
    *record = (store_record_t){.data = data, .raw = raw->bytes, .raw_len = raw->len};
    return store_unseal(store, &name, raw, data, &record->len, &record->expires);
}

/* A value on its way out of the backend. */
typedef struct copy_t {
    apr_pool_t *p;
    store_raw_t raw;
} copy_t;

static void copy_out(void *baton, const store_raw_t *raw)
{
    copy_t *copy = baton;
    copy->raw = (store_raw_t){apr_pmemdup(copy->p, raw->bytes, raw->len), raw->len};
}

store_status_t store_get(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                         store_record_t *record)
{
    copy_t copy = {.p = p};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = store->backend->view(store->state, in, key, copy_out, &copy);
    return status ? status : unseal_record(store, in, key, &copy.raw, p, record);
}

static store_edit_t write_anyway(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    (void)old;
    *fresh = edit->fresh;
    return EDIT_WRITE;
}

store_status_t store_put(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires)
{
    record_edit_t edit = {0};
    return edit_sealed(store, in, key, write_anyway, &edit, data, len, expires);
}

static store_edit_t write_if_none(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    edit->status = record_live(old, edit->now) ? STORE_EXISTS : STORE_OK;
    *fresh = edit->fresh;
    return edit->status ? EDIT_KEEP : EDIT_WRITE;
}

store_status_t store_add(store_t *store, store_class_t in, const char *key, const void *data,
                         apr_size_t len, apr_time_t expires)
{
    record_edit_t edit = {0};
    return edit_sealed(store, in, key, write_if_none, &edit, data, len, expires);
}

static store_edit_t write_if_seen(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    bool same = record_live(old, edit->now) && old->len == edit->seen->raw_len &&
                memcmp(old->bytes, edit->seen->raw, old->len) == 0;
    edit->status = same ? STORE_OK : STORE_CHANGED;
    *fresh = edit->fresh;
    return same ? EDIT_WRITE : EDIT_KEEP;
}

store_status_t store_swap(store_t *store, store_class_t in, const char *key,
                          const store_record_t *seen, const void *data, apr_size_t len,
                          apr_time_t expires)
{
    record_edit_t edit = {.seen = seen};
    return edit_sealed(store, in, key, write_if_seen, &edit, data, len, expires);
}

static store_edit_t take_out(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    record_edit_t *edit = baton;
    (void)fresh;
    if (!record_live(old, edit->now)) {
        edit->status = STORE_MISSING;
        return EDIT_KEEP;
    }
    edit->status = STORE_OK;
    edit->taken = (store_raw_t){apr_pmemdup(edit->p, old->bytes, old->len), old->len};
    return EDIT_ERASE;
}

store_status_t store_take(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                          store_record_t *record)
{
    record_edit_t edit = {.p = p};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = edit_record(store, in, key, take_out, &edit);
    return status ? status : unseal_record(store, in, key, &edit.taken, p, record);
}

static store_edit_t erase_any(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    (void)baton;
    (void)fresh;
    return old->len ? EDIT_ERASE : EDIT_KEEP;
}

store_status_t store_delete(store_t *store, store_class_t in, const char *key)
{
    record_edit_t edit = {0};
    return store_key_fits(store, key) ? edit_record(store, in, key, erase_any, &edit) : STORE_DOWN;
}

/* ---- counters ------------------------------------------------------------------------------- */

typedef struct count_edit_t {
    int64_t n;
    apr_time_t now;
    apr_time_t expires;
    int64_t total;
    store_status_t status;
    unsigned char raw[RECORD_COUNT_BYTES];
} count_edit_t;

static store_edit_t add_up(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    count_edit_t *edit = baton;
    apr_time_t expires = edit->expires;
    int64_t value = 0;
    edit->status = STORE_OK;
    if (record_live(old, edit->now)) {
        apr_time_t own = record_expires(old);
        if (!record_count_read(old, &value)) {
            edit->status = STORE_DOWN;
            return EDIT_KEEP;
        }
        if (own == 0 || (expires != 0 && own > expires))
            expires = own;
    }
    if (__builtin_add_overflow(value, edit->n, &edit->total))
        edit->total = INT64_MAX;
    if (edit->total < 0)
        edit->total = 0;
    if (edit->total == value)
        return EDIT_KEEP;
    record_count_write(edit->raw, edit->total, expires);
    *fresh = (store_raw_t){edit->raw, sizeof(edit->raw)};
    return EDIT_WRITE;
}

static void view_count(void *baton, const store_raw_t *raw)
{
    count_edit_t *edit = baton;
    if (record_live(raw, edit->now) && !record_count_read(raw, &edit->total))
        edit->status = STORE_DOWN;
}

store_status_t store_count(store_t *store, store_class_t in, const char *key, int64_t n,
                           apr_time_t expires, int64_t *total)
{
    count_edit_t edit = {.n = n, .now = apr_time_now(), .expires = expires};
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    store_status_t status = n == 0 ? store->backend->view(store->state, in, key, view_count, &edit)
                                   : store->backend->edit(store->state, in, key, add_up, &edit);
    *total = edit.total;
    return status && status != STORE_MISSING ? status : edit.status;
}
