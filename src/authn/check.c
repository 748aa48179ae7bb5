/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/check.h"
#include "authn/asked.h"
#include "authn/authn.h"
#include "authn/by_token.h"
#include "authn/caching.h"
#include "authn/refuse.h"
#include "authn/step_up.h"
#include "authn/why.h"
#include "base/json.h"
#include "login/login.h"
#include "store/refusal.h"
#include "people/token_cache.h"
#include "web/answer.h"
#include "web/knows.h"
#include "web/reader.h"
#include "web/route.h"

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

/* ... and this one those whom a token has let in. */
static const char token_type[] = AUTH_TYPE;

/* True where AuthType MPin governs the request. */
static bool check_governs(const request_rec *r)
{
    const char *type = ap_auth_type((request_rec *)(apr_uintptr_t)r);
    return type && strcasecmp(type, AUTH_TYPE) == 0;
}

const session_t *check_user(const request_rec *r)
{
    if (!r->user || (r->ap_auth_type != auth_type && r->ap_auth_type != token_type))
        return NULL;
    return r->ap_auth_type == auth_type ? request_session(r) : &request_of(r)->token.pass->session;
}

bool check_is_token(const request_rec *r)
{
    return r->user && r->ap_auth_type == token_type;
}

static demand_t demand_here(const request_rec *r, const site_t *site)
{
    const dir_config_t *here = site_directory(r);
    demand_t demand = demand_of(here->methods, site->methods, here->second, here->reauth_after);
    demand.trusted = here->marks;
    return demand;
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

/* Lets in who has a good session, or a program with a token that the place takes. */
const session_t *check_admit(request_rec *r)
{
    request_t *request = request_of(r);
    session_t *session = good_session(r, request);
    const char *type = auth_type;
    if (!session && request->token.text) {
        const demand_t demand = demand_here(r, request->site);
        session = by_token_session(r, request, &demand);
        type = token_type;
    }
    if (!session)
        return NULL;
    r->user = session->name;
    r->ap_auth_type = (char *)(apr_uintptr_t)type;
    return session;
}

demand_t check_demand(const request_rec *r)
{
    return demand_here(r, request_of(r)->site);
}

/* The page that the administrator named in the place of the login page, unless that is this one. */
static const char *named_page(const request_rec *r)
{
    const char *page = site_directory(r)->redirect;
    return page && strcmp(page, r->uri) != 0 ? page : NULL;
}

/* A script is told what is missing, and where a person can show it. */
static result_t *told_script(const request_rec *r, const demand_t *demand, const char *login)
{
    const request_t *request = request_of(r);
    const char *need = demand_need(demand, request_session(r), r->request_time);
    result_t *result =
        result_error(request->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    if (login)
        result->json =
            json_tie(request->pool, json_pack("{s:s, s:s}", "login_url", login, "need", need));
    return result;
}

/* What an unauthenticated script or API client gets. */
static int refuse_json(request_rec *r, const demand_t *demand)
{
    const char *page = named_page(r);
    const char *login = request_of(r)->site->paths[PATH_LOGIN] ? login_begin(r, demand, false)
                        : page ? login_begin_at(r, page, demand, false)
                               : NULL;
    return refuse_request(r, HTTP_UNAUTHORIZED, told_script(r, demand, login));
}

static int refuse_store_down(request_rec *r, const request_t *request)
{
    return refuse_request(r, HTTP_SERVICE_UNAVAILABLE, store_refusal(STORE_DOWN, request->pool));
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
    apr_table_setn(r->headers_out, "Location",
                   elsewhere ? login_begin_at(r, elsewhere, &demand, !safe)
                             : login_begin(r, &demand, !safe));
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    if (request->session_status == SESSION_REVOKED) /* by a phone, or at another host */
        apr_table_setn(r->err_headers_out, CLEAR_SITE_DATA, CLEAR_CACHE);
    return safe ? HTTP_MOVED_TEMPORARILY : HTTP_SEE_OTHER;
}

/* The place's demand, for a login page that is the administrator's ErrorDocument, and for one that
 * looks ahead what the place asks for. */
static void note_demand(request_t *request, const demand_t *demand)
{
    request->unmet = apr_pmemdup(request->pool, demand, sizeof(*demand));
}

/* A POST that lacks a second step only is led to that page, which says that nothing was sent. */
static bool lacks_step_only(const request_rec *r, const demand_t *demand)
{
    const session_t *session = request_session(r);
    return session && demand_lacks_step(demand, session, r->request_time);
}

/* A program is asked for a token in the one way that all of them know. Where only programs come in
 * there is no login to lead anybody to. */
static int refuse_program(request_rec *r, request_t *request, const demand_t *demand)
{
    const result_t *refusal = by_token_refusal(request);
    request->asks_program = by_token_takes(request, demand) && reader_is_program(r);
    if (refusal)
        return refuse_request(r, refusal->status, refusal);
    if (demand->first == FACTOR_BIT(FACTOR_TOKEN)) {
        const int status = request->asks_program ? HTTP_UNAUTHORIZED : HTTP_FORBIDDEN;
        return refuse_request(r, status,
                              result_error(request->pool, status, "token_only",
                                           "only programs come in here, with a token"));
    }
    return request->asks_program ? refuse_json(r, demand) : DECLINED;
}

/* Nobody is signed in, or not well enough for this place: to the login. */
static int refuse_stranger(request_rec *r, request_t *request)
{
    const site_t *site = request->site;
    const int mode = site_directory(r)->unauthenticated;
    const bool framed = site->paths[PATH_LOGIN] && reader_is_framed(r) && !reader_is_prefetch(r);
    const bool nobody = !framed && reader_is_nobody(r);
    const bool somewhere = site->paths[PATH_LOGIN] || named_page(r);

    const demand_t demand = demand_here(r, site);
    note_demand(request, &demand);
    if (refuse_unseen(request, r))
        return by_token_is_good_elsewhere(request) ? HTTP_FORBIDDEN : HTTP_UNAUTHORIZED;
    if (route_is_question(r)) {
        request->asks_program = by_token_takes(request, &demand) && reader_is_program(r);
        return refuse_by(r, asked_stranger, demand);
    }
    if (demand.first & FACTOR_BIT(FACTOR_TOKEN)) {
        const int refused = refuse_program(r, request, &demand);
        if (refused != DECLINED)
            return refused;
    }
    if (!somewhere && !nobody)
        return refuse_plainly(r);
    if (!site->store)
        return refuse_store_down(r, request);
    if (mode == UNAUTH_REDIRECT && somewhere && !reader_is_prefetch(r))
        return refuse_with_redirect(r, request);
    if (nobody)
        return refuse_json(r, &demand);
    if (mode == UNAUTH_401)
        return refuse_plainly(r); /* the administrator's ErrorDocument, or httpd's */
    if (framed)
        return refuse_framed(r, demand);
    if (method_number(r) == M_GET ||
        (method_number(r) == M_POST && lacks_step_only(r, &demand) && site->paths[PATH_LOGIN]))
        return refuse_with_redirect(r, request);
    if (method_number(r) == M_POST)
        return refuse_with_login(r, demand);
    return refuse_json(r, &demand);
}

/* A Require asks for more than was shown, and showing it would help. mod_authz_core takes no status
 * from us: all of it is answered by way of a 401 that nobody sees. */
static void lead_to_step_up(request_rec *r, const demand_t *demand)
{
    const bool post = method_number(r) != M_GET;
    const bool framed = reader_is_framed(r) && !reader_is_prefetch(r);
    if (route_is_question(r))
        refuse_by(r, asked_stranger, *demand);
    else if (!framed && reader_is_nobody(r))
        refuse_json(r, demand);
    else if (framed)
        refuse_framed(r, *demand);
    else if (post && !lacks_step_only(r, demand))
        refuse_with_login(r, *demand);
    else
        refuse_leading(r, login_begin(r, demand, post));
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
    request->amr_wanted = 0;
    if (check_admit(r))
        return OK;
    const int status = request->session_status == SESSION_UNKNOWN ? refuse_store_down(r, request)
                                                                  : refuse_stranger(r, request);
    const demand_t demand = demand_here(r, request->site);
    const bool seen = !refuse_unseen(request, r);
    if (seen)
        why_not_in(r, request, &demand, status);
    request->refused = request->refused || seen;
    return status;
}

/* A module that names people before anybody is asked (SSLUserName) opens no place of ours: here only a
 * session says who somebody is. */
static bool is_named_by_others(request_rec *r, const request_t *request)
{
    return r->user && request && request->claimed != r && check_governs(r) && request_needs_user(r);
}

/* Where `pass` stands, a good session counts even if the page is open to all. Without one the
 * request goes on without a user: where a Require needs one, authn_check is asked all the same, and
 * refuses. Our own pages and refusals are for everybody, also for a user whom no Require lets
 * in. */
int authn_force(request_rec *r)
{
    request_t *request = request_of(r);
    if (is_named_by_others(r, request))
        return OK;
    if (!request || site_directory(r)->unauthenticated != UNAUTH_PASS || request->claimed == r ||
        !check_governs(r) || (r->main && caching_too_late(r)))
        return DECLINED;
    caching_depends(r, request);
    const demand_t demand = demand_here(r, request->site);
    if (good_session(r, request) || by_token_session(r, request, &demand))
        return OK;
    why_nobody(r, request, &demand);
    return DECLINED;
}

/* mod_authz_core has refused. Where that was a user of ours, another login would change nothing:
 * 403. */
int authn_note_failure(request_rec *r, const char *type)
{
    if (strcasecmp(type, AUTH_TYPE) != 0 || !request_of(r))
        return DECLINED;
    if (step_up_is_asking(request_of(r)))
        return OK;
    if (!r->user) {
        refuse_plainly(r);
        return OK;
    }
    request_t *request = request_of(r);
    demand_t demand = demand_here(r, request->site);
    const bool helps = request->site->paths[PATH_LOGIN] && step_up_helps(r, &demand);
    if (helps)
        note_demand(request, &demand);
    if (refuse_unseen(request, r))
        return OK;
    request->refused = true;
    if (helps) {
        lead_to_step_up(r, &demand);
        return OK;
    }
    result_t *result = result_error(request->pool, HTTP_FORBIDDEN, "not_authorized",
                                    "this user may not see this page");
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "MPIN0703: %s is signed in, and a Require line of this place refuses: 403",
                  name_masked(r->user, r->pool));
    result->event = "not_authorized";
    result->user = r->user;
    if (route_is_question(r)) {
        answer_audit(r, result);
        refuse_by(r, asked_forbidden, demand);
        return OK;
    }
    refuse_request(r, HTTP_UNAUTHORIZED, result);
    return OK;
}
