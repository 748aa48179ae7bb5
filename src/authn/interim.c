/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/interim.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(auth_mpin);

#define FILTER_NAME "MPIN_INTERIM"
#define HEAD_MAX 65536 /* bytes of status line and headers */
#define STATUS_AT 9    /* "HTTP/1.1 101" */
#define SET_COOKIE "Set-Cookie"

static ap_filter_rec_t *interim;

/* One on each connection over which something was proxied; it watches while there is a request. */
typedef struct watch_t {
    ap_filter_t *filter;
    request_rec *r;
    char *head; /* of the answer that has begun; ends with a NUL that `len` does not count */
    apr_size_t len;
} watch_t;

static apr_status_t watch_end(void *data)
{
    const watch_t *watch = data;
    if (watch->filter->ctx == watch)
        watch->filter->ctx = NULL;
    return APR_SUCCESS;
}

/* `SetHandler "proxy:..."` becomes a proxy's request only in mod_proxy's handler. */
bool interim_is_of_handler(const request_rec *r)
{
    return strncmp(r->handler, "proxy:", 6) == 0 ||
           (strcmp(r->handler, "cgi-script") == 0 && r->filename && strstr(r->filename, "/nph-"));
}

void interim_watch(request_rec *r)
{
    ap_filter_t *f = r->connection->output_filters;
    watch_t *watch = apr_pcalloc(r->pool, sizeof(*watch));

    while (f && f->frec != interim)
        f = f->next;
    watch->r = r;
    watch->filter = f ? f : ap_add_output_filter_handle(interim, NULL, r, r->connection);
    watch->filter->ctx = watch;
    apr_pool_cleanup_register(r->pool, watch, watch_end, apr_pool_cleanup_null);
}

/* ---- the head of an answer ---- */

static bool is_sent_by_us(const request_t *request, const char *line)
{
    for (int i = 0; request->set_cookies && i < request->cookies_sent; i++)
        if (strcmp(APR_ARRAY_IDX(request->set_cookies, i, const char *), line) == 0)
            return true;
    for (int i = 0; request->cleared && i < request->cleared_sent; i++)
        if (strcmp(APR_ARRAY_IDX(request->cleared, i, const char *), line) == 0)
            return true;
    return false;
}

/* A whole line without its end. */
static bool sets_our_cookie(const request_t *request, const char *line)
{
    const apr_size_t len = strlen(SET_COOKIE);
    if (strncasecmp(line, SET_COOKIE, len) != 0)
        return false;
    line += len;
    line += strspn(line, " \t");
    if (*line++ != ':')
        return false;
    line += strspn(line, " \t");
    return request_owns_cookie(request, line) && !is_sent_by_us(request, line);
}

/* The head without lines that set a cookie of ours. A line that goes on in the next one goes with
 * it. */
static const char *cleaned(const watch_t *watch)
{
    const request_t *request = request_of(watch->r);
    apr_pool_t *p = watch->r->pool;
    char *kept = apr_palloc(p, watch->len + 1), *out = kept;
    bool dropped = false, any = false;

    for (const char *line = watch->head, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        const apr_size_t len = (apr_size_t)(next - line);
        next += *next == '\n';
        const char *text = apr_pstrmemdup(p, line, len && line[len - 1] == '\r' ? len - 1 : len);
        dropped = *line == ' ' || *line == '\t' ? dropped : sets_our_cookie(request, text);
        any = any || dropped;
        if (!dropped)
            out = (char *)memcpy(out, line, (apr_size_t)(next - line)) + (next - line);
    }
    *out = '\0';
    if (any)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, watch->r,
                      "MPIN0464: what stands behind this URL set a cookie of our name in an answer "
                      "that passes "
                      "no filter (interim, a tunnel, nph-); it was dropped");
    return kept;
}

/* True where this cannot become a head: HTTP/0.9, or a stream of HTTP/2, whose last answer has other
 * ways. */
static bool is_no_head(const watch_t *watch)
{
    static const char start[] = "HTTP/1.";
    const apr_size_t len = watch->len < sizeof(start) - 1 ? watch->len : sizeof(start) - 1;
    return memcmp(watch->head, start, len) != 0 ||
           (watch->r->connection->master && watch->len > STATUS_AT &&
            watch->head[STATUS_AT] != '1');
}

/* Bytes of `data` that belong to the head; `*whole` where it ends there. */
static apr_size_t take_head(watch_t *watch, const char *data, apr_size_t len, bool *whole)
{
    for (apr_size_t i = 0; i < len && watch->len < HEAD_MAX; i++) {
        watch->head[watch->len++] = data[i];
        watch->head[watch->len] = '\0';
        *whole = data[i] == '\n' &&
                 ((watch->len >= 2 && watch->head[watch->len - 2] == '\n') ||
                  (watch->len >= 4 && memcmp(watch->head + watch->len - 4, "\r\n\r\n", 4) == 0));
        if (*whole || (watch->len <= STATUS_AT + 1 && is_no_head(watch)))
            return i + 1;
    }
    return len;
}

/* Some are not the last: 100, 103. */
static bool another_follows(const watch_t *watch)
{
    return watch->len > STATUS_AT + 3 && watch->head[STATUS_AT] == '1' &&
           memcmp(watch->head + STATUS_AT, "101", 3) != 0;
}

/* ---- the filter ---- */

/* In the place of what was taken for a head, or for a part of one. */
static void put_before(apr_bucket *bucket, const watch_t *watch, const char *text, apr_size_t len)
{
    if (len)
        APR_BUCKET_INSERT_BEFORE(
            bucket,
            apr_bucket_pool_create(text, len, watch->r->pool, watch->r->connection->bucket_alloc));
}

/* Takes a bucket's share of the head; gives the bucket with which to go on. */
static apr_bucket *pass_bucket(ap_filter_t *f, watch_t *watch, apr_bucket *bucket)
{
    const char *data;
    apr_size_t len;
    bool whole = false;

    if (apr_bucket_read(bucket, &data, &len, APR_BLOCK_READ) != APR_SUCCESS)
        return APR_BUCKET_NEXT(bucket);
    if (!watch->head)
        watch->head = apr_palloc(watch->r->pool, HEAD_MAX + 1);
    const apr_size_t taken = take_head(watch, data, len, &whole);
    if (taken < len)
        apr_bucket_split(bucket, taken);
    apr_bucket *next = APR_BUCKET_NEXT(bucket);
    if (is_no_head(watch)) {
        f->ctx = NULL;
        put_before(bucket, watch, watch->head, watch->len);
    } else if (whole) {
        if (!another_follows(watch))
            f->ctx = NULL;
        const char *head = cleaned(watch);
        put_before(bucket, watch, head, strlen(head));
        watch->len = 0;
    }
    apr_bucket_delete(bucket);
    return next;
}

static apr_status_t on_answer(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
         f->ctx && bucket != APR_BRIGADE_SENTINEL(brigade);) {
        watch_t *watch = f->ctx;
        bucket = APR_BUCKET_IS_METADATA(bucket) ? APR_BUCKET_NEXT(bucket)
                                                : pass_bucket(f, watch, bucket);
        if (f->ctx && watch->len >= HEAD_MAX) {
            f->c->aborted = 1; /* a head without an end is nobody's answer */
            apr_brigade_cleanup(brigade);
            return APR_ECONNABORTED;
        }
    }
    return ap_pass_brigade(f->next, brigade);
}

void interim_register(void)
{
    interim = ap_register_output_filter(FILTER_NAME, on_answer, NULL, AP_FTYPE_CONNECTION);
}
