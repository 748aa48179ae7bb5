/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_PEER_H
#define MPIN_BASE_PEER_H

#include "base/health.h"
#include "base/http.h"
#include "base/json.h"
#include "base/log.h"
#include "base/seats.h"

/* Somebody else who is asked over HTTP: an application, an RPS or a D-TA elsewhere. A worker waits
 * meanwhile, so each exchange has a seat, a time and a size (and a peer that is slow leaves seats for
 * those of other vhosts); and whatever such a peer does wrong,
 * the log says it once a minute. */

/* Shared by threads. All that it points to must outlive it. */
typedef struct peer_t {
    http_t *http;
    seats_t *seats;
    const log_sink_t *log;
    const char *id;        /* of the line in the log, "MPIN0411" */
    const char *who;       /* its first words, "the RPS at https://rps.example.com" */
    apr_time_t complained; /* 0 at first, then peer_complain's */
    health_t *health;      /* where it is noted how this peer does, NULL: nowhere */
} peer_t;

typedef struct peer_question_t {
    const char *method, *url;
    const char *const *headers;  /* further ones, "Name: value", NULL-terminated; NULL for none */
    const json_t *body;          /* sent as application/json; NULL for none */
    const char *text;            /* or a body as it is ... */
    const char *text_type;       /* ... and its Content-Type */
    const unsigned char *bearer; /* shows the peer who asks (RFC 6750); NULL for nothing */
    apr_size_t bearer_len;
    const char *scheme;    /* the word before it, as in "Basic"; NULL for "Bearer" */
    bool once;             /* never sent a second time, whatever becomes of it */
    int total_ms;          /* the whole exchange; of these, 2 s for the connection */
    apr_size_t max;        /* bytes of the answer's body */
    const log_sink_t *log; /* the debug lines of whoever asks; NULL: the peer's */
} peer_question_t;

typedef enum {
    PEER_OK = 0,      /* an answer came, whatever its status */
    PEER_BUSY,        /* no seat: nothing was sent */
    PEER_SLOW,        /* total_ms have run out */
    PEER_UNREACHABLE, /* no connection, or TLS refused */
    PEER_BROKEN       /* an answer that is no HTTP, or larger than `max` */
} peer_outcome_t;

typedef struct peer_answer_t {
    peer_outcome_t outcome;
    int status;         /* HTTP status; 0 without an answer */
    int retry_after;    /* seconds that it asks to wait, 0 = none */
    const json_t *json; /* its body, the pool's; NULL where that is no object */
    bool is_empty;      /* it has no body */
    bool is_typed;      /* its Content-Type is application/json, whatever the body is */
    const char *why;    /* in words, when the outcome is not PEER_OK; no secret is in them */
} peer_answer_t;

/* One exchange in a seat; waits for total_ms at most. Our copies of `bearer` are wiped after it.
 * Says in the log no more than a debug line, which holds neither URL nor body. */
peer_answer_t peer_ask(const peer_t *peer, const peer_question_t *question, apr_pool_t *p);

/* An error line "<who> gives no answer that counts: <what>", at most once a minute. */
void peer_complain(peer_t *peer, const char *what);

#endif
