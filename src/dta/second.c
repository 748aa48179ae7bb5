#include "dta/second.h"

#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"

#define CONNECT_MS 1500
#define TOTAL_MS 3000
#define BODY_MAX 4096
#define RETRY apr_time_from_sec(1)
#define GOOD_FOR apr_time_from_sec(60)

struct second_dta_t {
    const char *url, *pin; /* `pin`: the store's key */
    const keys_app_t *app;
    const dta_t *dta;
    store_t *store;
    http_t *http;
    seats_t *seats;
    const log_sink_t *log;

    pthread_mutex_t mutex;
    secret_t *share; /* the pinned one */
    bool known;      /* ... is here */
    apr_time_t asked;
    second_status_t last; /* what came of it */
    int told;             /* the last of it that was logged */
};

static apr_status_t second_free(void *data)
{
    second_dta_t *second = data;
    pthread_mutex_destroy(&second->mutex);
    return APR_SUCCESS;
}

second_dta_t *second_make(const char *url, const keys_app_t *app, const dta_t *dta, store_t *store,
                          http_t *http, seats_t *seats, const log_sink_t *log, apr_pool_t *p)
{
    second_dta_t *second = apr_pcalloc(p, sizeof *second);
    second->url = url;
    second->pin = apr_pstrcat(p, "dta:second:", app->id, NULL);
    second->app = app;
    second->dta = dta;
    second->store = store;
    second->http = http;
    second->seats = seats;
    second->log = log;
    second->last = SECOND_DOWN;
    second->share = secret_make(p, MPIN_G2_BYTES);
    if (!second->share)
        return NULL;
    pthread_mutex_init(&second->mutex, NULL);
    apr_pool_cleanup_register(p, second, second_free, apr_pool_cleanup_null);
    return second;
}

/* ---- one question ---------------------------------------------------------------------------- */

static bool add_ours(const second_dta_t *second, const unsigned char share[MPIN_G2_BYTES],
                     unsigned char sum[MPIN_G2_BYTES])
{
    unsigned char ours[MPIN_G2_BYTES];
    bool done = dta_server_secret(second->dta, ours) == MPIN_ACCEPTED &&
                mpin_recombine_g2(ours, share, sum) == MPIN_ACCEPTED;
    sodium_memzero(ours, sizeof ours);
    return done;
}

/* NULL, or why what came is no share. */
static const char *read_share(const second_dta_t *second, const http_answer_t *answer,
                              unsigned char share[MPIN_G2_BYTES], apr_pool_t *p)
{
    unsigned char sum[MPIN_G2_BYTES];
    if (answer->outcome != HTTP_EXCHANGE_OK)
        return answer->why;
    if (answer->status != 200)
        return apr_psprintf(p, "it answers %d", answer->status);
    json_t *json = json_read(p, answer->body, answer->len);
    const char *text = json ? json_text(json, "serverSecret", 2 * MPIN_G2_BYTES) : NULL;
    if (!text || !hex_decode(text, share, MPIN_G2_BYTES))
        return "its answer holds no server secret of this curve";
    bool good = add_ours(second, share, sum);
    sodium_memzero(sum, sizeof sum);
    return good ? NULL : "its server secret is no point of the group";
}

static const char *fetch(second_dta_t *second, apr_time_t now, unsigned char share[MPIN_G2_BYTES],
                         apr_pool_t *p)
{
    seat_t seat;
    if (!seats_take(second->seats, TOTAL_MS, &seat))
        return "as many workers as may are waiting for somebody";
    const http_request_t request = {.method = "GET",
                                    .url = apr_pstrcat(p, second->url, "serverSecret?",
                                                       dta_sign_server_secret(second->app, now, p),
                                                       NULL),
                                    .connect_ms = CONNECT_MS,
                                    .total_ms = TOTAL_MS,
                                    .body_max = BODY_MAX};
    const http_answer_t answer = http_exchange(second->http, &request, p);
    seats_give(second->seats, &seat);
    return read_share(second, &answer, share, p);
}

/* ---- the pinned share ------------------------------------------------------------------------ */

