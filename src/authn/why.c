/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/why.h"

#include <apr_strings.h>
#include <http_log.h>

APLOG_USE_MODULE(auth_mpin);

static const char *lacks(const request_rec *r, const session_t *session, const demand_t *demand)
{
    return apr_psprintf(r->pool, "%s has proven %s, and this place asks for %s",
                        name_masked(session->name, r->pool),
                        demand_proven_text(session, r->request_time, r->pool),
                        demand_text(demand, r->pool));
}

static const char *session_fault(const request_rec *r, const request_t *request,
                                 const demand_t *demand)
{
    if (request->token.state != TOKEN_UNJUDGED)
        return "a token came, which is not good, or not good here";
    if (request->tossed & TOSSED_SESSION)
        return "a cookie of ours came twice, and neither counts";
    if (!request->session_cookie.text)
        return "no session cookie came";
    switch (request->session_status) {
    case SESSION_OK:
        return lacks(r, &request->session, demand);
    case SESSION_EXPIRED:
        return "the session has expired (MPinSessionIdleTimeout, MPinSessionMaxDuration)";
    case SESSION_REVOKED:
        return "the session was ended: a sign-out, a withdrawn device, or a changed user; or its "
               "name was registered openly, and MPinRegister has no open here";
    case SESSION_UNKNOWN:
        return "the store is not there, so nobody knows which sessions were ended";
    case SESSION_NONE:
        break;
    }
    return "the session cookie does not open: damaged, of another site or MPinSessionRealm, or "
           "sealed by a key that is gone";
}

static const char *way_of(int status)
{
    switch (status) {
    case HTTP_MOVED_TEMPORARILY:
    case HTTP_SEE_OTHER:
        return "to the login page";
    case HTTP_SERVICE_UNAVAILABLE:
        return "our trouble";
    default:
        return "nobody is signed in";
    }
}

void why_not_in(request_rec *r, const request_t *request, const demand_t *demand, int status)
{
    if (APLOGrdebug(r))
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "MPIN0701: %s is answered %d, %s: %s", r->uri,
                      status, way_of(status), session_fault(r, request, demand));
}

void why_nobody(request_rec *r, const request_t *request, const demand_t *demand)
{
    if (request->session_cookie.text && APLOGrdebug(r))
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0706: %s is open to all, and its visitor counts as nobody: %s", r->uri,
                      session_fault(r, request, demand));
}

void why_not_authorized(request_rec *r, const session_t *session, const char *require)
{
    if (APLOGrdebug(r))
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0702: Require %s does not hold: %s has proven %s, with amr %s", require,
                      name_masked(session->name, r->pool),
                      demand_proven_text(session, r->request_time, r->pool),
                      session_amr_text(session->amr, r->pool));
}
