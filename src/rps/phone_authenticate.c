/* POST /rps/authenticate (docs/protocol.md, "RPS, public"): a phone's authOTT for the code of a
 * desktop. */
#include <apr_strings.h>
#include <sodium.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/code.h"
#include "phone/offer.h"
#include "rps/admission.h"
#include "rps/redeem.h"

/* NULL, or the refusal of an address that has guessed too many codes: the same for a code that is
 * live and for one that is none. A known browser guesses as strangers do, for whoever has a PIN can
 * make itself known. */
static result_t *too_many_guesses(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    int wait;
    const store_status_t status = throttle_wait(rps->throttle, caller, NULL, NULL, &wait, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    return wait ? result_later(p, "throttled", "Too many failures.", wait) : NULL;
}

/* A verdict, or the desktop's way in. */
static result_t *judge_phone(rps_t *rps, seats_t *seats, const caller_t *caller,
                             const authott_t *record, const unsigned char auth_ott[TOKEN_BYTES],
                             apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    if (record->verdict != VERDICT_RIGHT)
        return redeem_refusal(record, p);
    result_t *refusal = too_many_guesses(rps, caller, p);
    if (refusal)
        return refusal;
    if (sodium_is_zero(record->wid, sizeof record->wid))
        return code_unknown(p);
    refusal = rps_admit(rps, caller, record->handle, &identity, &user, p);
    if (refusal)
        return refusal;
    const offer_t offer = {.wid = record->wid,
                           .auth_ott = auth_ott,
                           .name = identity.name,
                           .until = caller->now + apr_time_from_sec(AUTHOTT_SECONDS)};
    result_t *result = phone_offer(rps->phones, seats, caller, &offer, p);
    result->user = apr_pstrdup(p, identity.name);
    return result;
}

/* Everything but "ask again" is the last answer, and one request gets it. An address that answers
 * codes that are none is throttled as one that guesses passwords. */
static result_t *last_answer(rps_t *rps, const caller_t *caller, const authott_t *record,
                             const char *text, result_t *result, apr_pool_t *p)
{
    authott_t taken;
    int wait;
    if (result->status == 412)
        throttle_reserve(rps->throttle, caller, NULL, NULL, &wait, p);
    if (result->status == 503 || (result->status == 429 && record->verdict == VERDICT_RIGHT))
        return result;
    store_status_t status = authott_phone_take(rps, text, &taken, p);
    if (status == STORE_OK)
        return result;
    return status == STORE_MISSING ? redeem_unknown(p) : store_refusal(status, p);
}

/* The desktop is told before anybody waits, so that it gets in whether there is a seat or not. */
result_t *rps_phone_authenticate(rps_t *rps, seats_t *seats, const caller_t *caller,
                                 const json_t *body, apr_pool_t *p)
{
    authott_t record;
    unsigned char auth_ott[TOKEN_BYTES];
    result_t *off = phone_off(rps->phones, p);
    if (off)
        return off;
    const char *text =
        json_text(json_object_get(body, "mpinResponse"), "authOTT", AUTHOTT_TEXT_MAX);
    if (!text)
        return result_error(p, 400, "field_missing", "mpinResponse.authOTT is missing");

    if (!hex_decode(text, auth_ott, sizeof auth_ott))
        return redeem_unknown(p);
    store_status_t status = authott_phone(rps, text, &record, p);
    if (status == STORE_MISSING)
        return authott_idle_read(rps, caller, text, &record) == STORE_OK
                   ? redeem_refusal(&record, p)
                   : redeem_unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *result = record.bound && !redeem_is_of(&record, caller)
                           ? redeem_foreign(rps, &record, p)
                           : judge_phone(rps, seats, caller, &record, auth_ott, p);
    return last_answer(rps, caller, &record, text, result, p);
}
