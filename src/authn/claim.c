/* SPDX-License-Identifier: Apache-2.0 */
/* Our URLs are claimed before anything of httpd maps them. */
#include "authn/authn.h"
#include "authn/by_token.h"
#include "authn/caching.h"
#include "authn/refuse.h"
#include "authn/resend.h"
#include "authn/sent_away.h"
#include "login/callback.h"
#include "login/provider_logout.h"
#include "login/saml_out.h"
#include "login/trusted.h"
#include "site/trusted_logins.h"
#include "web/route.h"

#include <http_log.h>
#include <http_request.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* A handler's name keeps FallbackResource and type maps away; a file name must be there and lead
 * nowhere. */
#define HANDLER "mpin"
static const char no_file[] = "mpin:";

/* True where this very request is ours to answer. */
static bool is_claimed(const request_t *request, const request_rec *r)
{
    return request && request->claimed == r;
}

/* Most requests go no further, and pay for no more: what follows is not inlined, as its stack would
 * be made first. An include of /login is nothing for people. */
static bool may_be_ours(const request_t *request, const request_rec *r)
{
    return request && !r->main &&
           (request->refusal || request->resend || route_is_possible(request->site, r));
}

/* At the places of trusted logins it is seldom ours. */
static const route_t *row_of_trusted(const request_rec *r)
{
    const route_t *denied = login_denied_row(r);
    return denied ? denied : login_led_row(r);
}

static const route_t *row_of(request_t *request, const request_rec *r, const char **rest)
{
    const site_t *site = request->site;
    const route_t *gone = resend_row(request);
    if (gone) {
        *rest = request->rest;
        return gone;
    }
    const route_t *row = site->trusted ? row_of_trusted(r) : NULL;
    *rest = "";
    return row ? row : route_find(site, r, rest);
}

static __attribute__((noinline)) int claim_as_it_came(request_rec *r, request_t *request)
{
    const char *rest;
    if (refuse_is_route(request, r))
        return OK;
    const route_t *route = row_of(request, r, &rest);
    if (!route)
        return DECLINED;
    route_claim(request, r, route, rest);
    return OK;
}

/* The path as it came, which mod_proxy may map already. httpd hears no refusal at this time. */
int authn_pre_translate(request_rec *r)
{
    request_t *request = request_of(r);
    return may_be_ours(request, r) ? claim_as_it_came(r, request) : DECLINED;
}

/* OK where the vhost's own rules leave it to us, else what they say. */
static int claim(request_rec *r, request_t *request, const route_t *route, const char *rest)
{
    route_claim(request, r, route, rest);
    const int status = sent_away(r, request);
    if (status == DECLINED) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "MPIN0705: %s is a URL of ours",
                      route_plain_path(request, r->pool));
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "MPIN0441: %s would be ours, but a Redirect or RewriteRule of this vhost answers "
                  "it: %d",
                  route_plain_path(request, r->pool), status);
    return status;
}

/* What another module refuses at the place of a trusted login is told by a page of ours. OK inside of
 * it: what lies there is no file, and no rule for an application's pages (`RewriteRule ^ index.php`)
 * means it; but one that sends it away does. */
static int leave_to_others(request_rec *r, const request_t *request)
{
    const apr_array_header_t *logins = request->site->trusted;
    const trusted_login_t *inside = trusted_login_around(logins, r->uri);
    const trusted_login_t *login = inside ? inside : trusted_login_called(logins, r->uri, r->args);
    if (!login || r->prev)
        return DECLINED;
    refuse_for_others(r, login);
    provider_logout_await(r, login);
    saml_out_listen(r);
    callback_await(r, login);
    if (!inside)
        return DECLINED;
    const int status = sent_away(r, request);
    return status == DECLINED ? OK : status;
}

static __attribute__((noinline)) int claim_decoded(request_rec *r, request_t *request)
{
    const char *rest;
    if (refuse_is_route(request, r)) {
        request->claimed = r;
        request->route = NULL;
        if (!refuse_is_for_others(request))
            r->uri = r->prev->uri; /* the sections of the place that refuses hold, and no others */
    } else {
        const route_t *route = row_of(request, r, &rest);
        const int status = route ? claim(r, request, route, rest) : leave_to_others(r, request);
        if (status != OK)
            return status;
    }
    if (caching_by_httpd)
        caching_keep_out(r);
    r->filename = (char *)(apr_uintptr_t)no_file;
    r->handler = HANDLER;
    return OK;
}

/* Before mod_proxy, mod_rewrite and mod_alias. */
int authn_translate(request_rec *r)
{
    request_t *request = request_of(r);
    if (request && r->main)
        request->answered_by_parts &= ~request_level(r);
    return may_be_ours(request, r) ? claim_decoded(r, request) : DECLINED;
}

int authn_map_to_storage(request_rec *r)
{
    return r->filename == no_file ? OK : DECLINED;
}

/* A service has no users: its handlers find out who may ask. */
static bool open_to_all(const route_t *route)
{
    return !route || (route->audience != AUDIENCE_SIGNED_IN && route->audience != AUDIENCE_ASKER);
}

/* `Require valid-user` on `<Location />` shall not lock people out of the login. This runs after
 * mod_authz_core has declined for want of a user, so `Require ip` and `Require all denied` have had
 * their say. */
int authn_access_checker_ex(request_rec *r)
{
    const request_t *request = request_of(r);
    if (!is_claimed(request, r))
        return DECLINED;
    return open_to_all(request->route) ? OK : DECLINED;
}

int authn_handler(request_rec *r)
{
    request_t *request = request_of(r);
    if (request)
        request->answered_by_parts &= ~request_level(r);
    if (!is_claimed(request, r))
        return DECLINED;
    return request->route ? route_answer(r) : refuse_answer(r);
}

/* The query went when the request became ours; the path has been needed until now. So has all that
 * mod_proxy takes to an RPS elsewhere. */
int authn_log(request_rec *r)
{
    const request_t *request = request_of(r);
    if (request && request->site->paths[BASE_RPS_FRONT])
        route_redact_front(request, r);
    if (request && request->token.text)
        by_token_unpass(r, request);
    for (; request && r; r = r->next)
        if (is_claimed(request, r) && request->route && request->redacted == r)
            r->uri = (char *)(apr_uintptr_t)route_plain_path(request, r->pool);
    return DECLINED;
}
