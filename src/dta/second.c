/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/second.h"

#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/peer.h"
#include "dta/sign.h"

#define TOTAL_MS 3000
#define ANSWER_MAX 4096
#define RETRY apr_time_from_sec(1)
#define GOOD_FOR apr_time_from_sec(60)

typedef struct second_dta_t {
    const char *url, *pin; /* `pin`: the store's key */
    const keys_app_t *app;
    const dta_t *ours;
    store_t *store;
    peer_t peer;
    const log_sink_t *log;

    pthread_mutex_t mutex;
    secret_t *share; /* the pinned one */
    bool known;      /* ... is here */
    apr_time_t asked;
    dta_status_t last; /* what came of it */
    int told;          /* the last of it that was logged */
} second_dta_t;

/* ---- one question ---------------------------------------------------------------------------- */

static bool sum_with_ours(const second_dta_t *second, apr_time_t now,
                          const unsigned char share[MPIN_G2_BYTES],
                          unsigned char sum[MPIN_G2_BYTES], apr_pool_t *p)
{
    unsigned char ours[MPIN_G2_BYTES];
    bool done = dta_server_secret(second->ours, now, ours, p) == DTA_OK &&
                mpin_recombine_g2(ours, share, sum) == MPIN_ACCEPTED;
    sodium_memzero(ours, sizeof ours);
    return done;
}

/* NULL, or why what came is no share. */
static const char *read_share(const second_dta_t *second, apr_time_t now,
                              const peer_answer_t *answer, unsigned char share[MPIN_G2_BYTES],
                              apr_pool_t *p)
{
    unsigned char sum[MPIN_G2_BYTES];
    if (answer->outcome != PEER_OK)
        return answer->why;
    if (answer->status != 200)
        return apr_psprintf(p, "it answers %d", answer->status);
    const char *text = json_text(answer->json, "serverSecret", 2 * MPIN_G2_BYTES);
    if (!text || !hex_decode(text, share, MPIN_G2_BYTES))
        return "its answer holds no server secret of this curve";
    bool good = sum_with_ours(second, now, share, sum, p);
    sodium_memzero(sum, sizeof sum);
    return good ? NULL : "its server secret is no point of the group";
}

static const char *fetch_share(const second_dta_t *second, apr_time_t now,
                               unsigned char share[MPIN_G2_BYTES], apr_pool_t *p)
{
    const peer_question_t question = {
        .method = "GET",
        .url = apr_pstrcat(p, second->url, "serverSecret?",
                           dta_sign_server_secret(second->app, now, p), NULL),
        .total_ms = TOTAL_MS,
        .max = ANSWER_MAX};
    const peer_answer_t answer = peer_ask(&second->peer, &question, p);
    return read_share(second, now, &answer, share, p);
}

/* ---- the pinned share ------------------------------------------------------------------------ */

static store_status_t load_pinned(second_dta_t *second, apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(second->store, STORE_LASTING, second->pin, p, &record);
    if (status == STORE_OK && record.len != MPIN_G2_BYTES)
        status = STORE_DOWN;
    if (status == STORE_OK) {
        memcpy(second->share->bytes, record.data, MPIN_G2_BYTES);
        second->known = true;
    }
    return status;
}

/* The first share of a store, on record before anything is made with it. */
static bool pin_share(second_dta_t *second, const unsigned char share[MPIN_G2_BYTES], apr_pool_t *p)
{
    store_status_t status =
        store_add(second->store, STORE_LASTING, second->pin, share, MPIN_G2_BYTES, 0);
    if (status != STORE_OK && status != STORE_EXISTS)
        return false;
    return load_pinned(second, p) == STORE_OK;
}

/* Told when it changes, not at every try. */
static dta_status_t second_told(second_dta_t *second, dta_status_t status, const char *why)
{
    __atomic_store_n(&second->last, status, __ATOMIC_RELAXED);
    if (second->told == (int)status)
        return status;
    if (status == DTA_DOWN)
        log_error(second->log, "MPIN0523",
                  "the second D-TA %s gives no server secret: %s; it is asked again", second->url,
                  why);
    else if (status == DTA_CHANGED)
        log_error(second->log, "MPIN0524",
                  "the second D-TA %s gives another server secret than at first: nobody gets a PIN "
                  "until it has its old key file back",
                  second->url);
    else if (second->told)
        log_warn(second->log, "MPIN0525", "the second D-TA %s answers again", second->url);
    second->told = (int)status;
    return status;
}

/* Under the mutex, as all that follow. */
static dta_status_t ask_second(second_dta_t *second, apr_time_t now, apr_pool_t *p)
{
    unsigned char share[MPIN_G2_BYTES];
    second->asked = now;
    const char *why = fetch_share(second, now, share, p);
    if (!why && !second->known && !pin_share(second, share, p))
        why = "our store can't keep it";
    bool same = !why && sodium_memcmp(share, second->share->bytes, sizeof share) == 0;
    log_debug(second->log, "MPIN0783", "the second D-TA was asked: %s",
              why    ? why
              : same ? "its server secret is the one that is pinned"
                     : "its server secret is not the one that is pinned");
    sodium_memzero(share, sizeof share);
    if (why)
        return second_told(second, DTA_DOWN, why);
    return second_told(second, same ? DTA_OK : DTA_CHANGED, NULL);
}

