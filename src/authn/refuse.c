/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/refuse.h"
#include "authn/authn.h"
#include "login/login.h"
#include "login/trusted.h"
#include "web/answer.h"
#include "web/reader.h"
#include "web/route.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <string.h>

/* A refusal is answered by an internal redirect to a route that only an internal redirect can
 * reach. The protected handler never runs, so nothing of it can follow the page; and every filter
 * is in its place. */
#define ROUTE "/.mpin-refusal"

struct refusal_t {
    const result_t *result;  /* NULL: a page that leads to the login */
    const char *location;    /* ... or this, at once */
    refuse_answer_t *answer; /* ... or what it answers */
    const char *document;    /* the administrator's text for it, NULL for none */
    demand_t demand;         /* of the place, for what was posted */
    bool framed;
    const struct trusted_login_t *login; /* ... or what became of this one at another module's */
};

bool refuse_unseen(const request_t *request, const request_rec *r)
{
    const unsigned all_above = request_level(r) - 1;
    return (request->answered_by_parts & all_above) != all_above;
}

/* ---- the administrator's documents ---- */

static bool is_our_login(const request_rec *r, const char *document)
{
    const char *login = request_of(r)->site->paths[PATH_LOGIN];
    const apr_size_t len = login ? strlen(login) : 0;
    return login && strncmp(document, login, len) == 0 && (!document[len] || document[len] == '?');
}

/* NULL where there is none: what we have set ourselves does not count, nor does our login page for
 * whom nobody sees. */
static const char *own_document(request_rec *r, int status)
{
    const char *document = ap_response_code_string(r, ap_index_of_response(status));
    if (!document || strcmp(document, ROUTE) == 0)
        return NULL;
    return is_our_login(r, document) && reader_is_nobody(r) ? NULL : document;
}

static bool is_text(const char *document)
{
    return *document == '"';
}

/* A page or another site's URL stands for `told`, but the hook can return nothing but `status`. */
static int leave_to_document(request_rec *r, int status, int told, const char *document)
{
    if (told != status) {
        ap_custom_response(r, status, document);
        request_of(r)->told = told;
    }
    return status;
}

void refuse_pass_on_status(request_t *request, request_rec *r)
{
    if (!request->told)
        return;
    r->prev->status = r->status = request->told;
    request->told = 0;
    apr_table_setn(r->subprocess_env, "REDIRECT_STATUS", apr_itoa(r->pool, r->status));
}

/* ---- the header of a 401 ---- */

void refuse_challenge(const request_t *request, request_rec *r)
{
    if (r->status != HTTP_UNAUTHORIZED || (!request->realm && request->claimed != r) ||
        refuse_is_for_others(request)) /* another module's 401 has its own */
        return;
    const char *realm = request->realm ? request->realm : request->site->title;
    const bool basic =
        request->asks_program && (!request->route || request->route->audience == AUDIENCE_ASKER);
    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, basic ? "Basic realm=\"" : "MPin realm=\"",
                               ap_escape_quotes(r->pool, realm), "\"", NULL));
}

static void note_realm(request_rec *r)
{
    const char *name = ap_auth_name(r);
    request_t *request = request_of(r);
    request->realm = name ? apr_pstrdup(request->pool, name) : request->site->title;
}

/* ---- refusing ---- */

static int begin(request_rec *r, int status, struct refusal_t refusal)
{
    request_t *request = request_of(r);
    const int told = refusal.result ? refusal.result->status : status;
    if (refuse_unseen(request, r))
        return status;
    note_realm(r);
    while (r->main) /* its status becomes the main request's */
        r = r->main;

    const char *document = reader_is_script(r) ? NULL : own_document(r, told);
    if (document && !is_text(document)) {
        if (refusal.result && refusal.result->event)
            answer_audit(r, refusal.result);
        return leave_to_document(r, status, told, document);
    }
    refusal.document = document ? document + 1 : NULL;
    request->refusal = apr_pmemdup(request->pool, &refusal, sizeof(refusal));
    ap_custom_response(r, status, ROUTE);
    return status;
}

