#include "rps/application.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"

#define CONNECT_MS 2000
#define TOTAL_MS 5000
#define ANSWER_MAX 65536 /* bytes: an application's error page may be long */

static void complain(rps_t *rps, const char *directive, const char *what)
{
    if (log_may_say(&rps->complained))
        log_error(rps->log, "MPIN0311", "the application at %s gives no answer that counts: %s",
                  directive, what);
}

static result_t *failed(rps_t *rps, const char *directive, const char *what, apr_pool_t *p)
{
    complain(rps, directive, what);
    return result_error(p, 500, "application_failed", "The application could not be asked.");
}

/* What shows an application that it is its RPS who asks. */
static const char *own_secret(const rps_t *rps, apr_pool_t *p)
{
    const secret_t *secret = rps->settings->service_secret;
    return secret ? apr_psprintf(p, "Authorization: Bearer %.*s", (int)secret->len, secret->bytes)
                  : NULL;
}

/* One exchange in a seat. NULL, and `*answer` is one of HTTP's; else the refusal. */
static result_t *ask(rps_t *rps, const char *directive, http_request_t *request,
                     http_answer_t *answer, apr_pool_t *p)
{
    seat_t seat;
    memset(answer, 0, sizeof *answer);
    request->connect_ms = CONNECT_MS;
    request->total_ms = TOTAL_MS;
    request->body_max = ANSWER_MAX;
    if (!seats_take(rps->settings->seats, TOTAL_MS + 1000, &seat))
        return result_later(p, "busy", "Too many wait for the application.", 1);
    *answer = http_exchange(rps->settings->http, request, p);
    seats_give(rps->settings->seats, &seat);
    return answer->outcome == HTTP_EXCHANGE_OK ? NULL : failed(rps, directive, answer->why, p);
}

/* ---- may this user register ------------------------------------------------------------------ */

static const char *question(const verify_t *verify, apr_pool_t *p)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:b, s:s}", "userId", verify->user_id,
                             "mpinId", verify->mpin_id, "mobile", verify->mobile, "activateKey",
                             verify->activate_key, "expireTime", verify->expire_time, "resend",
                             (int)verify->resend, "deviceName", verify->device);
    json_object_set_new(json, "userData",
                        verify->user_data ? json_deep_copy(verify->user_data) : json_string(""));
    return json_write(p, json_tie(p, json));
}

/* {"forceActivate": true|false}; nothing else is a yes. */
static bool read_yes(const http_answer_t *answer, bool *force_activate, apr_pool_t *p)
{
    const json_t *json = json_read(p, answer->body, answer->len);
    *force_activate = false;
    return json && json_flag(json, "forceActivate", force_activate);
}

result_t *application_verify(rps_t *rps, const char *url, const verify_t *verify, const char *no,
                             bool *force_activate, apr_pool_t *p)
{
    static const char directive[] = "MPinVerifyURL or MPinRegisterAllow url";
    const char *headers[] = {"Content-Type: application/json",
                             apr_pstrcat(p, "RPS-BASE-URL: ", rps->settings->public_url, NULL),
                             url == rps->settings->verify_url ? own_secret(rps, p) : NULL, NULL};
    const char *body = question(verify, p);
    http_request_t request = {
        .method = "POST", .url = url, .headers = headers, .body = body, .body_len = strlen(body)};
    http_answer_t answer;
    result_t *refusal = ask(rps, directive, &request, &answer, p);
    if (refusal)
        return refusal;
    if (answer.status == 403)
        return result_error(p, 403, "not_allowed", no);
    if (answer.status != 200)
        return failed(rps, directive, apr_psprintf(p, "status %d", answer.status), p);
    return read_yes(&answer, force_activate, p)
               ? NULL
               : failed(rps, directive, "not {\"forceActivate\": true or false}", p);
}

/* ---- is this device's access withdrawn ------------------------------------------------------- */

static bool is_refusal(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

result_t *application_permits(rps_t *rps, const char *mpin_id, apr_pool_t *p)
{
    static const char directive[] = "MPinPermitURL";
    const char *url = rps->settings->permit_url;
    if (!url)
        return NULL;
    const char *headers[] = {own_secret(rps, p), NULL};
    http_request_t request = {
        .method = "GET",
        .headers = headers,
        .url = apr_pstrcat(p, url, strchr(url, '?') ? "&" : "?", "mpin_id=", mpin_id, NULL)};
    http_answer_t answer;
    result_t *refusal = ask(rps, directive, &request, &answer, p);
    if (refusal || answer.status == 200)
        return refusal;
    if (!is_refusal(answer.status))
        return failed(rps, directive, apr_psprintf(p, "status %d", answer.status), p);
    const int status = answer.status == 401 || answer.status == 410 ? answer.status : 403;
    return result_error(p, status, "identity_revoked", "This device's access was withdrawn.");
}
