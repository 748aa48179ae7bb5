/* SPDX-License-Identifier: Apache-2.0 */
/* POST /authenticate and GET /status (docs/protocol.md, "RPS, private"): what an authOTT is worth
 * to an application, once. */
#include "base/json.h"
#include "rps/authott.h"
#include "rps/phone_word.h"

/* As the original words it. */
static const char *original_message(const result_t *refusal)
{
    switch (refusal ? refusal->status : 200) {
    case 200:
        return "Authentication successful";
    case 401:
    case 410:
        return "Wrong PIN.";
    case 408:
        return "Expired authentication request";
    default:
        return refusal->message;
    }
}

static result_t *authenticate_answer(const redemption_t *redemption, apr_pool_t *p)
{
    result_t *refusal = redemption->refusal;
    const char *mpin_id = redemption->mpin_id ? redemption->mpin_id : "";
    const int status = refusal ? refusal->status : 200;
    json_t *json =
        json_pack("{s:i, s:s, s:s, s:s}", "status", status, "message", original_message(refusal),
                  "userId", redemption->identity.name, "mpinId", mpin_id);
    json_t *left = refusal ? json_object_get(refusal->json, "attemptsLeft") : NULL;
    if (left)
        json_object_set(json, "attemptsLeft", left);
    if (redemption->otp[0])
        json_set_text(json, "OTP", redemption->otp);
    result_t *result = result_ok(p, json);
    result->status = status;
    if (!refusal)
        return rps_audited(result, "login_pin", redemption->identity.name,
                           redemption->identity.handle, p);
    result->retry_after = refusal->retry_after;
    result->event = refusal->event;
    result->user = refusal->user;
    result->identity = refusal->identity;
    return result;
}

/* The application knows which browser brought it. */
result_t *rps_authenticate(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    redemption_t redemption;
    const char *auth_ott = json_text(body, "authOTT", AUTHOTT_TEXT_MAX);
    if (!auth_ott)
        return result_error(p, 400, "field_missing", "authOTT is missing");
    rps_redeem(rps, caller, auth_ott, &redemption, p);
    const result_t *refusal = redemption.refusal;
    if (refusal && refusal->status >= 500)
        return redemption.refusal;
    if (!refusal && redemption.by_phone)
        phone_word_first(rps, caller, &redemption, body, p);
    return authenticate_answer(&redemption, p);
}

result_t *rps_status(apr_pool_t *p)
{
    return result_ok(p, json_pack("{s:s, s:s}", "message", "active", "version", RPS_VERSION));
}
