/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/by_token.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

#include "people/token_cache.h"
#include "site/sink.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/knows.h"
#include "web/route.h"
#include "web/token_owner.h"

APLOG_USE_MODULE(auth_mpin);

#define HEADER "Authorization"

/* ---- whose token it is ---- */

static token_state_t state_of_trouble(request_t *request, store_status_t status)
{
    request->token.trouble = status;
    return TOKEN_TROUBLE;
}

/* It opens nothing: that is counted against the address, of which a good one knows nothing. So
 * strangers who guess keep no program of their neighbours' out, and none of them outruns the
 * limit. */
static token_state_t count_guess(request_rec *r, request_t *request)
{
    static apr_time_t told;
    const site_t *site = request->site;
    const caller_t caller = {.now = r->request_time, .address = r->useragent_ip};
    const store_status_t status =
        throttle_reserve(&site->throttle, &caller, NULL, NULL, &request->token.wait, request->pool);
    if (status != STORE_OK)
        return state_of_trouble(request, status);
    if (request->token.wait)
        return TOKEN_WAITS;
    token_cache_keep_wrong(site->tokens_seen, request->token.text, request->token.len,
                           r->request_time);
    const log_sink_t log = sink_of_request(r);
    if (log_may_say(&told))
        log_info(&log, "MPIN1040",
                 "a program came with a token that is nobody's, or is over (said once a minute)");
    return TOKEN_WRONG;
}

/* The store is asked, and whoever knows of names. */
static token_state_t look_token_up(request_rec *r, request_t *request, token_pass_t *pass)
{
    const site_t *site = request->site;
    user_t owner;
    const store_status_t status = tokens_find(site->people, request->token.text, request->token.len,
                                              &pass->token, &owner, r->request_time, request->pool);
    if (status == STORE_MISSING)
        return count_guess(r, request);
    if (status != STORE_OK)
        return state_of_trouble(request, status);
    token_cache_session(&pass->token, &owner, r->request_time, &pass->session);
    if ((pass->session.amr & site->refused_amr) ||
        (site->recheck && !knows_owner(r, &pass->session)))
        return TOKEN_WRONG;
    switch (session_judge(site->sessions, &pass->session, r->request_time)) {
    case SESSION_OK:
        break;
    case SESSION_UNKNOWN:
        return state_of_trouble(request, STORE_DOWN);
    default:
        return TOKEN_WRONG;
    }
    request->token.refusal = token_owner_refusal(r, request, &owner);
    if (request->token.refusal)
        return TOKEN_REFUSED;
    token_cache_keep(site->tokens_seen, request->token.text, request->token.len, r->request_time,
                     pass);
    tokens_note_use(site->people, &pass->token, r->request_time, request->pool);
    return TOKEN_GOOD;
}

/* Revocations are in memory, and a request pays for one look at them. */
static token_state_t judge_token(request_rec *r, request_t *request, token_pass_t *pass)
{
    const site_t *site = request->site;
    if (!site->store || !site->tokens_seen)
        return state_of_trouble(request, STORE_DOWN);
    if (token_cache_get(site->tokens_seen, request->token.text, request->token.len, r->request_time,
                        pass) &&
        session_judge(site->sessions, &pass->session, r->request_time) == SESSION_OK)
        return TOKEN_GOOD;
    if (token_cache_is_wrong(site->tokens_seen, request->token.text, request->token.len,
                             r->request_time))
        return TOKEN_WRONG;
    return look_token_up(r, request, pass);
}

/* ---- whether it is good here ---- */

static const char *method_that_came(const request_rec *r)
{
    return request_first(r)->method;
}

/* Applications that make variables of headers take any other character for a '-', too. */
static bool is_header(const char *name, const char *wanted)
{
    while (*name && (*wanted == '-' ? !apr_isalnum(*name) : !strncasecmp(name, wanted, 1))) {
        name++;
        wanted++;
    }
    return !*name && !*wanted;
}

/* What such a header says, of the headers from `*at` on; NULL: no more of them. */
static const char *next_said(const request_rec *r, const char *const names[], int *at)
{
    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    while (*at < headers->nelts) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(headers, (*at)++, apr_table_entry_t);
        for (const char *const *name = names; *name; name++)
            if (is_header(header->key, *name))
                return header->val;
    }
    return NULL;
}

/* Some applications take a POST for what such a header says. */
static bool says_another_method(const request_rec *r)
{
    static const char *const names[] = {"X-HTTP-Method-Override", "X-HTTP-Method",
                                        "X-Method-Override", NULL};
    int at = 0;
    return next_said(r, names, &at) != NULL;
}

