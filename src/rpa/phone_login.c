/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/phone_login.h"
#include "base/json.h"
#include "phone/phone.h"
#include "rpa/bind.h"

/* The desktop: what it gets is bound to its pre-login cookie, which is sealed anew so that it
 * outlives the code. False: no randomness. */
static bool bind_desktop(facts_t *facts)
{
    if (!request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return false;
    facts->caller.prelogin = facts->prelogin.id;
    return true;
}

result_t *rpa_access_number(facts_t *facts)
{
    return bind_desktop(facts)
               ? phone_access_number(facts->site->phones, &facts->caller, facts->r->pool)
               : result_no_randomness(facts->r->pool);
}

result_t *rpa_qr_url(facts_t *facts)
{
    return bind_desktop(facts)
               ? phone_qr_url(facts->site->phones, &facts->caller, facts->body, facts->r->pool)
               : result_no_randomness(facts->r->pool);
}

result_t *rpa_access(facts_t *facts)
{
    return phone_access(facts->site->phones, &facts->caller, facts->text, facts->text_len,
                        facts->r->pool);
}

/* The phone, which may be signed in here itself. */
result_t *rpa_code_status(facts_t *facts)
{
    if (!rpa_bind_anew(facts))
        return result_no_randomness(facts->r->pool);
    return phone_code_status(facts->site->phones, &facts->caller, facts->body, facts->r->pool);
}

/* A phone that has signed a desktop in is one where that user has signed in before. */
result_t *rpa_phone_authenticate(facts_t *facts)
{
    result_t *result = rps_phone_authenticate(facts->site->rps, facts->site->seats.phones,
                                              &facts->caller, facts->body, facts->r->pool);
    if (result->status == HTTP_OK)
        request_remember(facts->r, result->user, NULL, facts->caller.now);
    return result;
}

result_t *rpa_mobile_config(facts_t *facts)
{
    return phone_mobile_config(facts->site->phones, facts->r->pool);
}

result_t *rpa_service(facts_t *facts)
{
    return phone_service(facts->site->phones, facts->r->pool);
}

json_t *rpa_logout_data(facts_t *facts, const session_t *session)
{
    apr_pool_t *p = facts->r->pool;
    const char *token = signout_seal(facts->site->signouts, session, facts->caller.now, p);
    return json_tie(
        p, json_pack("{s:s, s:s}", "userId", session->name, "sessionToken", token ? token : ""));
}

void rpa_phone_done(facts_t *facts, const redemption_t *redemption, const session_t *session)
{
    rps_phone_done(facts->site->rps, &facts->caller, redemption, rpa_logout_data(facts, session),
                   facts->r->pool);
}
