/* SPDX-License-Identifier: Apache-2.0 */
/* The five calls to WorkOS. */
#include "factor/workos.h"

#include "base/hex.h"
#include "factor/challenge.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define ANSWER_MAX 131072 /* bytes: an enrolment has a picture in it */
#define RETRY_USUAL 5     /* seconds, where a 429 does not say */

/* ---- one question ---------------------------------------------------------------------------- */

/* Of what a browser waits, since it asked; 0: nothing. */
static int time_left(const turn_t *turn)
{
    const apr_interval_time_t spent = apr_time_now() - turn->caller->now;
    if (spent <= 0)
        return WORKOS_MS;
    if (spent >= apr_time_from_msec(WORKOS_MS + WORKOS_LEAST_MS))
        return 0;
    const int left = WORKOS_MS - (int)apr_time_as_msec(spent);
    return left > WORKOS_LEAST_MS ? left : WORKOS_LEAST_MS;
}

/* One user is not to use up what WorkOS grants to the site. */
static peer_answer_t ask_workos(const workos_t *workos, const turn_t *turn,
                                peer_question_t question, const char *path)
{
    apr_size_t len;
    int wait;
    if (!question.total_ms)
        return (peer_answer_t){.outcome = PEER_SLOW, .why = "the time for one page is over"};
    if (sms_limits_ask(&workos->limits, turn, &wait) != STORE_OK || wait)
        return (peer_answer_t){.outcome = PEER_BUSY, .retry_after = wait};
    question.url = apr_pstrcat(turn->p, workos->setting->url, path, NULL);
    question.bearer = (const unsigned char *)workos_key(workos->key, &len);
    question.bearer_len = len;
    question.max = ANSWER_MAX;
    question.log = turn->caller->log;
    return peer_ask(&workos->peer, &question, turn->p);
}

