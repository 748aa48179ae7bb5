#include "rpa/rpa.h"
#include "base/hex.h"
#include "base/json.h"
#include "rpa/front.h"
#include "rpa/phone_login.h"

#include <apr_strings.h>
#include <string.h>

#define OTT_MAX 64     /* bytes of a one-time token, as clients send it */
#define NONCE_MAX 64   /* bytes of a login page's state */
#define SHORT_HANDLE 6 /* bytes of an identity's handle that logs show */

static result_t *no_randomness(const facts_t *facts)
{
    return result_error(facts->r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                        "no randomness is to be had");
}

bool rpa_keep_prelogin(const facts_t *facts)
{
    const char *value =
        prelogin_seal(facts->site->prelogins, &facts->prelogin, facts->caller.now, facts->r->pool);
    if (value)
        request_set_cookie(facts->r, facts->site->prelogin_cookie, value, 0);
    return value != NULL;
}

/* A client without a login page (an application's own page, a native client) gets its pre-login
 * cookie here: what it does next is bound to it. */
result_t *rpa_client_settings(facts_t *facts)
{
    if (facts->prelogin_fresh && !rpa_keep_prelogin(facts))
        return no_randomness(facts);
    return rps_client_settings(facts->site->rps, &facts->caller, facts->r->pool);
}

result_t *rpa_user(facts_t *facts)
{
    const char *mpin_id = *facts->rest ? facts->rest : NULL;
    return rps_register(facts->site->rps, &facts->caller, mpin_id, facts->body, facts->r->pool);
}

result_t *rpa_signature_get(facts_t *facts)
{
    return rps_signature_in_two(facts->site->rps, &facts->caller, facts->rest,
                                apr_table_get(facts->query, "regOTT"), facts->r->pool);
}

result_t *rpa_signature_post(facts_t *facts)
{
    return rps_signature(facts->site->rps, &facts->caller, facts->rest,
                         json_text(facts->body, "regOTT", OTT_MAX), facts->r->pool);
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

result_t *rpa_pass1(facts_t *facts)
{
    return rps_pass1(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *rpa_pass2(facts_t *facts)
{
    return rps_pass2(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

/* ---- POST /mpinAuthenticate ---- */

static session_t session_for(const redemption_t *redemption)
{
    session_t session = {
        .version = redemption->user.version, .amr = AMR_PIN | AMR_MFA, .provider = "local"};
    if (redemption->by_phone)
        session.amr |= AMR_SWK | AMR_PHONE;
    memcpy(session.uid, redemption->user.uid, sizeof(session.uid));
    memcpy(session.identity, redemption->identity.handle, sizeof(session.identity));
    apr_cpystrn(session.name, redemption->user.name, sizeof(session.name));
    return session;
}

/* Where the login page that asked wanted to go; that page's state has done its work. */
static const char *location_after(facts_t *facts)
{
    const char *nonce = json_text(facts->body, "state", NONCE_MAX);
    const prelogin_entry_t *entry = nonce ? prelogin_find(&facts->prelogin, nonce) : NULL;
    if (!entry)
        return facts->site->after_login;

    const char *target =
        *entry->target ? apr_pstrdup(facts->r->pool, entry->target) : facts->site->after_login;
    prelogin_remove(&facts->prelogin, nonce);
    rpa_keep_prelogin(facts);
    return target;
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

    session_t session = session_for(&redemption);
    if (!request_sign_in(facts->r, &session, FACTOR_PIN, facts->caller.now))
        return result_error(p, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "the session could not be made");

    if (redemption.by_phone)
        rpa_phone_done(facts, &redemption, &session);
    if (redemption.wants_word)
        front_signed_in(facts, auth_ott, &session);
    result_t *result = result_ok(
        p, json_pack("{s:s, s:s}", "user", session.name, "location", location_after(facts)));
    if (redemption.otp[0])
        rps_otp_times(result->json, facts->caller.now, p);
    result->event = redemption.by_phone ? "login_phone" : "login_pin";
    result->user = apr_pstrdup(p, session.name);
    result->identity = hex_encode(p, session.identity, SHORT_HANDLE);
    return result;
}
