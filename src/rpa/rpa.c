/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/rpa.h"
#include "base/json.h"
#include "rpa/bind.h"
#include "rpa/forward.h"
#include "rpa/in_front.h"
#include "rpa/phone_login.h"
#include "web/return_to.h"
#include "web/signin.h"

#define OTT_MAX 64 /* bytes of a one-time token, as clients send it */

/* A client without a login page (an application's own page, a native client) gets its pre-login
 * cookie here: what it does next is bound to it. Somebody who is signed in may never need one. */
result_t *rpa_client_settings(facts_t *facts)
{
    if (facts->prelogin_fresh && !facts->caller.session &&
        !request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);
    return rps_client_settings(facts->site->rps, &facts->caller, facts->r->pool);
}

result_t *rpa_user(facts_t *facts)
{
    const char *mpin_id = *facts->rest ? facts->rest : NULL;
    if (!rpa_bind_anew(facts))
        return result_no_randomness(facts->r->pool);
    facts->caller.forwarded = forward_headers(facts);
    result_t *result =
        rps_register(facts->site->rps, &facts->caller, mpin_id, facts->body, facts->r->pool);
    /* The registration is bound to that cookie: it lives as long from now on. */
    if (!result->code && facts->caller.prelogin) {
        facts->prelogin.registering = true;
        request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    }
    return result;
}

/* The identity is there, and the cookie has nothing more to wait for. */
static result_t *registration_over(facts_t *facts, result_t *result)
{
    if (result->code || !facts->prelogin.registering)
        return result;
    facts->prelogin.registering = false;
    if (facts->caller.session)
        request_end_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    else
        request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    return result;
}

result_t *rpa_signature_get(facts_t *facts)
{
    return registration_over(
        facts, rps_signature_in_two(facts->site->rps, &facts->caller, facts->rest,
                                    apr_table_get(facts->query, "regOTT"), facts->r->pool));
}

result_t *rpa_signature_post(facts_t *facts)
{
    const char *reg_ott = json_text(facts->body, "regOTT", OTT_MAX);
    if (json_is_true(json_object_get(facts->body, "peek")))
        return rps_peek(facts->site->rps, &facts->caller, facts->rest, reg_ott, facts->r->pool);
    return registration_over(facts, rps_signature(facts->site->rps, &facts->caller, facts->rest,
                                                  reg_ott, facts->r->pool));
}

result_t *rpa_time_permit_get(facts_t *facts)
{
    return rps_time_permit_in_two(facts->site->rps, &facts->caller, facts->rest, facts->r->pool);
}

result_t *rpa_time_permit_post(facts_t *facts)
{
    return rps_time_permit(facts->site->rps, &facts->caller, facts->rest, facts->r->pool);
}

result_t *rpa_setup_done(facts_t *facts)
{
    return rps_setup_done(facts->site->rps, &facts->caller, facts->rest, facts->r->pool);
}

result_t *rpa_standing(facts_t *facts)
{
    return rps_standing_of_device(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *rpa_remove(facts_t *facts)
{
    unsigned char handle[HANDLE_BYTES];
    result_t *result =
        rps_remove_device(facts->site->rps, &facts->caller, facts->body, handle, facts->r->pool);
    if (!result->code)
        request_forget_device(facts->r, handle, facts->caller.now);
    return result;
}

result_t *rpa_pass1(facts_t *facts)
{
    if (!rpa_bind_anew(facts))
        return result_no_randomness(facts->r->pool);
    return rps_pass1(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *rpa_pass2(facts_t *facts)
{
    if (!rpa_bind_anew(facts))
        return result_no_randomness(facts->r->pool);
    return rps_pass2(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

/* ---- POST /mpinAuthenticate ---- */

static signin_t sign_in(facts_t *facts, const redemption_t *redemption)
{
    const char *wanted = json_text(facts->body, "return", RETURN_TO_MAX);
    proven_t proven = {.user = &redemption->user,
                       .factor = FACTOR_PIN,
                       .amr = AMR_PIN | AMR_MFA,
                       .provider = "local",
                       .identity = redemption->identity.handle,
                       .identity_made = redemption->identity.created,
                       .event = "login_pin",
                       .target = signin_place(facts->site, wanted, facts->r->pool)};
    if (redemption->identity.origin == ORIGIN_OPEN)
        proven.amr |= AMR_OPEN;
    if (redemption->by_phone) {
        proven.amr |= AMR_SWK | AMR_PHONE;
        proven.event = "login_phone";
    }
    return signin(facts, &proven);
}

result_t *rpa_authenticate(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    redemption_t redemption;
    const char *auth_ott =
        json_text(json_object_get(facts->body, "mpinResponse"), "authOTT", OTT_MAX);

    if (!auth_ott)
        return result_error(p, HTTP_BAD_REQUEST, "field_missing",
                            "mpinResponse.authOTT is missing");
    if (facts->site->remote)
        front_redeem(facts, auth_ott, &redemption);
    else
        rps_redeem(facts->site->rps, &facts->caller, auth_ott, &redemption, p);
    if (redemption.refusal)
        return redemption.refusal;

    const signin_t in = sign_in(facts, &redemption);
    if (in.refusal)
        return in.refusal;
    if (!in.session) /* a trusted login has the word first */
        return result_ok(
            p, json_pack("{s:s, s:s}", "user", redemption.user.name, "location", in.location));

    if (redemption.by_phone)
        rpa_phone_done(facts, &redemption, in.session);
    if (redemption.wants_word)
        front_signed_in(facts, auth_ott, in.session);
    result_t *result =
        result_ok(p, json_pack("{s:s, s:s}", "user", in.session->name, "location", in.location));
    if (!facts->site->remote && !redemption.by_phone) /* whose key is not this browser's */
        rps_add_device_key(facts->site->rps, redemption.identity.handle, result->json, p);
    if (redemption.otp[0])
        rps_otp_times(result->json, facts->caller.now, p);
    return result;
}
