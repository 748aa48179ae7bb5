/* SPDX-License-Identifier: Apache-2.0 */
#include "web/cors.h"

#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

static bool is_open(const site_t *site, const route_t *route)
{
    if (!site->cors || (route->audience != AUDIENCE_PUBLIC && route->audience != AUDIENCE_UNASKED))
        return false;
    switch (route->base) {
    case PATH_RPS:
    case PATH_PAD:
    case PATH_ASSETS:
    case BASE_DTA_SERVICE:
        return true;
    default:
        return false;
    }
}

bool cors_allows(const site_t *site, const route_t *route, const char *origin)
{
    if (!origin || !is_open(site, route))
        return false;
    for (int i = 0; i < site->cors->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(site->cors, i, const char *), origin) == 0)
            return true;
    return false;
}

static void say_foreign(const request_rec *r, const site_t *site, const char *origin)
{
    if (origin && APLOGrdebug(r) && strcmp(origin, site->url.text) != 0)
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0728: a page of %s may not read this answer: MPinCORS does not list it, "
                      "or opens other URLs than this",
                      origin);
}

void cors_headers(request_rec *r, const site_t *site, const route_t *route)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    if (is_open(site, route))
        apr_table_mergen(r->headers_out, "Vary", "Origin");
    if (!cors_allows(site, route, origin)) {
        say_foreign(r, site, origin);
        return;
    }
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", origin);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Credentials", "true");
    apr_table_setn(r->headers_out, "Access-Control-Expose-Headers", "Retry-After");
}

bool cors_preflight(request_rec *r, const site_t *site, const route_t *route)
{
    if (strcmp(r->method, "OPTIONS") != 0 ||
        !apr_table_get(r->headers_in, "Access-Control-Request-Method") ||
        !cors_allows(site, route, apr_table_get(r->headers_in, "Origin")))
        return false;
    apr_table_setn(r->headers_out, "Access-Control-Allow-Methods", "GET, POST, PUT");
    apr_table_setn(r->headers_out, "Access-Control-Allow-Headers",
                   "Accept, Content-Type, X-Requested-With");
    apr_table_setn(r->headers_out, "Access-Control-Max-Age", "600");
    return true;
}
