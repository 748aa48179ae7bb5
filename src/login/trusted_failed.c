/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told where a trusted login has not signed them in. */
#include "login/login_form.h"
#include "login/trusted.h"
#include "web/answer.h"
#include "web/route.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* The way that they were on, as far as their browser knows it. */
static way_t way_before(const prelogin_t *prelogin)
{
    return (way_t){.target = prelogin->target[0] ? prelogin->target : NULL, .demand = demand_any};
}

/* Whether there is another way than the one that failed. */
static bool has_others(const site_t *site)
{
    return (site->methods & ~FACTOR_BIT(FACTOR_TRUSTED)) || site->trusted->nelts > 1;
}

/* Where the place itself has refused somebody the other module has let them in, and would do so
 * again: it is to ask who they are. */
static const char *retry_of(const request_rec *r, const trusted_login_t *login, const way_t *way,
                            const result_t *why)
{
    const char *begin = way_with(r, login->set->name, way);
    const bool was_let_in = why->status == HTTP_FORBIDDEN && strcmp(why->code, "trusted_unasked") &&
                            !strcmp(request_first(r)->uri, login->set->location);
    return was_let_in ? apr_pstrcat(r->pool, begin, strchr(begin, '?') ? "&" : "?", "anew=1", NULL)
                      : begin;
}

static void show_failure(request_rec *r, const trusted_login_t *login, const prelogin_t *prelogin,
                         const result_t *why)
{
    const site_t *site = request_of(r)->site;
    const way_t way = way_before(prelogin);
    page_values_t page = page_begin(r, site);
    const char *unique = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    const bool known = page_text(&page, apr_pstrcat(r->pool, "trusted.", why->code, NULL));
    page_set(&page, "label", login->set->label);
    page_set(&page, known ? why->code : "trusted_refused", "1");
    const bool linking = prelogin_is_linking(prelogin);
    page_set(&page, "retry_href",
             linking ? site->paths[PATH_ACCOUNT] : retry_of(r, login, &way, why));
    page_set(&page, "others_href", has_others(site) && !linking ? way_location(r, &way) : "");
    page_set(&page, "error_code", result_id(why->code));
    page_set(&page, "request_id", unique ? unique : r->log_id);
    page_answer(&page, why->status, "trusted_failed");
}

/* A provider that says no while it is asked for news of somebody says that they are out. True: so
 * they are. */
static bool end_refused(request_rec *r, const prelogin_t *prelogin, const trusted_login_t *login,
                        apr_time_t now)
{
    const session_t *session = request_session(r);
    if (!session || !prelogin->refreshing || prelogin->awaits != login->set->mark ||
        prelogin->until <= apr_time_sec(now))
        return false;
    result_t *told = result_ok(r->pool, NULL);
    told->status = HTTP_FORBIDDEN;
    told->event = "refresh_refused";
    told->user = apr_pstrdup(r->pool, session->name);
    if (signin_end(r, now))
        return false;
    answer_audit(r, told);
    return true;
}

/* Nobody is led there by themselves again before they have chosen to. */
static void let_rest(request_rec *r, prelogin_t *prelogin, apr_time_t now)
{
    prelogin->resting = true;
    prelogin_settle(prelogin);
    request_keep_prelogin(r, prelogin, now);
}

static void note_refusal(request_rec *r, int status)
{
    result_t *told = result_ok(r->pool, NULL);
    told->status = status;
    told->event = "trusted_refused";
    answer_audit(r, told);
}

result_t *trusted_failed(facts_t *facts, const trusted_login_t *login, result_t *why)
{
    if (why->status >= HTTP_INTERNAL_SERVER_ERROR) /* trouble of ours has a page of its own */
        return why;
    note_refusal(facts->r, why->status);
    end_refused(facts->r, &facts->prelogin, login, facts->caller.now);
    show_failure(facts->r, login, &facts->prelogin, why);
    let_rest(facts->r, &facts->prelogin, facts->caller.now);
    return NULL;
}

result_t *trusted_failed_beside(facts_t *facts, const trusted_login_t *login, result_t *why)
{
    note_refusal(facts->r, why->status);
    show_failure(facts->r, login, &facts->prelogin, why);
    return NULL;
}

/* A browser that was asked and has shown nothing, no ticket and no password, was not refused yet. */
static const result_t *why_refused(const request_rec *r, int status)
{
    const bool asks = apr_table_get(r->err_headers_out, "WWW-Authenticate");
    return status == HTTP_UNAUTHORIZED && asks && !apr_table_get(r->headers_in, "Authorization")
               ? result_error(r->pool, status, "trusted_nothing", "the browser has shown nothing")
               : result_error(r->pool, status, "trusted_refused",
                              "the other module did not let anybody in");
}

/* The other module has a session of its own still, which would be refused again and again: its
 * sign-out is on this site, and leads to a page of ours that says why. */
static int leave_there(request_rec *r, const trusted_login_t *login, prelogin_t *prelogin)
{
    prelogin->said = SAID_REFUSED;
    let_rest(r, prelogin, r->request_time);
    return page_onward(r, request_of(r)->site, login->set->logout);
}

result_t *trusted_failed_there(facts_t *facts, const trusted_login_t *login)
{
    show_failure(facts->r, login, &facts->prelogin,
                 result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_refused",
                              "the other module did not take the provider's answer"));
    let_rest(facts->r, &facts->prelogin, facts->caller.now);
    return NULL;
}

static result_t *trusted_denied(facts_t *facts)
{
    const trusted_login_t *login =
        trusted_login_called(facts->site->trusted, facts->r->uri, facts->request->args);
    return trusted_failed(facts, login,
                          result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_refused",
                                       "the provider did not let anybody in"));
}

const route_t *login_denied_row(const request_rec *r)
{
    const request_t *request = request_of(r);
    const char *args = request_query(r);
    static const route_t denied = {"GET", PATH_LOGIN,  "", AUDIENCE_PUBLIC, BODY_NONE,
                                   0,     ANSWER_PAGE, 0,  trusted_denied};
    const bool is_it = r->method_number == M_GET && trusted_login_is_refusal(args) &&
                       trusted_login_called(request->site->trusted, r->uri, args);
    return is_it ? &denied : NULL;
}

/* Where it asks for a name and password, or a ticket, its 401 is no failure yet: the browser shows
 * this page when it has none. */
int login_trusted_refused(request_rec *r, const trusted_login_t *login, int status)
{
    const result_t *why = why_refused(r, status);
    prelogin_t prelogin;
    if (!request_of(r)->site->prelogins)
        return status;
    request_prelogin(r, &prelogin, r->request_time);
    const bool is_final = status < HTTP_INTERNAL_SERVER_ERROR && status != HTTP_UNAUTHORIZED;
    if (is_final && end_refused(r, &prelogin, login, r->request_time) && login->set->logout &&
        *login->set->logout == '/')
        return leave_there(r, login, &prelogin);
    show_failure(r, login, &prelogin, why);
    if (status != HTTP_UNAUTHORIZED)
        let_rest(r, &prelogin, r->request_time);
    return OK;
}
