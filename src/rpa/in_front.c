#include "rpa/in_front.h"
#include "base/json.h"
#include "rpa/phone_login.h"
#include "remote/remote.h"

#include <sodium.h>
#include <string.h>

/* A client that registers hands the RPS what we give it here, and so we know it again. */
result_t *front_client_settings(facts_t *facts)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const char *user_data = applicant_seal(site->applicants, facts->prelogin.id,
                                           facts->caller.session, facts->caller.now, p);
    const bool kept = !facts->prelogin_fresh ||
                      request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    if (!user_data || !kept)
        return result_no_randomness(p);
    return remote_client_settings(site->remote, &facts->caller, user_data, p);
}

/* The caller is the RPS; what it asks is about somebody else. */
result_t *front_verify(facts_t *facts)
{
    const site_t *site = facts->site;
    applicant_t applicant;
    caller_t caller = facts->caller;
    const char *user_data = json_text(facts->body, "userData", APPLICANT_TEXT_MAX);
    caller.session = NULL;
    caller.prelogin = NULL;
    caller.known = NULL;
    if (user_data && applicant_open(site->applicants, user_data, caller.now, &applicant)) {
        caller.session = applicant.signed_in ? &applicant.session : NULL;
        caller.prelogin = applicant.browser;
    }
    return remote_verify(site->remote, &caller, facts->body, facts->r->pool);
}

result_t *front_permit(facts_t *facts)
{
    return remote_permit(facts->site->remote, &facts->caller,
                         apr_table_get(facts->query, "mpin_id"), facts->r->pool);
}

/* ---- POST /mpinAuthenticate ---- */

/* A page that redeems what a phone made has no answer of pass2 of its own. Some servers hand the
 * phone what comes with this request, others what comes with the last word: so the family of the
 * session to come is chosen now. */
static const json_t *promise(facts_t *facts)
{
    request_t *request = facts->request;
    session_t session = {.expires =
                             (uint32_t)apr_time_sec(facts->caller.now + facts->site->session_max)};
    if (json_object_get(json_object_get(facts->body, "mpinResponse"), "pass"))
        return NULL;
    if (facts->caller.session)
        memcpy(request->next_family, facts->caller.session->family, SESSION_ID_BYTES);
    else
        randombytes_buf(request->next_family, SESSION_ID_BYTES);
    memcpy(session.family, request->next_family, SESSION_ID_BYTES);
    return rpa_logout_data(facts, &session);
}

void front_redeem(facts_t *facts, const char *auth_ott, redemption_t *redemption)
{
    remote_t *remote = facts->site->remote;
    apr_pool_t *p = facts->r->pool;
    remote_redeem(remote, &facts->caller, auth_ott, promise(facts), redemption, p);
    if (redemption->refusal && redemption->wants_word)
        remote_refused(remote, auth_ott, redemption->refusal, p);
    /* The next try comes with the cookie that this one lacked. */
    if (facts->prelogin_fresh)
        request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
}

void front_signed_in(facts_t *facts, const char *auth_ott, const session_t *session)
{
    remote_signed_in(facts->site->remote, auth_ott, rpa_logout_data(facts, session),
                     facts->r->pool);
}