/* ... and some the path; a proxy in front may say the one that came. */
static bool says_path_outside(const request_rec *r, const char *paths)
{
    static const char *const names[] = {"X-Original-URL", "X-Rewrite-URL", NULL};
    const char *said;
    for (int at = 0; (said = next_said(r, names, &at));) {
        const char *host = *said == '/' ? NULL : strstr(said, "://");
        const char *path = host ? strchr(host + 3, '/') : said;
        char *plain = path ? apr_pstrmemdup(r->pool, path, strcspn(path, "?#")) : NULL;
        if (!plain || ap_unescape_url(plain) || !token_allows_path(paths, plain))
            return true;
    }
    return false;
}

/* Another web server reads paths in its own way, and what it asks is always a GET: there a token with
 * limits is good for nothing. */
static bool is_within_limits(const request_rec *r, const access_token_t *token)
{
    if (route_is_question(r))
        return !*token->paths && !*token->methods;
    return token_allows_path(token->paths, r->uri) &&
           !(*token->paths && says_path_outside(r, token->paths)) &&
           token_allows_method(token->methods, method_that_came(r)) &&
           !(*token->methods && says_another_method(r));
}

static void say_limit(const request_rec *r, const token_pass_t *pass)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "MPIN1041: a token of %s is good for %s of %s only, and not for %s of this",
                  name_masked(pass->session.name, r->pool),
                  *pass->token.methods ? pass->token.methods : "all methods",
                  *pass->token.paths ? pass->token.paths : "all paths", method_that_came(r));
}

session_t *by_token_session(request_rec *r, request_t *request, const demand_t *demand)
{
    request->token.state = TOKEN_UNJUDGED;
    if (!request->token.text || !by_token_takes(request, demand))
        return NULL;
    if (request->token.judged == TOKEN_UNJUDGED) {
        request->token.pass = apr_palloc(request->pool, sizeof(*request->token.pass));
        request->token.judged = judge_token(r, request, request->token.pass);
    }
    request->token.state = request->token.judged;
    if (request->token.state != TOKEN_GOOD)
        return NULL;
    token_pass_t *pass = request->token.pass;
    if (!is_within_limits(r, &pass->token)) {
        say_limit(r, pass);
        request->token.state = TOKEN_NOT_HERE;
    } else if (!demand_is_met(demand, &pass->session, r->request_time)) {
        request->token.state = TOKEN_NOT_ENOUGH;
    }
    return request->token.state == TOKEN_GOOD ? &pass->session : NULL;
}

static const result_t *with_event(result_t *result, const char *event)
{
    result->event = event;
    return result;
}

const result_t *by_token_refusal(const request_t *request)
{
    apr_pool_t *p = request->pool;
    switch (request->token.state) {
    case TOKEN_WRONG:
        return with_event(result_error(p, HTTP_UNAUTHORIZED, "token_refused",
                                       "this token is nobody's, or is over"),
                          "token_refused");
    case TOKEN_WAITS:
        return with_event(
            result_later(p, "throttled", "too many wrong tokens; wait", request->token.wait),
            "throttled");
    case TOKEN_TROUBLE:
        return store_refusal(request->token.trouble, p);
    case TOKEN_REFUSED:
        return with_event(request->token.refusal, "token_refused");
    case TOKEN_NOT_HERE:
        return result_error(p, HTTP_FORBIDDEN, "token_not_here",
                            "this token is not good for this path and method");
    case TOKEN_NOT_ENOUGH:
        return result_error(p, HTTP_FORBIDDEN, "token_not_here",
                            "this place asks for more than a token, or for a newer one");
    case TOKEN_UNJUDGED:
    case TOKEN_GOOD:
        break;
    }
    return NULL;
}

bool by_token_strays(const request_rec *r, const request_t *request)
{
    if (is_within_limits(r, &request->token.pass->token))
        return false;
    say_limit(r, request->token.pass);
    return true;
}

/* ---- the header ---- */

void by_token_pass(request_rec *r, const request_t *request, const session_t *session)
{
    const token_pass_t *pass = request->token.pass;
    if (request->site->tokens != TOKENS_PASSED)
        return;
    if (pass && session == &pass->session)
        apr_table_setn(r->headers_in, HEADER, request->token.header);
    else
        by_token_unpass(r, request);
}

void by_token_unpass(request_rec *r, const request_t *request)
{
    if (apr_table_get(r->headers_in, HEADER) == request->token.header)
        apr_table_unset(r->headers_in, HEADER);
}
