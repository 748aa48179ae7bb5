/* SPDX-License-Identifier: Apache-2.0 */
#include "web/route.h"
#include "site/sink.h"
#include "site/trusted_logins.h"
#include "store/refusal.h"
#include "web/admit.h"
#include "web/answer.h"
#include "web/body.h"
#include "web/cors.h"
#include "web/form.h"
#include "web/knows.h"
#include "web/reader.h"
#include "web/warn.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <mod_core.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

static const route_t *table;
static unsigned table_rows;
static int (*answer_refusal_page)(request_rec *r, const result_t *result);

void route_table(const route_t *rows, int (*refusal_page)(request_rec *r, const result_t *result))
{
    table = rows;
    for (table_rows = 0; rows[table_rows].method;)
        table_rows++;
    answer_refusal_page = refusal_page;
}

/* ---- which row ---- */

static result_t *nowhere(facts_t *facts)
{
    return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found", "there is nothing here");
}

/* A path under the RPS's or behind a service's secret that is no endpoint is ours too, and never a
 * backend's. */
static const route_t unknown = {"", PATH_RPS,    "/**", AUDIENCE_PUBLIC, BODY_NONE,
                                0,  ANSWER_JSON, 0,     nowhere};
static const route_t unknown_of_service = {"", BASE_RPS_SERVICE, "/**", AUDIENCE_PUBLIC, BODY_NONE,
                                           0,  ANSWER_JSON,      0,     nowhere};

/* The rest of `uri` behind `base` ("" or "/..."), NULL when it does not lie there. */
static const char *below(const char *uri, const char *base)
{
    while (*base)
        if (*uri++ != *base++)
            return NULL;
    return *uri == '\0' || *uri == '/' ? uri : NULL;
}

/* Does `tail` fit a row's path? Then `*rest` is what its '*' stands for. */
static bool fits(const char *path, const char *tail, const char **rest)
{
    const char *star = strchr(path, '*');
    *rest = "";
    if (!star)
        return strcmp(path, tail) == 0;
    if (strncmp(path, tail, (apr_size_t)(star - path)) != 0)
        return false;
    *rest = tail + (star - path);
    return star[1] == '*' || (**rest && !strchr(*rest, '/'));
}