static store_status_t load_pin(second_dta_t *second, apr_pool_t *p)
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
static bool pin(second_dta_t *second, const unsigned char share[MPIN_G2_BYTES], apr_pool_t *p)
{
    store_status_t status =
        store_add(second->store, STORE_LASTING, second->pin, share, MPIN_G2_BYTES, 0);
    if (status != STORE_OK && status != STORE_EXISTS)
        return false;
    return load_pin(second, p) == STORE_OK;
}

/* Told when it changes, not at every try. */
static second_status_t outcome(second_dta_t *second, second_status_t status, const char *why)
{
    __atomic_store_n(&second->last, status, __ATOMIC_RELAXED);
    if (second->told == (int)status)
        return status;
    if (status == SECOND_DOWN)
        log_error(second->log, "MPIN0523",
                  "the second D-TA %s gives no server secret: %s; it is asked again", second->url,
                  why);
    else if (status == SECOND_CHANGED)
        log_error(second->log, "MPIN0524",
                  "the second D-TA %s gives another server secret than at first: nobody gets a PIN "
                  "until it has its old key file back",
                  second->url);
    else if (second->told)
        log_warn(second->log, "MPIN0525", "the second D-TA %s answers again", second->url);
    second->told = (int)status;
    return status;
}

/* Asks it, under the mutex. */
static second_status_t ask(second_dta_t *second, apr_time_t now, apr_pool_t *p)
{
    unsigned char share[MPIN_G2_BYTES];
    second->asked = now;
    const char *why = fetch(second, now, share, p);
    if (!why && !second->known && !pin(second, share, p))
        why = "our store can't keep it";
    bool same = !why && sodium_memcmp(share, second->share->bytes, sizeof share) == 0;
    sodium_memzero(share, sizeof share);
    if (why)
        return outcome(second, SECOND_DOWN, why);
    return outcome(second, same ? SECOND_OK : SECOND_CHANGED, NULL);
}

static second_status_t server_secret(second_dta_t *second, apr_time_t now,
                                     unsigned char sum[MPIN_G2_BYTES], apr_pool_t *p)
{
    if (!second->known && load_pin(second, p) == STORE_DOWN)
        return SECOND_DOWN;
    if (!second->known && now - second->asked >= RETRY)
        ask(second, now, p);
    return second->known && add_ours(second, second->share->bytes, sum) ? SECOND_OK : SECOND_DOWN;
}

second_status_t second_server_secret(second_dta_t *second, apr_time_t now,
                                     unsigned char sum[MPIN_G2_BYTES], apr_pool_t *p)
{
    if (pthread_mutex_trylock(&second->mutex))
        return SECOND_DOWN;
    second_status_t status = server_secret(second, now, sum, p);
    pthread_mutex_unlock(&second->mutex);
    return status;
}

static second_status_t check(second_dta_t *second, apr_time_t now, apr_pool_t *p)
{
    apr_interval_time_t good_for = second->last == SECOND_OK ? GOOD_FOR : RETRY;
    if (second->asked && now - second->asked < good_for)
        return second->last;
    if (!second->known && load_pin(second, p) == STORE_DOWN)
        return SECOND_DOWN;
    return ask(second, now, p);
}

second_status_t second_check(second_dta_t *second, apr_time_t now, apr_pool_t *p)
{
    if (pthread_mutex_trylock(&second->mutex)) /* somebody is asking */
        return __atomic_load_n(&second->last, __ATOMIC_RELAXED);
    second_status_t status = check(second, now, p);
    pthread_mutex_unlock(&second->mutex);
    return status;
}

/* ---- for clients ----------------------------------------------------------------------------- */

const char *second_url(const second_dta_t *second)
{
    return second->url;
}

const char *second_id(const second_dta_t *second)
{
    return second->app->id;
}

const char *second_params(const second_dta_t *second, const unsigned char hash_mpin_id[32],
                          apr_time_t now, apr_pool_t *p)
{
    return dta_sign_client_secret(second->app, hex_encode(p, hash_mpin_id, 32), 0, now, p);
}

const char *second_permit_signature(const second_dta_t *second,
                                    const unsigned char hash_mpin_id[32], apr_pool_t *p)
{
    return dta_sign_time_permit(second->app, hex_encode(p, hash_mpin_id, 32), p);
}