static peer_answer_t ask_plainly(const workos_t *workos, const turn_t *turn, const char *method,
                                 const char *path, const json_t *body)
{
    const peer_question_t question = {.method = method, .body = body, .total_ms = time_left(turn)};
    return ask_workos(workos, turn, question, path);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static result_t *workos_down(workos_t *workos, const char *what, apr_pool_t *p)
{
    peer_complain(&workos->peer, what);
    return result_error(p, 502, "sender_down", "WorkOS gives no answer that counts");
}

static result_t *wait_for_workos(const char *message, int seconds, apr_pool_t *p)
{
    result_t *refusal = result_error(p, 503, "sender_busy", message);
    refusal->retry_after = seconds;
    return refusal;
}

static result_t *workos_malformed(workos_t *workos, apr_pool_t *p)
{
    return workos_down(workos, "its answer is not as its description has it", p);
}

/* The refusal, but for a status that WorkOS has no reason for. */
static result_t *but_for(int status, result_t *refusal, workos_t *workos, apr_pool_t *p)
{
    return refusal && refusal->status == status ? workos_malformed(workos, p) : refusal;
}

/* NULL for a success, whatever its body is; else what every call has in common. */
static result_t *workos_refusal(workos_t *workos, const peer_answer_t *answer, apr_pool_t *p)
{
    if (answer->outcome == PEER_BUSY)
        return wait_for_workos("WorkOS is asked by too many, or by one too often",
                               answer->retry_after ? answer->retry_after : 1, p);
    if (answer->outcome != PEER_OK)
        return workos_down(workos, answer->why, p);
    switch (answer->status) {
    case 400:
    case 422:
        return result_error(p, 422, "field_malformed", "WorkOS refuses what was sent");
    case 401:
    case 403:
        peer_complain(&workos->peer, apr_psprintf(p, "it refuses our key with %d", answer->status));
        return result_error(p, 502, "sender_refused", "WorkOS refuses our key");
    case 404:
        return result_error(p, 410, "workos_gone", "WorkOS has no such factor");
    case 429:
        return wait_for_workos("WorkOS is asked too often",
                               answer->retry_after ? answer->retry_after : RETRY_USUAL, p);
    default:
        return answer->status / 100 == 2
                   ? NULL
                   : workos_down(workos, apr_psprintf(p, "status %d", answer->status), p);
    }
}

/* ---- factors --------------------------------------------------------------------------------- */

static json_t *wish_body(const workos_wish_t *wish, apr_pool_t *p)
{
    json_t *body = json_tie(p, json_object());
    json_set_text(body, "type", wish->type == WORKOS_SMS ? "sms" : "totp");
    if (wish->type == WORKOS_SMS) {
        json_set_text(body, "phone_number", wish->number);
        return body;
    }
    json_set_text(body, "totp_issuer", wish->issuer);
    json_set_text(body, "totp_user", wish->user);
    return body;
}

/* The one that was wished for: a secret with an app, and that very number. */
static bool is_wished(const workos_factor_t *factor, const workos_wish_t *wish)
{
    if (factor->type != wish->type)
        return false;
    return wish->type == WORKOS_SMS ? strcmp(factor->number, wish->number) == 0
                                    : factor->uri != NULL;
}

result_t *workos_enroll(workos_t *workos, const turn_t *turn, const workos_wish_t *wish,
                        workos_factor_t *factor)
{
    const peer_answer_t answer =
        ask_plainly(workos, turn, "POST", "/auth/factors/enroll", wish_body(wish, turn->p));
    result_t *refusal = but_for(410, workos_refusal(workos, &answer, turn->p), workos, turn->p);
    if (refusal)
        return refusal;
    return workos_read_factor(answer.json, factor, turn->p) && is_wished(factor, wish)
               ? NULL
               : workos_malformed(workos, turn->p);
}

static const char *factor_path(const char *id, const char *more, apr_pool_t *p)
{
    return apr_pstrcat(p, "/auth/factors/", id, more, NULL);
}

result_t *workos_get(workos_t *workos, const turn_t *turn, const char *id, workos_factor_t *factor)
{
    const peer_answer_t answer =
        ask_plainly(workos, turn, "GET", factor_path(id, "", turn->p), NULL);
    result_t *refusal = but_for(422, workos_refusal(workos, &answer, turn->p), workos, turn->p);
    if (refusal)
        return refusal;
    return workos_read_factor(answer.json, factor, turn->p) && strcmp(factor->id, id) == 0
               ? NULL
               : workos_malformed(workos, turn->p);
}

result_t *workos_delete(workos_t *workos, const turn_t *turn, const char *id)
{
    const peer_answer_t answer =
        ask_plainly(workos, turn, "DELETE", factor_path(id, "", turn->p), NULL);
    result_t *refusal = but_for(422, workos_refusal(workos, &answer, turn->p), workos, turn->p);
    return refusal && refusal->status == 410 ? NULL : refusal;
}

/* ---- challenges ------------------------------------------------------------------------------ */

/* An answer that tells nothing of what was done. */
static bool is_unsure(const peer_answer_t *answer)
{
    return answer->outcome == PEER_BROKEN || answer->outcome == PEER_SLOW ||
           (answer->outcome == PEER_OK && answer->status >= 500);
}

/* The same again has the same key, and what is left of the time. */
static peer_answer_t ask_for_challenge(const workos_t *workos, const turn_t *turn, const char *path,
                                       const json_t *body)
{
    unsigned char random[16];
    const char *headers[2] = {NULL, NULL};
    randombytes_buf(random, sizeof(random));
    headers[0] = apr_pstrcat(
        turn->p, "Idempotency-Key: ", hex_encode(turn->p, random, sizeof(random)), NULL);
    peer_question_t question = {
        .method = "POST", .headers = headers, .body = body, .total_ms = time_left(turn) * 2 / 3};
    const peer_answer_t answer = ask_workos(workos, turn, question, path);
    question.total_ms = time_left(turn);
    return is_unsure(&answer) ? ask_workos(workos, turn, question, path) : answer;
}

result_t *workos_challenge(workos_t *workos, const turn_t *turn, const char *id, const char *text,
                           workos_challenge_t *challenge)
{
    json_t *body = json_tie(turn->p, json_object());
    if (text)
        json_set_text(body, "sms_template", text);
    const peer_answer_t answer =
        ask_for_challenge(workos, turn, factor_path(id, "/challenge", turn->p), body);
    result_t *refusal = workos_refusal(workos, &answer, turn->p);
    if (refusal)
        return refusal;
    return workos_read_challenge(answer.json, challenge) && strcmp(challenge->factor, id) == 0
               ? NULL
               : workos_malformed(workos, turn->p);
}

/* Too often wrong, too old, used, or forgotten: another one is needed. */
static bool is_used_up(const peer_answer_t *answer)
{
    if (answer->outcome != PEER_OK)
        return false;
    const char *code = answer->json ? json_text(answer->json, "code", 64) : NULL;
    return answer->status == 404 || answer->status == 422 ||
           (answer->status == 400 && code && strcmp(code, "one_time_code_too_many_attempts") == 0);
}

result_t *workos_verify(workos_t *workos, const turn_t *turn, const char *challenge,
                        const char *factor, const char *code, bool *valid)
{
    apr_pool_t *p = turn->p;
    workos_challenge_t judged;
    json_t *body = json_tie(p, json_object());
    json_set_text(body, "code", code);
    *valid = false;
    const peer_question_t question = {
        .method = "POST", .body = body, .once = true, .total_ms = time_left(turn)};
    const peer_answer_t answer = ask_workos(
        workos, turn, question, apr_pstrcat(p, "/auth/challenges/", challenge, "/verify", NULL));
    if (is_used_up(&answer))
        return code_expired(p);
    /* six digits are nothing that it may refuse */
    result_t *refusal = but_for(422, workos_refusal(workos, &answer, p), workos, p);
    if (refusal)
        return refusal;
    const bool ours = workos_read_verified(answer.json, &judged, valid) &&
                      strcmp(judged.id, challenge) == 0 && strcmp(judged.factor, factor) == 0;
    *valid = *valid && ours;
    return ours ? NULL : workos_malformed(workos, p);
}
