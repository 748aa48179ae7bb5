/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/check.h"
#include "authn/authn.h"
#include "authn/caching.h"
#include "authn/refuse.h"
#include "authn/why.h"
#include "base/json.h"
#include "login/login.h"
#include "store/refusal.h"
#include "web/knows.h"
#include "web/reader.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

#define AUTH_TYPE "MPin"

/* Those whom we have signed in have this very text as type: nobody else's is at this address. */
static const char auth_type[] = AUTH_TYPE;

bool check_governs(const request_rec *r)
{
    const char *type = ap_auth_type((request_rec *)(apr_uintptr_t)r);
    return type && strcasecmp(type, AUTH_TYPE) == 0;
}

const session_t *check_user(const request_rec *r)
{
    if (!r->user || r->ap_auth_type != auth_type)
        return NULL;
    return request_session(r);
}

static demand_t demand_here(const request_rec *r, const site_t *site)
{
    const dir_config_t *here = site_directory(r);
    return demand_of(here->methods, site->methods, here->reauth_after);
}

/* The session, when it is good enough for this place. */
static session_t *good_session(request_rec *r, request_t *request)
{
    if (!request_session(r))
        return NULL;
    const demand_t demand = demand_here(r, request->site);
    if (!demand_is_met(&demand, &request->session, r->request_time))
        return NULL;
    if (request->site->recheck && session_wants_renewal(&request->session, r->request_time) &&
        !knows_session(r))
        return NULL;
    return &request->session;
}

/* What an unauthenticated script or API client gets. */
static int refuse_json(request_rec *r, const request_t *request)
{
    const char *login = request->site->paths[PATH_LOGIN];
    result_t *result =
        result_error(request->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    if (login)
        result->json = json_tie(request->pool, json_pack("{s:s}", "login_url", login));
    return refuse_request(r, HTTP_UNAUTHORIZED, result);
}

static int refuse_store_down(request_rec *r, const request_t *request)
{
    return refuse_request(r, HTTP_SERVICE_UNAVAILABLE, store_refusal(STORE_DOWN, request->pool));
}

/* The page that the administrator named in the place of the login page, unless that is this one. */
static const char *named_page(const request_rec *r)
{
    const char *page = site_directory(r)->redirect;
    return page && strcmp(page, r->uri) != 0 ? page : NULL;
}

/* The method that came: a folder asks for its index by GET. */
static int method_number(const request_rec *r)
{
    while (r->main)
        r = r->main;
    return r->method_number;
}

static int refuse_with_redirect(request_rec *r, const request_t *request)
{
    const char *elsewhere = named_page(r);
    const bool safe = method_number(r) == M_GET;
    const demand_t demand = demand_here(r, request->site);
    const char *location = elsewhere ? elsewhere : login_begin(r, &demand, !safe);
    if (!location)
        return refuse_request(r, HTTP_SERVICE_UNAVAILABLE, result_no_randomness(request->pool));
    apr_table_setn(r->headers_out, "Location", location);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    if (request->session_status == SESSION_REVOKED) /* by a phone, or at another host */
        apr_table_setn(r->err_headers_out, CLEAR_SITE_DATA, CLEAR_CACHE);
    return safe ? HTTP_MOVED_TEMPORARILY : HTTP_SEE_OTHER;
}

/* The place's demand, for a login page that is the administrator's ErrorDocument. */
static void note_demand(const request_rec *r, request_t *request)
{
    const demand_t demand = demand_here(r, request->site);
    request->unmet = apr_pmemdup(request->pool, &demand, sizeof(demand));
}

/* Nobody is signed in, or not well enough for this place: to the login. */
static int refuse_stranger(request_rec *r, request_t *request)
{
    const site_t *site = request->site;
    const int mode = site_directory(r)->unauthenticated;
    const bool framed = site->paths[PATH_LOGIN] && reader_is_framed(r) && !reader_is_prefetch(r);
    const bool nobody = !framed && reader_is_nobody(r);
    const bool somewhere = site->paths[PATH_LOGIN] || named_page(r);

    if (refuse_unseen(request, r))
        return HTTP_UNAUTHORIZED;
    note_demand(r, request);
    if (!somewhere && !nobody)
        return refuse_plainly(r);
    if (!site->store)
        return refuse_store_down(r, request);
    if (mode == UNAUTH_REDIRECT && somewhere && !reader_is_prefetch(r))
        return refuse_with_redirect(r, request);
    if (nobody)
        return refuse_json(r, request);
    if (mode == UNAUTH_401)
        return refuse_plainly(r); /* the administrator's ErrorDocument, or httpd's */
    if (framed)
        return refuse_framed(r);
    if (method_number(r) == M_GET)
        return refuse_with_redirect(r, request);
    if (method_number(r) == M_POST)
        return refuse_with_login(r, demand_here(r, site));
    return refuse_json(r, request);
}

int authn_check(request_rec *r)
{
    if (!check_governs(r))
        return DECLINED;
    request_t *request = request_of(r);
    if (!request) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "MPIN0402: AuthType MPin, but MPinEngine is not On here");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (r->proxyreq == PROXYREQ_PROXY) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "MPIN0403: AuthType MPin cannot protect a forward proxy");
        return HTTP_FORBIDDEN;
    }

    if (r->main && caching_too_late(r))
        return HTTP_UNAUTHORIZED;
    caching_depends(r, request);
    session_t *session = good_session(r, request);
    if (session) {
        r->user = session->name;
        r->ap_auth_type = (char *)(apr_uintptr_t)auth_type;
        return OK;
    }
    const int status = request->session_status == SESSION_UNKNOWN ? refuse_store_down(r, request)
                                                                  : refuse_stranger(r, request);
    const demand_t demand = demand_here(r, request->site);
    const bool seen = !refuse_unseen(request, r);
    if (seen)
        why_not_in(r, request, &demand, status);
    request->refused = request->refused || seen;
    return status;
}

/* Where `pass` stands, a good session counts even if the page is open to all. Without one the
 * request goes on without a user: where a Require needs one, authn_check is asked all the same, and
 * refuses. Our own pages and refusals are for everybody, also for a user whom no Require lets
 * in. */
int authn_force(request_rec *r)
{
    request_t *request = request_of(r);
    if (!request || site_directory(r)->unauthenticated != UNAUTH_PASS || request->claimed == r ||
        !check_governs(r) || (r->main && caching_too_late(r)))
        return DECLINED;
    caching_depends(r, request);
    if (good_session(r, request))
        return OK;
    const demand_t demand = demand_here(r, request->site);
    why_nobody(r, request, &demand);
    return DECLINED;
}

/* mod_authz_core has refused. Where that was a user of ours, another login would change nothing:
 * 403. */
int authn_note_failure(request_rec *r, const char *type)
{
    if (strcasecmp(type, AUTH_TYPE) != 0 || !request_of(r))
        return DECLINED;
    if (!r->user) {
        refuse_plainly(r);
        return OK;
    }
    if (refuse_unseen(request_of(r), r))
        return OK;
    result_t *result = result_error(request_of(r)->pool, HTTP_FORBIDDEN, "not_authorized",
                                    "this user may not see this page");
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "MPIN0703: %s is signed in, and a Require line of this place refuses: 403",
                  name_masked(r->user, r->pool));
    result->event = "not_authorized";
    result->user = r->user;
    refuse_request(r, HTTP_UNAUTHORIZED, result);
    request_of(r)->refused |= !refuse_unseen(request_of(r), r);
    return OK;
}