static dta_status_t sum_of_both(second_dta_t *second, apr_time_t now,
                                unsigned char sum[MPIN_G2_BYTES], apr_pool_t *p)
{
    if (!second->known && load_pinned(second, p) == STORE_DOWN)
        return DTA_DOWN;
    if (!second->known && now - second->asked >= RETRY)
        ask_second(second, now, p);
    return second->known && sum_with_ours(second, now, second->share->bytes, sum, p) ? DTA_OK
                                                                                     : DTA_DOWN;
}

static dta_status_t check_second(second_dta_t *second, apr_time_t now, apr_pool_t *p)
{
    apr_interval_time_t good_for = second->last == DTA_OK ? GOOD_FOR : RETRY;
    if (second->asked && now - second->asked < good_for)
        return second->last;
    if (!second->known && load_pinned(second, p) == STORE_DOWN)
        return DTA_DOWN;
    return ask_second(second, now, p);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *second_made_of(const void *state)
{
    const second_dta_t *second = state;
    return second->app->id;
}

static const char *second_other_url(const void *state)
{
    const second_dta_t *second = state;
    return second->url;
}

static dta_status_t second_server_secret(void *state, apr_time_t now,
                                         unsigned char secret[MPIN_G2_BYTES], apr_pool_t *p)
{
    second_dta_t *second = state;
    if (pthread_mutex_trylock(&second->mutex))
        return DTA_DOWN;
    dta_status_t status = sum_of_both(second, now, secret, p);
    pthread_mutex_unlock(&second->mutex);
    return status;
}

static dta_status_t second_check(void *state, apr_time_t now, apr_pool_t *p)
{
    second_dta_t *second = state;
    if (pthread_mutex_trylock(&second->mutex)) /* another thread is asking */
        return __atomic_load_n(&second->last, __ATOMIC_RELAXED);
    dta_status_t status = check_second(second, now, p);
    pthread_mutex_unlock(&second->mutex);
    return status;
}

static mpin_status_t second_client_secret(const void *state,
                                          const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                          unsigned char secret[MPIN_G1_BYTES])
{
    const second_dta_t *second = state;
    return dta_client_secret(second->ours, hash_mpin_id, secret);
}

static mpin_status_t second_time_permit(const void *state, uint32_t date,
                                        const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                        unsigned char permit[MPIN_G1_BYTES])
{
    const second_dta_t *second = state;
    return dta_time_permit(second->ours, date, hash_mpin_id, permit);
}

static const char *second_client_query(const void *state,
                                       const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                       apr_time_t now, apr_pool_t *p)
{
    const second_dta_t *second = state;
    return dta_sign_client_secret(second->app, hex_encode(p, hash_mpin_id, MPIN_HASH_BYTES), 0, now,
                                  p);
}

static const char *second_permit_signature(const void *state,
                                           const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                           apr_pool_t *p)
{
    const second_dta_t *second = state;
    return dta_sign_time_permit(second->app, hex_encode(p, hash_mpin_id, MPIN_HASH_BYTES), p);
}

static const dta_backend_t with_second = {
    second_made_of,       second_other_url,   second_server_secret, second_check,
    second_client_secret, second_time_permit, second_client_query,  second_permit_signature,
};

static apr_status_t second_free(void *data)
{
    second_dta_t *second = data;
    pthread_mutex_destroy(&second->mutex);
    return APR_SUCCESS;
}

dta_t *dta_with_second(const char *url, const keys_app_t *app, const dta_t *ours, store_t *store,
                       http_t *http, seats_t *seats, const log_sink_t *log, apr_pool_t *p)
{
    dta_t *dta = apr_palloc(p, sizeof *dta);
    second_dta_t *second = apr_pcalloc(p, sizeof *second);
    second->url = url;
    second->pin = apr_pstrcat(p, "dta:second:", app->id, NULL);
    second->app = app;
    second->ours = ours;
    second->store = store;
    second->peer = (peer_t){.http = http,
                            .seats = seats,
                            .log = log,
                            .who = apr_pstrcat(p, "the second D-TA at ", url, NULL)};
    second->log = log;
    second->last = DTA_DOWN;
    second->share = secret_make(p, MPIN_G2_BYTES);
    if (!second->share)
        return NULL;
    pthread_mutex_init(&second->mutex, NULL);
    apr_pool_cleanup_register(p, second, second_free, apr_pool_cleanup_null);
    *dta = (dta_t){&with_second, second};
    return dta;
}

void dta_second_watch(dta_t *dta, health_t *health)
{
    second_dta_t *second = dta->state;
    second->peer.health = health;
}
