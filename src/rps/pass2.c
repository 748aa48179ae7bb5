/* SPDX-License-Identifier: Apache-2.0 */
/* POST /rps/pass2 (docs/protocol.md, "RPS, public"). */
#include <apr_strings.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/code.h"
#include "rps/attempt.h"
#include "rps/authott.h"
#include "rps/quota.h"
#include "rps/split.h"

/* Records a minute, by identity, of passes that are not judged. */
static const quota_t unjudged_quota = {
    .kind = "unjudged", .each = 20, .all = AUTHOTT_UNJUDGED, .seconds = 60};

typedef struct pass2_request_t {
    mpin_id_t id;
    const char *mpin_id; /* as it came */
    unsigned char v[MPIN_G1_BYTES];
    const char *wid; /* the code that a phone answers; NULL: this browser signs itself in */
    bool has_pass_id;
    bool otp; /* a one-time code is wanted, and issued here */
    unsigned char pass_id[TOKEN_BYTES];
} pass2_request_t;

/* "0": this browser signs itself in; else an access number or a QR id, whether it is live or not:
 * the phone learns that when it authenticates. */
static bool read_wid(pass2_request_t *request, const rps_t *rps, const json_t *wid)
{
    if (!json_is_string(wid))
        return json_is_integer(wid) && json_integer_value(wid) == 0;
    const char *text = json_string_value(wid);
    if (strcmp(text, "0") == 0)
        return true;
    request->wid = text;
    return phone_is_on(rps->phones) && code_is_wid(text);
}

static bool read_pass_id(pass2_request_t *request, const json_t *body)
{
    request->has_pass_id = json_object_get(body, "passId") != NULL;
    if (!request->has_pass_id)
        return true;
    const char *text = json_text(body, "passId", 2 * TOKEN_BYTES);
    return text && hex_decode(text, request->pass_id, sizeof request->pass_id);
}

static const char *read_pass2(pass2_request_t *request, const rps_t *rps, const json_t *body,
                              apr_pool_t *p)
{
    const json_t *pass = json_object_get(body, "pass");
    request->wid = NULL;
    request->otp = false;
    if (pass && json_integer_value(pass) != 2)
        return "Invalid data received. pass must be 2";
    request->mpin_id = json_text(body, "mpin_id", 2 * MPIN_ID_MAX);
    if (!mpin_id_read(&request->id, request->mpin_id, p))
        return "Invalid data received. mpin_id is missing or not lower-case hex";
    const char *v = json_text(body, "V", 2 * MPIN_G1_BYTES);
    if (!v || !hex_decode(v, request->v, sizeof request->v) || request->v[0] != 4)
        return "Invalid data received. V is missing or not 04, X and Y in lower-case hex";
    if (!read_wid(request, rps, json_object_get(body, "WID")))
        return "Invalid data received. WID is missing or unknown";
    if (!json_flag(body, "OTP", &request->otp))
        return "Invalid data received. OTP is not a boolean";
    request->otp = request->otp && rps->settings->issue_otp && !request->wid;
    if (!read_pass_id(request, body))
        return "Invalid data received. passId is malformed";
    return NULL;
}

/* Looks the same whatever the verdict is, the one-time code included. */
static result_t *pass2_answer(const char *auth_ott, const char *otp, apr_pool_t *p)
{
    json_t *json = json_pack("{s:s, s:i, s:s, s:s}", "authOTT", auth_ott, "pass", 2, "version",
                             RPS_VERSION, "message", "OK");
    if (*otp)
        json_set_text(json, "OTP", otp);
    return result_ok(p, json);
}

/* A PIN that is not right is audited here: its authOTT may never be redeemed. */
static result_t *pass2_audited(rps_t *rps, const attempt_t *attempt, const pass2_request_t *request,
                               result_t *result, apr_pool_t *p)
{
    const char *name = attempt->identity.name[0] ? attempt->identity.name : NULL;
    const char *event = "login_refused";
    if (attempt->verdict == VERDICT_RIGHT)
        return result;
    if (attempt->failed && attempt->verdict == VERDICT_LOCKED) {
        event = "identity_locked";
        log_warn(rps->log, "MPIN0308", "identity %s of %s is locked after too many wrong PINs",
                 people_label(request->id.handle, p), name_masked(name, p));
    } else if (attempt->failed) {
        event = "pin_wrong";
    }
    return rps_audited(result, event, name, request->id.handle, p);
}

