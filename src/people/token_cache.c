/* SPDX-License-Identifier: Apache-2.0 */
#include "people/token_cache.h"

#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 256 /* a power of two: the newest of two that share one stays */
#define BELIEVED apr_time_from_sec(60)

typedef struct token_slot_t {
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    apr_time_t until;
    token_pass_t pass;
} token_slot_t;

/* They have places of their own, so that guesses push out no good ones. */
typedef struct token_wrong_t {
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    apr_time_t until;
} token_wrong_t;

/* The hash is keyed by what only this process knows: nobody outside can choose what falls together. */
struct token_cache_t {
    unsigned char secret[crypto_shorthash_siphashx24_KEYBYTES];
    pthread_rwlock_t lock; /* of what follows */
    token_slot_t *slot[SLOTS];
    token_wrong_t wrong[SLOTS];
};

static apr_status_t token_cache_end(void *data)
{
    token_cache_t *cache = data;
    for (int i = 0; i < SLOTS; i++)
        free(cache->slot[i]);
    pthread_rwlock_destroy(&cache->lock);
    return APR_SUCCESS;
}

token_cache_t *token_cache_make(apr_pool_t *p)
{
    token_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    if (pthread_rwlock_init(&cache->lock, NULL))
        return NULL;
    randombytes_buf(cache->secret, sizeof(cache->secret));
    apr_pool_cleanup_register(p, cache, token_cache_end, apr_pool_cleanup_null);
    return cache;
}

static void hash_text(const token_cache_t *cache, const char *text, apr_size_t len,
                      unsigned char key[crypto_shorthash_siphashx24_BYTES])
{
    crypto_shorthash_siphashx24(key, (const unsigned char *)text, len, cache->secret);
}

/* A clock that was set back makes nothing hold longer. */
static bool holds_now(apr_time_t until, apr_time_t now)
{
    return now < until && now + BELIEVED >= until;
}

bool token_cache_get(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now,
                     token_pass_t *pass)
{
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    hash_text(cache, text, len, key);
    pthread_rwlock_rdlock(&cache->lock);
    const token_slot_t *slot = cache->slot[key[0] % SLOTS];
    const bool found =
        slot && holds_now(slot->until, now) && sodium_memcmp(slot->key, key, sizeof(key)) == 0;
    if (found)
        memcpy(pass, &slot->pass, sizeof(*pass));
    pthread_rwlock_unlock(&cache->lock);
    return found;
}

void token_cache_keep(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now,
                      const token_pass_t *pass)
{
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    hash_text(cache, text, len, key);
    pthread_rwlock_wrlock(&cache->lock);
    token_slot_t **slot = &cache->slot[key[0] % SLOTS];
    if (!*slot)
        *slot = malloc(sizeof(**slot));
    if (*slot) { /* else the store is asked each time */
        memcpy((*slot)->key, key, sizeof(key));
        memcpy(&(*slot)->pass, pass, sizeof(*pass));
        (*slot)->until = now + BELIEVED;
    }
    pthread_rwlock_unlock(&cache->lock);
}

bool token_cache_is_wrong(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now)
{
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    hash_text(cache, text, len, key);
    pthread_rwlock_rdlock(&cache->lock);
    const token_wrong_t *wrong = &cache->wrong[key[0] % SLOTS];
    const bool found =
        holds_now(wrong->until, now) && sodium_memcmp(wrong->key, key, sizeof(key)) == 0;
    pthread_rwlock_unlock(&cache->lock);
    return found;
}

void token_cache_keep_wrong(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now)
{
    unsigned char key[crypto_shorthash_siphashx24_BYTES];
    hash_text(cache, text, len, key);
    pthread_rwlock_wrlock(&cache->lock);
    token_wrong_t *wrong = &cache->wrong[key[0] % SLOTS];
    memcpy(wrong->key, key, sizeof(key));
    wrong->until = now + BELIEVED;
    pthread_rwlock_unlock(&cache->lock);
}

void token_cache_session(const access_token_t *token, const user_t *owner, apr_time_t now,
                         session_t *session)
{
    memset(session, 0, sizeof(*session));
    memcpy(session->id, token->handle, sizeof(session->id));
    memcpy(session->family, token->handle, sizeof(session->family));
    memcpy(session->uid, token->uid, sizeof(session->uid));
    session->version = owner->version;
    session->started = session->auth_time = session->proven[FACTOR_TOKEN] = token->created;
    session->seen = (uint32_t)apr_time_sec(now);
    session->expires = token->expires;
    session->amr = AMR_TOKEN | (token->open ? AMR_OPEN : 0);
    session->told = token->told;
    apr_cpystrn(session->name, owner->name, sizeof(session->name));
    apr_cpystrn(session->provider, token->provider, sizeof(session->provider));
}
