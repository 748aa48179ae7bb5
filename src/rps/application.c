/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/application.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"

#define TOTAL_MS 5000
#define ANSWER_MAX 65536 /* bytes: an application's error page may be long */

peer_t application_peer(const rps_means_t *means, const char *directive, apr_pool_t *p)
{
    return (peer_t){.http = means->http,
                    .seats = means->seats,
                    .log = means->log,
                    .health = means->health,
                    .id = "MPIN0311",
                    .who = apr_pstrcat(p, "the application at ", directive, NULL)};
}

static result_t *application_failed(peer_t *peer, const char *what, apr_pool_t *p)
{
    peer_complain(peer, what);
    return result_error(p, 500, "application_failed", "The application could not be asked.");
}

/* The secret shows an application that it is its RPS who asks. */
static void name_ourselves(const rps_t *rps, peer_question_t *question)
{
    const secret_t *secret = rps->settings->service_secret;
    question->bearer = secret ? secret->bytes : NULL;
    question->bearer_len = secret ? secret->len : 0;
}

/* NULL, and `*answer` is one of HTTP's; else the refusal. */
static result_t *ask_application(peer_t *peer, const peer_question_t *question,
                                 peer_answer_t *answer, apr_pool_t *p)
{
    *answer = peer_ask(peer, question, p);
    if (answer->outcome == PEER_BUSY)
        return result_later(p, "busy", "Too many wait for the application.", 1);
    return answer->outcome == PEER_OK ? NULL : application_failed(peer, answer->why, p);
}

/* ---- may this user register ------------------------------------------------------------------ */

static const json_t *wish_of(const verify_t *verify, apr_pool_t *p)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:s}", "userId", verify->user_id,
                             "mpinId", verify->mpin_id, "mobile", verify->mobile, "activateKey",
                             verify->activate_key, "expireTime", verify->expire_time, "resend",
                             (int)verify->resend, "deviceName", verify->device);
    json_object_set_new(json, "userData",
                        verify->user_data ? json_deep_copy(verify->user_data) : json_string(""));
    return json_tie(p, json);
}

/* Where we are and, for our own application, what came from its client. */
static const char *const *verify_headers(const rps_t *rps, const caller_t *caller, const char *url,
                                         apr_pool_t *p)
{
    int count = 0;
    const bool own = url == rps->settings->verify_url && caller->forwarded;
    while (own && caller->forwarded[count])
        count++;
    const char **headers = apr_pcalloc(p, ((apr_size_t)count + 2) * sizeof *headers);
    headers[0] = apr_pstrcat(p, "RPS-BASE-URL: ", rps->settings->public_url, NULL);
    for (int i = 0; i < count; i++)
        headers[i + 1] = caller->forwarded[i];
    return headers;
}

static result_t *ask_to_verify(rps_t *rps, const caller_t *caller, const char *url,
                               const verify_t *verify, peer_answer_t *answer, apr_pool_t *p)
{
    peer_question_t question = {.method = "POST",
                                .url = url,
                                .headers = verify_headers(rps, caller, url, p),
                                .body = wish_of(verify, p),
                                .total_ms = TOTAL_MS,
                                .max = ANSWER_MAX,
                                .log = caller->log};
    if (url == rps->settings->verify_url)
        name_ourselves(rps, &question);
    return ask_application(&rps->verifier, &question, answer, p);
}

/* {"forceActivate": true|false}; nothing else is a yes. */
static bool read_yes(const json_t *answer, bool *force_activate)
{
    *force_activate = false;
    return answer && json_flag(answer, "forceActivate", force_activate);
}

static result_t *status_is_no_yes(rps_t *rps, int status, apr_pool_t *p)
{
    return application_failed(&rps->verifier, apr_psprintf(p, "status %d", status), p);
}

static result_t *body_is_no_yes(rps_t *rps, apr_pool_t *p)
{
    return application_failed(&rps->verifier, "not {\"forceActivate\": true or false}", p);
}

/* A client's error that says no, whatever comes after it. */
static bool is_final_no(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

/* Milagro's RPS takes a success without a word for one that will be activated later. */
static bool says_later(const peer_answer_t *answer)
{
    return answer->status / 100 == 2 && answer->is_empty;
}

result_t *application_verify(rps_t *rps, const caller_t *caller, const verify_t *verify,
                             const char *no, bool *force_activate, apr_pool_t *p)
{
    peer_answer_t answer;
    *force_activate = false;
    result_t *refusal = ask_to_verify(rps, caller, rps->settings->verify_url, verify, &answer, p);
    if (refusal || says_later(&answer))
        return refusal;
    if (answer.status == 404 || answer.status == 405)
        peer_complain(&rps->verifier, apr_psprintf(p, "status %d", answer.status));
    if (is_final_no(answer.status))
        return result_error(p, 403, "not_allowed", no);
    if (answer.status / 100 != 2)
        return status_is_no_yes(rps, answer.status, p);
    return read_yes(answer.json, force_activate) ? NULL : body_is_no_yes(rps, p);
}

result_t *application_allows(rps_t *rps, const caller_t *caller, const char *name, const char *no,
                             apr_pool_t *p)
{
    const verify_t verify = {
        .user_id = name, .mpin_id = "", .activate_key = "", .expire_time = "", .device = ""};
    peer_answer_t answer;
    bool active;
    result_t *refusal = ask_to_verify(rps, caller, rps->settings->allow.url, &verify, &answer, p);
    if (refusal)
        return refusal;
    if (answer.status == 403)
        return result_error(p, 403, "not_allowed", no);
    if (answer.status != 200)
        return status_is_no_yes(rps, answer.status, p);
    return read_yes(answer.json, &active) ? NULL : body_is_no_yes(rps, p);
}

/* ---- is this device's access withdrawn ------------------------------------------------------- */

result_t *application_permits(rps_t *rps, const caller_t *caller, const char *mpin_id,
                              apr_pool_t *p)
{
    peer_t *peer = &rps->permitter;
    const char *url = rps->settings->permit_url;
    if (!url)
        return NULL;
    peer_question_t question = {
        .method = "GET",
        .url = apr_pstrcat(p, url, strchr(url, '?') ? "&" : "?", "mpin_id=", mpin_id, NULL),
        .total_ms = TOTAL_MS,
        .max = ANSWER_MAX,
        .log = caller->log};
    peer_answer_t answer;
    name_ourselves(rps, &question);
    result_t *refusal = ask_application(peer, &question, &answer, p);
    if (refusal || answer.status == 200)
        return refusal;
    if (!is_final_no(answer.status))
        return application_failed(peer, apr_psprintf(p, "status %d", answer.status), p);
    const int status = answer.status == 401 || answer.status == 410 ? answer.status : 403;
    return result_error(p, status, "identity_revoked", "This device's access was withdrawn.");
}