/* An attempt that is not judged costs no record. But an application has to be told whom it refuses:
 * a few times a minute, and of identities that exist. */
static bool pass2_is_kept(rps_t *rps, const caller_t *caller, const attempt_t *attempt,
                          apr_pool_t *p)
{
    if (attempt->passes)
        return true;
    return rps->settings->service && attempt->identity.name[0] &&
           quota_take(rps->store, &unjudged_quota, attempt->handle, caller, NULL, p) == STORE_OK;
}

/* An application's is bound to no browser: it has only its own users' cookies. */
static const char *pass2_idle(rps_t *rps, const caller_t *caller, const pass2_request_t *request,
                              verdict_t verdict, apr_pool_t *p)
{
    caller_t redeemer = *caller;
    if (rps->settings->service && !request->wid)
        redeemer.prelogin = NULL;
    return authott_idle(rps, &redeemer, verdict, p);
}

/* An authOTT comes back whatever the verdict is: only who redeems it learns that. */
static result_t *pass2_issue(rps_t *rps, const caller_t *caller, const pass2_request_t *request,
                             const attempt_t *attempt, apr_pool_t *p)
{
    authott_t record = {.kind = request->wid ? AUTHOTT_PHONE : AUTHOTT_BROWSER,
                        .verdict = (unsigned char)attempt->verdict,
                        .attempts_left = attempt->left,
                        .retry_after = (uint32_t)attempt->retry_after};
    const char *text;
    memcpy(record.handle, request->id.handle, sizeof record.handle);
    if (rps->settings->service)
        apr_cpystrn(record.mpin_id, request->mpin_id, sizeof record.mpin_id);
    if (request->otp)
        otp_draw(record.otp);
    if (!pass2_is_kept(rps, caller, attempt, p))
        return pass2_answer(pass2_idle(rps, caller, request, attempt->verdict, p), record.otp, p);
    store_status_t status = STORE_OK;
    if (request->wid && attempt->verdict == VERDICT_RIGHT)
        status = code_find(rps->phones, request->wid, caller->now, record.wid, p);
    if (status == STORE_OK || status == STORE_MISSING)
        status = authott_issue(rps, caller, &record, &text, p);
    return status == STORE_OK ? pass2_answer(text, record.otp, p) : store_refusal(status, p);
}

/* The attempt is counted before the proof is looked at, so that guesses in parallel can't outrun
 * the limit. A V in a wrong encoding touches nothing; one that is no point of the group has used up
 * its pass1, but counts as no guess. */
result_t *rps_pass2(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    pass2_request_t request;
    result_t *refusal = split_ready(rps, caller, p);
    if (refusal)
        return refusal;
    const char *wrong = read_pass2(&request, rps, body, p);
    if (wrong)
        return result_error(p, 403, "pass2_malformed", wrong);

    attempt_t attempt;
    store_status_t status = attempt_begin(
        rps, caller, request.id.handle, request.has_pass_id ? request.pass_id : NULL, &attempt, p);
    if (status == STORE_MISSING)
        return result_error(p, 408, "pass1_unknown", "No live pass1 for this identity.");
    if (status != STORE_OK)
        return store_refusal(status, p);

    if (attempt.verdict == VERDICT_NONE) {
        mpin_status_t outcome = attempt_judge(rps, caller, &attempt, request.id.hash, request.v);
        status = attempt_end(rps, caller, &attempt, outcome, p);
        if (status != STORE_OK)
            return store_refusal(status, p);
        if (attempt.verdict == VERDICT_NONE)
            return result_error(p, 403, "pass2_malformed",
                                "Invalid data received. V is no point of the group");
    }
    log_debug(caller->log, "MPIN0766", "pass2: identity %s is %s; the answer looks the same%s",
              people_label(request.id.handle, p), verdict_text(attempt.verdict),
              request.wid ? ", and is for a computer" : "");
    result_t *result = pass2_issue(rps, caller, &request, &attempt, p);
    return pass2_audited(rps, &attempt, &request, result, p);
}
