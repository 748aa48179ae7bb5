/* SPDX-License-Identifier: Apache-2.0 */
#include "session/provider_session.h"

#include <sodium.h>
#include <string.h>

#include "store/key.h"

/* provider-session:<hash>, behind: families, 16 bytes each, the newest first */
#define FAMILIES_MAX 8

static const char *provider_session_key(const char *name, const char *sid, apr_pool_t *p)
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)name, strlen(name) + 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)sid, strlen(sid));
    crypto_hash_sha256_final(&state, hash);
    return store_key("provider-session", hash, sizeof hash, p);
}

store_status_t provider_session_note(store_t *store, const char *name, const char *sid,
                                     const session_t *session, apr_time_t now,
                                     apr_interval_time_t life, apr_pool_t *p)
{
    const char *key = provider_session_key(name, sid, p);
    unsigned char families[FAMILIES_MAX * SESSION_ID_BYTES];
    apr_size_t len = SESSION_ID_BYTES;
    store_record_t record;
    const store_status_t status = store_get(store, STORE_BEHIND, key, p, &record);
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    memcpy(families, session->family, SESSION_ID_BYTES);
    for (apr_size_t at = 0;
         status == STORE_OK && at + SESSION_ID_BYTES <= record.len && len < sizeof families;
         at += SESSION_ID_BYTES) {
        if (memcmp(record.data + at, session->family, SESSION_ID_BYTES) == 0)
            continue;
        memcpy(families + len, record.data + at, SESSION_ID_BYTES);
        len += SESSION_ID_BYTES;
    }
    return store_put(store, STORE_BEHIND, key, families, len, now + life);
}

store_status_t provider_session_end(store_t *store, revocations_t *revocations, const char *name,
                                    const char *sid, apr_time_t now, int *ended, apr_pool_t *p)
{
    const char *key = provider_session_key(name, sid, p);
    store_record_t record;
    *ended = 0;
    store_status_t status = store_get(store, STORE_BEHIND, key, p, &record);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    for (apr_size_t at = 0; status == STORE_OK && at + SESSION_ID_BYTES <= record.len;
         at += SESSION_ID_BYTES) {
        status = revocations_add(revocations, REVOKE_FAMILY, record.data + at, 0, now, now);
        *ended += status == STORE_OK;
    }
    return status == STORE_OK ? store_delete(store, STORE_BEHIND, key) : status;
}
