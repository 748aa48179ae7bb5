/* SPDX-License-Identifier: Apache-2.0 */
#include "base/http.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 16 /* handles, each with its connections, kept for the next exchange */

struct http_t {
    pthread_mutex_t mutex;
    CURL *idle[IDLE_MAX];
    int count;
    const char *authorities; /* SSL_CERT_FILE, NULL = the system's */
};

static apr_status_t http_free(void *data)
{
    http_t *http = data;
    while (http->count)
        curl_easy_cleanup(http->idle[--http->count]);
    pthread_mutex_destroy(&http->mutex);
    return APR_SUCCESS;
}

/* libcurl's own initialisation is shared with others in the process (libldap, PHP, mod_md): it
 * counts its callers, and ours never leave. */
http_t *http_make(apr_pool_t *p)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    http_t *http = apr_pcalloc(p, sizeof *http);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_mutex_init(&http->mutex, NULL);
    http->authorities = authorities ? apr_pstrdup(p, authorities) : NULL;
    apr_pool_cleanup_register(p, http, http_free, apr_pool_cleanup_null);
    return http;
}

static CURL *handle_take(http_t *http)
{
    CURL *handle = NULL;
    pthread_mutex_lock(&http->mutex);
    if (http->count)
        handle = http->idle[--http->count];
    pthread_mutex_unlock(&http->mutex);
    return handle ? handle : curl_easy_init();
}

static void handle_give(http_t *http, CURL *handle)
{
    curl_easy_reset(handle); /* its connections stay */
    pthread_mutex_lock(&http->mutex);
    if (http->count < IDLE_MAX) {
        http->idle[http->count++] = handle;
        handle = NULL;
    }
    pthread_mutex_unlock(&http->mutex);
    if (handle)
        curl_easy_cleanup(handle);
}

/* ---- one exchange ---------------------------------------------------------------------------- */

typedef struct intake_t {
    char *bytes; /* body_max + 1 */
    apr_size_t len, max;
} intake_t;

static size_t take_body(char *bytes, size_t size, size_t count, void *baton)
{
    intake_t *intake = baton;
    const size_t len = size * count;
    if (len > intake->max - intake->len)
        return 0; /* ends the exchange with CURLE_WRITE_ERROR */
    memcpy(intake->bytes + intake->len, bytes, len);
    intake->len += len;
    return len;
}

static struct curl_slist *header_list(const http_request_t *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no wait for a 100 */
    for (const char *const *header = request->headers; header && *header; header++)
        list = curl_slist_append(list, *header);
    return list;
}

/* One of them may hold a secret. */
static void wipe_headers(struct curl_slist *list)
{
    for (struct curl_slist *header = list; header; header = header->next)
        sodium_memzero(header->data, strlen(header->data));
    curl_slist_free_all(list);
}

static void set_request(CURL *handle, const http_t *http, const http_request_t *request,
                        struct curl_slist *headers, intake_t *intake)
{
    curl_easy_setopt(handle, CURLOPT_URL, request->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, intake);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, (long)request->once);
    if (http->authorities)
        curl_easy_setopt(handle, CURLOPT_CAINFO, http->authorities);
    if (request->body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
}

static http_outcome_t http_outcome(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_EXCHANGE_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_EXCHANGE_SLOW;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return HTTP_EXCHANGE_UNREACHABLE;
    default:
        return HTTP_EXCHANGE_BROKEN;
    }
}

static void read_answer(CURL *handle, http_answer_t *answer, apr_pool_t *p)
{
    long status = 0;
    const char *type = NULL;
    curl_off_t later = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &later);
    answer->status = (int)status;
    answer->retry_after = later < 0 ? 0 : later > HTTP_RETRY_MAX ? HTTP_RETRY_MAX : (int)later;
    answer->type = type ? apr_pstrdup(p, type) : "";
}

http_answer_t http_exchange(http_t *http, const http_request_t *request, apr_pool_t *p)
{
    http_answer_t answer = {
        .outcome = HTTP_EXCHANGE_UNREACHABLE, .type = "", .body = "", .why = "out of memory"};
    CURL *handle = handle_take(http);
    if (!handle)
        return answer;

    intake_t intake = {apr_palloc(p, request->body_max + 1), 0, request->body_max};
    struct curl_slist *headers = header_list(request);
    set_request(handle, http, request, headers, &intake);
    const CURLcode code = curl_easy_perform(handle);
    answer.outcome = http_outcome(code);
    answer.why = code == CURLE_OK ? NULL : curl_easy_strerror(code);
    if (answer.outcome == HTTP_EXCHANGE_OK)
        read_answer(handle, &answer, p);
    intake.bytes[intake.len] = '\0';
    answer.body = intake.bytes;
    answer.len = intake.len;

    wipe_headers(headers);
    handle_give(http, handle);
    return answer;
}
