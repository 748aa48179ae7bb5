/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/remote_ask.h"

#include <apr_strings.h>

result_t *remote_broken(remote_t *remote, const char *what, apr_pool_t *p)
{
    peer_complain(&remote->peer, what);
    return result_error(p, 502, "rps_broken", "The RPS gave no answer of the protocol's.");
}

static result_t *remote_busy(apr_pool_t *p)
{
    result_t *busy = result_error(p, 503, "rps_busy", "Too many wait for the RPS. Try again.");
    busy->retry_after = 1;
    return busy;
}

static result_t *refusal_without_answer(remote_t *remote, const peer_answer_t *answer,
                                        apr_pool_t *p)
{
    switch (answer->outcome) {
    case PEER_BUSY:
        return remote_busy(p);
    case PEER_SLOW:
        peer_complain(&remote->peer, answer->why);
        return result_error(p, 504, "rps_slow", "The RPS took too long to answer.");
    case PEER_UNREACHABLE:
        peer_complain(&remote->peer, answer->why);
        return result_error(p, 502, "rps_unreachable", "The RPS cannot be reached.");
    default:
        return remote_broken(remote, answer->why, p);
    }
}

result_t *remote_ask(remote_t *remote, const caller_t *caller, const question_t *question,
                     int *status, const json_t **json, apr_pool_t *p)
{
    const secret_t *secret = remote->settings->secret;
    const peer_question_t to_peer = {
        .method = question->method,
        .url = apr_pstrcat(p, remote->settings->url, question->path, NULL),
        .body = question->body,
        .bearer = secret ? secret->bytes : NULL,
        .bearer_len = secret ? secret->len : 0,
        .total_ms = question->total_ms,
        .max = question->max,
        .log = caller->log};
    const peer_answer_t answer = peer_ask(&remote->peer, &to_peer, p);
    if (answer.outcome != PEER_OK)
        return refusal_without_answer(remote, &answer, p);
    *status = answer.status;
    *json = answer.is_typed ? answer.json : NULL;
    return NULL;
}