int refuse_request(request_rec *r, int status, const result_t *result)
{
    return begin(r, status, (struct refusal_t){.result = result});
}

int refuse_with_login(request_rec *r, demand_t demand)
{
    return begin(r, HTTP_UNAUTHORIZED, (struct refusal_t){.demand = demand});
}

int refuse_framed(request_rec *r, demand_t demand)
{
    return begin(r, HTTP_UNAUTHORIZED, (struct refusal_t){.demand = demand, .framed = true});
}

/* Whatever documents there are. */
static int begin_at_once(request_rec *r, struct refusal_t refusal)
{
    request_t *request = request_of(r);
    note_realm(r);
    while (r->main)
        r = r->main;
    request->refusal = apr_pmemdup(request->pool, &refusal, sizeof(refusal));
    ap_custom_response(r, HTTP_UNAUTHORIZED, ROUTE);
    return HTTP_UNAUTHORIZED;
}

int refuse_leading(request_rec *r, const char *location)
{
    return begin_at_once(r, (struct refusal_t){.location = location});
}

int refuse_by(request_rec *r, refuse_answer_t *answer, demand_t demand)
{
    return begin_at_once(r, (struct refusal_t){.answer = answer, .demand = demand});
}

void refuse_for_others(request_rec *r, const struct trusted_login_t *login)
{
    static const int statuses[] = {
        HTTP_BAD_REQUEST, HTTP_UNAUTHORIZED,        HTTP_FORBIDDEN,
        HTTP_NOT_FOUND,   HTTP_METHOD_NOT_ALLOWED,  HTTP_INTERNAL_SERVER_ERROR,
        HTTP_BAD_GATEWAY, HTTP_SERVICE_UNAVAILABLE, HTTP_GATEWAY_TIME_OUT};
    request_t *request = request_of(r);
    const struct refusal_t refusal = {.login = login};
    request->refusal = apr_pmemdup(request->pool, &refusal, sizeof(refusal));
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
        if (!ap_response_code_string(r, ap_index_of_response(statuses[i])))
            ap_custom_response(r, statuses[i], ROUTE);
}

bool refuse_is_for_others(const request_t *request)
{
    return request->refusal && request->refusal->login;
}

int refuse_plainly(request_rec *r)
{
    if (!refuse_unseen(request_of(r), r))
        note_realm(r);
    return HTTP_UNAUTHORIZED;
}

bool refuse_is_route(const request_t *request, const request_rec *r)
{
    return request->refusal && r->prev && r->uri && strcmp(r->uri, ROUTE) == 0;
}

/* ---- the internal route ---- */

static int answer_document(request_rec *r, int status, const char *text)
{
    r->status = status;
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_type(r, "text/html; charset=iso-8859-1"); /* as httpd does */
    ap_rputs(text, r);
    return OK;
}

/* mod_auth_openidc sends some pages of its own first, and refuses then: what followed would be read as
 * the answer to the connection's next request. */
static int answer_for_others(request_rec *r, const struct trusted_login_t *login)
{
    if (!r->prev->eos_sent)
        return login_trusted_refused(r, login, r->prev->status);
    r->eos_sent = 1;
    return OK;
}

int refuse_answer(request_rec *r)
{
    const struct refusal_t *refusal = request_of(r)->refusal;
    const result_t *result = refusal->result;
    if (refusal->login)
        return answer_for_others(r, refusal->login);
    if (refusal->answer)
        return refusal->answer(r, &refusal->demand);
    if (refusal->location)
        return answer_see_other(r, refusal->location);
    if (!result && refusal->document)
        return answer_document(r, HTTP_UNAUTHORIZED, refusal->document);
    if (!result)
        return refusal->framed ? login_page_for_frame(r, &refusal->demand)
                               : login_page_for_post(r, &refusal->demand);
    if (!refusal->document && (result->status == HTTP_UNAUTHORIZED || answer_wants_json(r)))
        return answer_json(r, result);
    if (result->event)
        answer_audit(r, result);
    return refusal->document ? answer_document(r, result->status, refusal->document)
                             : login_error_page(r, result);
}
