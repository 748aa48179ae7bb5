/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_RESULT_H
#define MPIN_BASE_RESULT_H

#include <apr_pools.h>
#include <jansson.h>

/* The answer of an endpoint. The HTTP answer, the log line and the audit record are all made from
 * it, so that they cannot disagree. */
typedef struct result_t {
    int status;           /* HTTP status code */
    const char *code;     /* stable word of a refusal, of base/codes.def; NULL when all is well */
    const char *message;  /* English, for developers; never holds a secret or unescaped input */
    json_t *json;         /* the body, tied to the pool; NULL = {code, message, id} or empty */
    const char *text;     /* the body where it is JSON text already, in place of `json`; or NULL */
    int retry_after;      /* seconds, 0 = none */
    const char *event;    /* audit: "login", "pin_wrong" ...; NULL = nothing to record */
    const char *user;     /* audit: canonical name, or NULL */
    const char *identity; /* audit: the first 12 hex digits of the identity handle, or NULL */
} result_t;

/* 200 with a body (NULL: empty). Takes over the caller's reference to `json` and ties it to the
 * pool. */
result_t *result_ok(apr_pool_t *p, json_t *json);

/* 200 with a body that is JSON text already: where a tree would cost more than all the rest. */
result_t *result_text(apr_pool_t *p, const char *text);

/* A refusal. `code` must stand in base/codes.def (a unit test reads the sources), `message` is a
 * constant or lives as long as the pool. The body becomes {"code","message","id"} when the answer
 * is written. */
result_t *result_error(apr_pool_t *p, int status, const char *code, const char *message);

/* 429 with Retry-After: the same may be asked again in so many seconds. */
result_t *result_later(apr_pool_t *p, const char *code, const char *message, int seconds);

/* 503: nothing can be sealed or drawn while the system gives no randomness. */
result_t *result_no_randomness(apr_pool_t *p);

/* The refusal's number as people quote it, "MPIN0042"; "MPIN0000" for a code that is not listed. */
const char *result_id(const char *code);

/* The same as a number, and the code of a number: 0 and NULL where there is none. */
unsigned result_number(const char *code);
const char *result_word(unsigned number);

#endif
