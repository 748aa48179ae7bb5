/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peer.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS 2000
#define GRACE_MS 1000 /* a seat outlives its exchange by this */
#define JSON_TYPE "application/json"
#define AUTHORIZATION "Authorization: "

/* Not by apr_psprintf, which may leave a first try behind. */
static char *bearer_header(const peer_question_t *question, apr_pool_t *p)
{
    const char *scheme = question->scheme ? question->scheme : "Bearer";
    const char *before = apr_pstrcat(p, AUTHORIZATION, scheme, " ", NULL);
    const apr_size_t head = strlen(before);
    char *header = apr_palloc(p, head + question->bearer_len + 1);
    memcpy(header, before, head);
    memcpy(header + head, question->bearer, question->bearer_len);
    header[head + question->bearer_len] = '\0';
    return header;
}

static const char *const *peer_headers(const peer_question_t *question, const char *bearer,
                                       apr_pool_t *p)
{
    int count = 0;
    while (question->headers && question->headers[count])
        count++;
    const char **headers = apr_pcalloc(p, ((apr_size_t)count + 3) * sizeof *headers);
    if (count)
        memcpy(headers, question->headers, (apr_size_t)count * sizeof *headers);
    if (question->body)
        headers[count++] = "Content-Type: " JSON_TYPE;
    else if (question->text)
        headers[count++] = apr_pstrcat(p, "Content-Type: ", question->text_type, NULL);
    if (bearer)
        headers[count] = bearer;
    return headers;
}

/* The type alone or with parameters behind it. */
static bool is_json_type(const char *type)
{
    const apr_size_t len = strlen(JSON_TYPE);
    return strncasecmp(type, JSON_TYPE, len) == 0 && (!type[len] || strchr("; \t", type[len]));
}

static peer_outcome_t peer_outcome(http_outcome_t outcome)
{
    switch (outcome) {
    case HTTP_EXCHANGE_OK:
        return PEER_OK;
    case HTTP_EXCHANGE_SLOW:
        return PEER_SLOW;
    case HTTP_EXCHANGE_UNREACHABLE:
        return PEER_UNREACHABLE;
    default:
        return PEER_BROKEN;
    }
}

static peer_answer_t judge_answer(const http_answer_t *http, apr_pool_t *p)
{
    peer_answer_t answer = {.outcome = peer_outcome(http->outcome), .why = http->why};
    if (answer.outcome != PEER_OK)
        return answer;
    answer.status = http->status;
    answer.retry_after = http->retry_after;
    answer.json = json_read(p, http->body, http->len);
    answer.is_empty = http->len == 0;
    answer.is_typed = is_json_type(http->type);
    return answer;
}

static void say_exchange(const peer_t *peer, const peer_question_t *question,
                         const peer_answer_t *answer, apr_time_t began)
{
    const log_sink_t *log = question->log ? question->log : peer->log;
    if (answer->outcome == PEER_OK)
        log_debug(log, "MPIN0748", "%s answered %d%s after %d ms", peer->who, answer->status,
                  answer->json ? "" : ", and no JSON object,",
                  (int)apr_time_as_msec(apr_time_now() - began));
    else
        log_debug(log, "MPIN0748", "%s gave no answer after %d ms: %s", peer->who,
                  (int)apr_time_as_msec(apr_time_now() - began), answer->why);
}

static peer_answer_t peer_exchange(const peer_t *peer, const peer_question_t *question,
                                   apr_pool_t *p)
{
    seat_t seat;
    if (!seats_take_as(peer->seats, peer->who ? peer->who : "", seats_share(peer->seats),
                       question->total_ms + GRACE_MS, &seat))
        return (peer_answer_t){.outcome = PEER_BUSY,
                               .why = "as many workers as may are waiting for somebody"};
    const char *body = question->body ? json_write(p, question->body) : question->text;
    char *bearer = question->bearer ? bearer_header(question, p) : NULL;
    const http_request_t request = {
        .method = question->method,
        .url = question->url,
        .headers = peer_headers(question, bearer, p),
        .body = body,
        .body_len = body ? strlen(body) : 0,
        .connect_ms = question->total_ms < CONNECT_MS ? question->total_ms : CONNECT_MS,
        .total_ms = question->total_ms,
        .once = question->once,
        .body_max = question->max};
    const http_answer_t answer = http_exchange(peer->http, &request, p);
    seats_give(peer->seats, &seat);
    if (bearer)
        sodium_memzero(bearer, strlen(bearer));
    return judge_answer(&answer, p);
}

peer_answer_t peer_ask(const peer_t *peer, const peer_question_t *question, apr_pool_t *p)
{
    const apr_time_t began = apr_time_now();
    const peer_answer_t answer = peer_exchange(peer, question, p);
    say_exchange(peer, question, &answer, began);
    if (answer.outcome != PEER_BUSY)
        health_note(peer->health, answer.outcome == PEER_OK && answer.status < 500, apr_time_now());
    return answer;
}

void peer_complain(peer_t *peer, const char *what)
{
    if (log_may_say(&peer->complained))
        log_error(peer->log, peer->id, "%s gives no answer that counts: %s", peer->who, what);
}
