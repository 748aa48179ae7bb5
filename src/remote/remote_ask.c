#include "remote/remote_ask.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/hex.h"
#include "base/json.h"

#define CONNECT_MS 2000
#define KEPT apr_time_from_sec(10)
#define JSON_TYPE "application/json"

struct remote_t {
    pthread_mutex_t mutex;
    char *settings; /* malloc'd */
    apr_time_t made;
    apr_time_t complained; /* atomic */
};

static apr_status_t remote_free(void *data)
{
    remote_t *remote = data;
    free(remote->settings);
    pthread_mutex_destroy(&remote->mutex);
    return APR_SUCCESS;
}

remote_t *remote_make(apr_pool_t *p)
{
    remote_t *remote = apr_pcalloc(p, sizeof *remote);
    pthread_mutex_init(&remote->mutex, NULL);
    apr_pool_cleanup_register(p, remote, remote_free, apr_pool_cleanup_null);
    return remote;
}

const char *remote_kept(remote_t *remote, apr_time_t now, apr_pool_t *p)
{
    const char *text = NULL;
    pthread_mutex_lock(&remote->mutex);
    if (remote->settings && now - remote->made >= 0 && now - remote->made < KEPT)
        text = apr_pstrdup(p, remote->settings);
    pthread_mutex_unlock(&remote->mutex);
    return text;
}

void remote_keep(remote_t *remote, const char *text, apr_time_t now)
{
    char *copy = strdup(text);
    pthread_mutex_lock(&remote->mutex);
    free(remote->settings);
    remote->settings = copy;
    remote->made = now;
    pthread_mutex_unlock(&remote->mutex);
}

/* ---- one exchange ---------------------------------------------------------------------------- */

static void complain(rps_t *rps, const char *what)
{
    if (log_may_say(&rps->remote->complained))
        log_error(rps->log, "MPIN0411", "the RPS at %s gives no answer that counts: %s",
                  rps->settings->remote_url, what);
}

result_t *remote_broken(rps_t *rps, const char *what, apr_pool_t *p)
{
    complain(rps, what);
    return result_error(p, 502, "rps_broken", "The RPS gave no answer of the protocol's.");
}

static result_t *no_answer(rps_t *rps, const http_answer_t *answer, apr_pool_t *p)
{
    switch (answer->outcome) {
    case HTTP_EXCHANGE_SLOW:
        complain(rps, answer->why);
        return result_error(p, 504, "rps_slow", "The RPS took too long to answer.");
    case HTTP_EXCHANGE_UNREACHABLE:
        complain(rps, answer->why);
        return result_error(p, 502, "rps_unreachable", "The RPS cannot be reached.");
    default:
        return remote_broken(rps, answer->why, p);
    }
}

static const char *const *headers_for(const rps_t *rps, const question_t *question, apr_pool_t *p)
{
    const secret_t *secret = rps->settings->remote_secret;
    const char **headers = apr_pcalloc(p, 3 * sizeof *headers);
    int count = 0;
    if (question->body)
        headers[count++] = "Content-Type: " JSON_TYPE;
    if (secret)
        headers[count++] =
            apr_psprintf(p, "Authorization: Bearer %.*s", (int)secret->len, secret->bytes);
    return headers;
}

static bool is_json(const char *type)
{
    const apr_size_t len = strlen(JSON_TYPE);
    return strncasecmp(type, JSON_TYPE, len) == 0 && strchr("; \t", type[len]);
}

result_t *remote_ask(rps_t *rps, const question_t *question, int *status, const json_t **json,
                     apr_pool_t *p)
{
    seat_t seat;
    const char *body = question->body ? json_write(p, question->body) : NULL;
    http_request_t request = {
        .method = question->method,
        .url = apr_pstrcat(p, rps->settings->remote_url, question->path, NULL),
        .headers = headers_for(rps, question, p),
        .body = body,
        .body_len = body ? strlen(body) : 0,
        .connect_ms = question->total_ms < CONNECT_MS ? question->total_ms : CONNECT_MS,
        .total_ms = question->total_ms,
        .body_max = question->max};
    if (!seats_take(rps->settings->seats, question->total_ms + 1000, &seat)) {
        result_t *busy = result_error(p, 503, "rps_busy", "Too many wait for the RPS. Try again.");
        busy->retry_after = 1;
        return busy;
    }
    const http_answer_t answer = http_exchange(rps->settings->http, &request, p);
    seats_give(rps->settings->seats, &seat);
    if (answer.outcome != HTTP_EXCHANGE_OK)
        return no_answer(rps, &answer, p);
    *status = answer.status;
    *json = is_json(answer.type) ? json_read(p, answer.body, answer.len) : NULL;
    return NULL;
}

const json_t *remote_mpin_id(const char *mpin_id, apr_pool_t *p)
{
    unsigned char *decoded = apr_palloc(p, MPIN_ID_MAX);
    apr_size_t len = 0;
    if (!mpin_id || !hex_decode_upto(mpin_id, decoded, MPIN_ID_MAX, &len))
        return NULL;
    return json_read(p, (const char *)decoded, len);
}

const char *remote_user_id(const char *mpin_id, apr_pool_t *p)
{
    return json_text(remote_mpin_id(mpin_id, p), "userID", 2 * NAME_MAX_BYTES);
}