static bool serves(const route_t *row, const char *method)
{
    return strcmp(row->method, method) == 0 ||
           (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static const route_t *find_below(path_name_t base, const char *tail, const char *method,
                                 const char **rest)
{
    const route_t *other = NULL;
    for (const route_t *row = table; row->method; row++) {
        const char *here;
        if (row->base != base || !fits(row->path, tail, &here))
            continue;
        *rest = here;
        if (serves(row, method))
            return row;
        other = row;
    }
    return other;
}

static const route_t *find_for_service(const site_t *site, const char *tail, const char *method,
                                       const char **rest)
{
    const route_t *row = NULL;
    if (site->paths[BASE_RPS_SERVICE])
        row = find_below(BASE_RPS_SERVICE, tail, method, rest);
    if (!row && site->paths[BASE_DTA_SERVICE])
        row = find_below(BASE_DTA_SERVICE, tail, method, rest);
    if (!row)
        *rest = "";
    return row ? row : &unknown_of_service;
}

const route_t *route_find(const site_t *site, const request_rec *r, const char **rest)
{
    if (!route_is_possible(site, r) || trusted_login_called(site->trusted, r->uri, r->args))
        return NULL;
    const char *past_secret =
        site->services && site->service_secret ? admit_past_secret(site, r->uri) : NULL;
    if (past_secret)
        return find_for_service(site, past_secret, r->method, rest);
    for (path_name_t base = 0; base < BASE_COUNT; base++) {
        const char *path = site->paths[base];
        if (!path || (*path && path[1] != r->uri[1]))
            continue;
        if (base == PATH_RPS && site->paths[BASE_RPS_FRONT]) /* the RPS's own, by mod_proxy */
            continue;
        const char *tail = below(r->uri, path);
        const route_t *row = tail ? find_below(base, tail, r->method, rest) : NULL;
        if (!row && tail && base == PATH_RPS) {
            *rest = tail;
            row = &unknown;
        }
        if (row)
            return row;
    }
    return NULL;
}

/* ---- making it ours ---- */

static const char *plain_path(const site_t *site, const route_t *route, apr_pool_t *p)
{
    const char *path = site->paths[route->base];
    const char *base = path ? path : "";
    const char *star = strchr(route->path, '*');
    if (!star)
        return apr_pstrcat(p, base, route->path, NULL);
    return apr_psprintf(p, "%s%.*s...", base, (int)(star - route->path), route->path);
}

const char *route_plain_path(const request_t *request, apr_pool_t *p)
{
    return plain_path(request->site, request->route, p);
}

/* What a log would show of a Referer: one of our own pages may have had something confidential in
 * its query. */
static void trim_referer(request_rec *r)
{
    const char *referer = apr_table_get(r->headers_in, "Referer");
    const apr_size_t plain = referer ? strcspn(referer, "?#") : 0;
    if (referer && referer[plain])
        apr_table_setn(r->headers_in, "Referer", apr_pstrmemdup(r->pool, referer, plain));
}

static void trim_line(request_rec *r, const char *plain)
{
    r->the_request = apr_pstrcat(r->pool, r->method, " ", plain, " ", r->protocol, NULL);
    trim_referer(r);
}

void route_redact(request_t *request, request_rec *r, const route_t *route)
{
    if (request->redacted == r)
        return;
    request->redacted = r;
    request->route = route;
    request->args = r->args;
    request->referer = apr_table_get(r->headers_in, "Referer");
    r->args = NULL;
    r->parsed_uri.query = NULL;
    r->unparsed_uri = apr_pstrdup(r->pool, route_plain_path(request, r->pool));
    trim_line(r, r->unparsed_uri);
}

/* The path in short where it lies under that of an RPS elsewhere, else NULL. */
static const char *plain_front_path(const site_t *site, const request_rec *r)
{
    const char *rest, *front = site->paths[BASE_RPS_FRONT];
    const char *tail = front && r->uri ? below(r->uri, front) : NULL;
    const route_t *row = tail ? find_below(PATH_RPS, tail, r->method, &rest) : NULL;
    return tail ? plain_path(site, row ? row : &unknown, r->pool) : NULL;
}

void route_redact_callback(const request_t *request, request_rec *r)
{
    const apr_array_header_t *logins = request->site->trusted;
    if (trusted_login_at(logins, r->uri) || trusted_login_called(logins, r->uri, r->args))
        trim_line(r, r->uri);
}

void route_redact_front_line(const request_t *request, request_rec *r)
{
    const char *plain = plain_front_path(request->site, r);
    if (plain)
        trim_line(r, plain);
}

void route_redact_front(const request_t *request, request_rec *r)
{
    const char *plain = plain_front_path(request->site, r);
    if (!plain)
        return;
    trim_line(r, plain);
    r->uri = r->unparsed_uri = apr_pstrdup(r->pool, plain);
    r->filename = r->uri; /* a proxy: URL until now */
    r->args = NULL;
}

void route_claim(request_t *request, request_rec *r, const route_t *route, const char *rest)
{
    route_redact(request, r, route);
    request->claimed = r;
    request->route = route;
    request->rest = apr_pstrdup(r->pool, rest); /* the path is looked up again once it is decoded */
}

/* ---- the caller ---- */

static void learn_browser(facts_t *facts)
{
    const site_t *site = facts->site;
    const request_t *request = facts->request;
    const apr_time_t now = facts->caller.now;
    const cookie_value_t cookie = request->known_cookie;

    facts->prelogin_fresh = !request_prelogin(facts->r, &facts->prelogin, now);
    if (!facts->prelogin_fresh)
        facts->caller.prelogin = facts->prelogin.id;
    if (cookie.text && known_open(site->known, cookie.text, cookie.len, now, &facts->known))
        facts->caller.known = &facts->known;
}

static void learn(facts_t *facts, const route_t *route)
{
    request_rec *r = facts->r;

    facts->query = form_parse(facts->request->args, r->pool);
    facts->caller.now = apr_time_now();
    facts->caller.address = r->useragent_ip;
    facts->log = sink_of_request(r);
    facts->caller.log = &facts->log;
    facts->caller.lang = apr_table_get(r->headers_in, "Accept-Language");
    if (route->audience == AUDIENCE_UNASKED)
        return;
    facts->caller.loopback = admit_loopback(r, facts->site);
    facts->caller.user_agent = apr_table_get(r->headers_in, "User-Agent");
    if (facts->site->store) {
        facts->caller.session = request_session_at(r, facts->caller.now);
        learn_browser(facts);
        facts->caller.book = knows_open(&facts->book, r) ? &facts->book : NULL;
    }
}

/* ---- the handler ---- */

static result_t *method_not_allowed(request_rec *r, const route_t *route)
{
    const char *allow = "";
    for (const route_t *row = table; row->method; row++)
        if (row->base == route->base && strcmp(row->path, route->path) == 0)
            allow = apr_pstrcat(r->pool, allow, *allow ? ", " : "", row->method,
                                strcmp(row->method, "GET") == 0 ? ", HEAD" : "", NULL);
    apr_table_setn(r->headers_out, "Allow", allow);
    return result_error(r->pool, HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
                        apr_pstrcat(r->pool, "allowed here: ", allow, NULL));
}

static result_t *no_content(const request_rec *r)
{
    result_t *result = result_ok(r->pool, NULL);
    result->status = HTTP_NO_CONTENT;
    return result;
}

/* Built-in files are the same for everybody and are needed to show that the store is down. */
static bool needs_store(const route_t *route)
{
    return route->base != PATH_PAD && route->base != PATH_ASSETS;
}

static bool changes_something(const route_t *route)
{
    return *route->method && strcmp(route->method, "GET") != 0;
}

/* Pages with a form, which is bound to the browser by a cookie. */
static bool is_for_people(const route_t *route)
{
    return route->base == PATH_LOGIN || route->base == PATH_LOGOUT || route->base == PATH_ACTIVATE;
}

static result_t *serve(facts_t *facts, const route_t *route)
{
    request_rec *r = facts->r;
    const site_t *site = facts->site;

    cors_headers(r, site, route);
    if (cors_preflight(r, site, route))
        return no_content(r);
    if (*route->method && !serves(route, r->method))
        return method_not_allowed(r, route);
    if (route->audience == AUDIENCE_SERVICE && !admit_service(r, site))
        return result_error(r->pool, HTTP_FORBIDDEN, "service_closed",
                            "only the applications that this service serves may ask this");
    if (route->audience == AUDIENCE_RPS && !admit_rps(r, site, facts->rest))
        return result_error(r->pool, HTTP_FORBIDDEN, "rps_only", "only the RPS may ask this");
    if (is_for_people(route) && reader_is_prefetch(r))
        return result_error(r->pool, HTTP_FORBIDDEN, "prefetch_refused",
                            "this page is made for whoever opens it, not ahead of that");
    if (changes_something(route) && !admit_origin(r, site, route))
        return result_error(r->pool, HTTP_FORBIDDEN, "origin_refused",
                            "another origin sent this request");
    if (needs_store(route) && !site->store)
        return store_refusal(STORE_DOWN, r->pool);
    result_t *refusal = body_read(facts, route);
    if (refusal)
        return refusal;
    learn(facts, route); /* only now: a slow sender stops no clock */
    if (route->audience == AUDIENCE_SIGNED_IN && !facts->caller.session)
        return result_error(r->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    return route->serve(facts);
}

/* Trouble of ours is told as the administrator tells that of the whole server. Other refusals say
 * what to do next, which no ErrorDocument knows. */
static bool has_document(request_rec *r, int status)
{
    return ap_is_HTTP_SERVER_ERROR(status) && !r->prev &&
           ap_response_code_string(r, ap_index_of_response(status));
}

static int tell_result(request_rec *r, const request_t *request, const result_t *result)
{
    const route_t *route = request->route;
    if (!result)
        return OK;
    if (result->code) {
        ledger_refusal(request->site->ledger, result_number(result->code));
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "MPIN0721: %s %s is answered %d %s: %s",
                      r->method, route_plain_path(request, r->pool), result->status, result->code,
                      result->message);
        warn_of_refusal(r, result);
    }
    if (result->code && route->answer == ANSWER_PAGE && !answer_wants_json(r)) {
        if (result->event)
            answer_audit(r, result);
        return has_document(r, result->status) ? result->status : answer_refusal_page(r, result);
    }
    return answer_json(r, result);
}

/* LEDGER_ENDPOINTS for a row that stands apart from the table: a 404's, a trusted login's. */
static unsigned endpoint_of(const route_t *route)
{
    const apr_uintptr_t at = (apr_uintptr_t)route, first = (apr_uintptr_t)table;
    const apr_size_t row = (at - first) / sizeof(*table);
    return at >= first && row < table_rows ? (unsigned)row : LEDGER_ENDPOINTS;
}

/* It began when the body was there. */
static void count_answer(const request_rec *r, const facts_t *facts, int status)
{
    const apr_time_t now = apr_time_now(), began = facts->caller.now;
    ledger_answer(facts->site->ledger, endpoint_of(facts->request->route),
                  status == OK ? r->status : status, began ? now - began : 0, now);
}

int route_answer(request_rec *r)
{
    request_t *request = request_of(r);
    facts_t facts = {.r = r, .site = request->site, .request = request, .rest = request->rest};
    const result_t *result = serve(&facts, request->route);
    const int status = tell_result(r, request, result);
    count_answer(r, &facts, status);
    return status;
}

const route_t *route_at(unsigned endpoint)
{
    return endpoint < table_rows ? &table[endpoint] : NULL;
}
