/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/refuse.h"
#include "authn/authn.h"
#include "login/login.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>

/* A refusal is answered by an internal redirect to a route that only an internal redirect can
 * reach. The protected handler never runs, so nothing of it can follow the page; and every filter
 * is in its place. */
#define ROUTE "/.mpin-refusal"

struct refusal_t {
    const result_t *result; /* NULL: the login page, for what was posted */
    demand_t demand;
};

/* Before the handler, a subrequest looks for an index or a variant, and its status becomes the main
 * request's. */
static int begin(request_rec *r, int status, struct refusal_t refusal)
{
    request_t *request = request_of(r);
    if (refuse_unseen(request, r))
        return status;
    while (r->main)
        r = r->main;
    request->refusal = apr_pmemdup(request->pool, &refusal, sizeof(refusal));
    ap_custom_response(r, status, ROUTE);
    return status;
}

bool refuse_unseen(const request_t *request, const request_rec *r)
{
    return r->main && request->handling;
}

int refuse_request(request_rec *r, int status, const result_t *result)
{
    return begin(r, status, (struct refusal_t){.result = result});
}

int refuse_with_login(request_rec *r, demand_t demand)
{
    return begin(r, HTTP_UNAUTHORIZED, (struct refusal_t){.demand = demand});
}

bool refuse_is_route(const request_t *request, const request_rec *r)
{
    return request->refusal && r->prev && r->uri && strcmp(r->uri, ROUTE) == 0;
}

int authn_handler(request_rec *r)
{
    request_t *request = request_of(r);
    if (request && !r->main)
        request->handling = true;
    if (!request || request->claimed != r || request->route)
        return DECLINED;

    const struct refusal_t *refusal = request->refusal;
    const result_t *result = refusal->result;
    if (!result)
        return login_page_for_post(r, &refusal->demand);
    if (result->status == HTTP_UNAUTHORIZED || answer_wants_json(r))
        return answer_json(r, result);
    if (result->event)
        answer_audit(r, result);
    return login_error_page(r, result);
}
