/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_HTTP_H
#define MPIN_BASE_HTTP_H

#include <apr_pools.h>
#include <stdbool.h>

/* One exchange over HTTP, by libcurl: bounded in time and size, follows no redirect, keeps no
 * cookie, asks no proxy of the environment. TLS is always verified, against the system's
 * authorities or, where the environment has SSL_CERT_FILE, against that file's. */
typedef struct http_t http_t;

/* One a process, in child_init or later; connections are kept and shared by its threads. */
http_t *http_make(apr_pool_t *p);

#define HTTP_RETRY_MAX 86400

typedef struct http_request_t {
    const char *method;         /* "GET", "POST" ... */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", NULL-terminated; NULL for none */
    const char *body;           /* NULL for none */
    apr_size_t body_len;
    int connect_ms;      /* for the connection ... */
    int total_ms;        /* ... and for the whole exchange, that included */
    apr_size_t body_max; /* bytes of the answer's body */
    bool once; /* on a connection of its own: on one that is kept, libcurl sends what got no answer
                  again, as the other side may have hung up long ago */
} http_request_t;

typedef enum {
    HTTP_EXCHANGE_OK = 0,      /* an answer came, whatever its status */
    HTTP_EXCHANGE_UNREACHABLE, /* no connection, or TLS refused */
    HTTP_EXCHANGE_SLOW,        /* one of the times has run out */
    HTTP_EXCHANGE_BROKEN       /* an answer that is none, or larger than body_max */
} http_outcome_t;

typedef struct http_answer_t {
    http_outcome_t outcome;
    int status;       /* HTTP status */
    int retry_after;  /* seconds, of a number or a date, at most HTTP_RETRY_MAX; 0 without */
    const char *type; /* Content-Type as it came, "" without */
    const char *body; /* in the pool, with a NUL that `len` does not count */
    apr_size_t len;
    const char *why; /* libcurl's words when the outcome is not OK; no secret is in them */
} http_answer_t;

/* Waits for the answer, total_ms at most. */
http_answer_t http_exchange(http_t *http, const http_request_t *request, apr_pool_t *p);

#endif
