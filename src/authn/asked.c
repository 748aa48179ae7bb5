/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/asked.h"
#include "authn/by_token.h"
#include "base/json.h"
#include "login/login.h"
#include "login/way.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/original.h"
#include "web/reader.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* Only an administrator can mend either. */
static void warn_of_asker(const request_rec *r, original_status_t status)
{
    static apr_time_t told;
    if (!log_may_say(&told))
        return;
    if (status == ORIGINAL_FOREIGN)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "MPIN1060: a web server asks for a host that is neither below MPinCookieDomain "
            "nor in MPinReturnHosts; add it there, or take the question out of that server");
    else
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "MPIN1061: a web server asks without X-Forwarded-Host and X-Forwarded-Uri, or "
            "X-Original-URL, or with both and they differ; conf/forward shows how it asks");
}

result_t *asked_read(const request_rec *r, original_t *original)
{
    const original_status_t status = original_read(r, original);
    if (status == ORIGINAL_READ)
        return NULL;
    warn_of_asker(r, status);
    return status == ORIGINAL_FOREIGN
               ? result_error(r->pool, HTTP_FORBIDDEN, "host_not_listed",
                              "nobody asks here for that host")
               : result_error(r->pool, HTTP_BAD_REQUEST, "original_malformed",
                              "the headers do not say which request this is about");
}

/* A form is not sent twice, and what takes one is no page: there the page before is where somebody
 * wants to be. */
static way_t way_of_asked(const request_rec *r, const original_t *original, const demand_t *demand)
{
    const session_t *session = request_session(r);
    const bool lost = !original_is_read(original);
    return (way_t){.target = lost ? original->before : original->place,
                   .demand = *demand,
                   .lost = lost,
                   .step = session && demand_lacks_step(demand, session, r->request_time)};
}

/* A script, and who waits for no page, is told; a browser led; a frame shows a link out of it. */
static int asked_lead(request_rec *r, const demand_t *demand, const char *login)
{
    const bool framed = reader_is_framed(r) && !reader_is_prefetch(r);
    if (!framed && reader_is_nobody(r)) {
        const char *need = demand_need(demand, request_session(r), r->request_time);
        result_t *result =
            result_error(r->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
        result->json = json_tie(r->pool, json_pack("{s:s, s:s}", "login_url", login, "need", need));
        return answer_json(r, result);
    }
    if (!framed)
        apr_table_setn(r->headers_out, "Location", login);
    return login_page_for_asker(r, login);
}

int asked_stranger(request_rec *r, const demand_t *demand)
{
    original_t original;
    const result_t *refusal = asked_read(r, &original);
    if (!refusal)
        refusal = by_token_refusal(request_of(r));
    if (refusal)
        return answer_json(r, refusal);
    if (request_of(r)->session_status == SESSION_UNKNOWN)
        return answer_json(r, store_refusal(STORE_DOWN, r->pool));
    const way_t way = way_of_asked(r, &original, demand);
    return asked_lead(r, demand, way_for_asker(r, &way));
}

int asked_forbidden(request_rec *r, const demand_t *demand)
{
    (void)demand;
    return answer_json(r, result_error(r->pool, HTTP_FORBIDDEN, "not_authorized",
                                       "this user may not see this page"));
}
