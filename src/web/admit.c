/* SPDX-License-Identifier: Apache-2.0 */
#include "web/admit.h"
#include "web/cors.h"

#include <http_log.h>
#include <sodium.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

#define BEARER "Bearer " /* RFC 6750, section 2.1 */

bool admit_origin(const request_rec *r, const site_t *site, const route_t *route)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    const char *from = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const bool ours = origin
                          ? strcmp(origin, site->url.text) == 0 || cors_allows(site, route, origin)
                          : !from || strcmp(from, "same-origin") == 0;
    if (!ours)
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0725: a change that another origin asked for is refused: Origin %s, "
                      "Sec-Fetch-Site %s; ours is %s (MPinPublicURL)",
                      origin ? origin : "none", from ? from : "none", site->url.text);
    return ours;
}

/* True where a header says that somebody stands between the client and us. */
static bool came_through_a_proxy(const request_rec *r)
{
    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    for (int i = 0; i < headers->nelts; i++) {
        const char *name = APR_ARRAY_IDX(headers, i, apr_table_entry_t).key;
        if (strcasecmp(name, "Forwarded") == 0 || strncasecmp(name, "X-Forwarded-", 12) == 0 ||
            strcasecmp(name, "X-Real-IP") == 0 || strcasecmp(name, "Via") == 0)
            return true;
    }
    /* mod_remoteip takes the header away and leaves another address than the connection's */
    return r->useragent_addr != r->connection->client_addr;
}

bool admit_loopback(const request_rec *r, const site_t *site)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "::1", "[::1]"};
    if (!site->all_loopback || !r->hostname || came_through_a_proxy(r))
        return false;
    for (apr_size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (strcasecmp(r->hostname, hosts[i]) == 0)
            return true;
    return false;
}

/* ---- machines: the applications of a service, and an RPS ---- */

static bool is_secret(const secret_t *secret, const char *text, apr_size_t len)
{
    return secret && secret->len == len && sodium_memcmp(secret->bytes, text, len) == 0;
}

const char *admit_past_secret(const site_t *site, const char *uri)
{
    const char *tail = uri + 1 + strcspn(uri + 1, "/");
    return is_secret(site->service_secret, uri + 1, (apr_size_t)(tail - uri - 1)) ? tail : NULL;
}

static bool bears_secret(const request_rec *r, const secret_t *secret)
{
    const char *value = apr_table_get(r->headers_in, "Authorization");
    return value && strncasecmp(value, BEARER, strlen(BEARER)) == 0 &&
           is_secret(secret, value + strlen(BEARER), strlen(value + strlen(BEARER)));
}

void admit_take_secret(request_t *request, request_rec *r)
{
    const site_t *site = request->site;
    if (!site->service_secret && !site->rps_secret)
        return;
    /* They are the client's request's: an internal redirect of it bears no header any more. */
    request->bore_service_secret |= bears_secret(r, site->service_secret);
    request->bore_rps_secret |= bears_secret(r, site->rps_secret);
    if (request->bore_service_secret || request->bore_rps_secret)
        apr_table_unset(r->headers_in, "Authorization");
}

static bool is_a_browser(const request_rec *r)
{
    return apr_table_get(r->headers_in, "Origin") || apr_table_get(r->headers_in, "Sec-Fetch-Site");
}

/* Says why a machine was not admitted. */
static void say_machine(const request_rec *r, const char *what, const secret_t *secret)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "%s: %s", what,
                  is_a_browser(r) ? "Origin or Sec-Fetch-Site says that a browser does"
                  : secret        ? "the secret did not come, or is another"
                                  : "without a secret, only callers on this machine are admitted");
}

static bool names_service_secret(const request_rec *r, const site_t *site)
{
    return request_of(r)->bore_service_secret || bears_secret(r, site->service_secret) ||
           admit_past_secret(site, r->uri);
}

bool admit_service(const request_rec *r, const site_t *site)
{
    const bool admitted = !is_a_browser(r) && (site->service_secret ? names_service_secret(r, site)
                                                                    : admit_loopback(r, site));
    if (!admitted)
        say_machine(r, "MPIN0726: no application may ask so", site->service_secret);
    return admitted;
}

static bool names_rps_secret(const request_rec *r, const site_t *site, const char *rest)
{
    return request_of(r)->bore_rps_secret || bears_secret(r, site->rps_secret) ||
           is_secret(site->rps_secret, rest, strlen(rest));
}

bool admit_rps(const request_rec *r, const site_t *site, const char *rest)
{
    const bool admitted = !is_a_browser(r) && (site->rps_secret ? names_rps_secret(r, site, rest)
                                                                : admit_loopback(r, site));
    if (!admitted)
        say_machine(r, "MPIN0727: the RPS would not ask so", site->rps_secret);
    return admitted;
}
