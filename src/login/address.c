/* SPDX-License-Identifier: Apache-2.0 */
#include "login/address.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "web/admit.h"
#include "web/return_to.h"

/* The host or scheme that was asked for, before anything in front changed it: NULL where that says
 * nothing of it. */
static const char *asked_for(const request_rec *r, const char *forwarded, const char *here)
{
    const char *value = apr_table_get(r->headers_in, forwarded);
    if (value)
        return apr_pstrmemdup(r->pool, value, strcspn(value, ", "));
    return admit_through_proxy(r) ? NULL : here;
}

/* "www.example.com" is "www.example.com:443" where https is what we are. */
static bool is_our_host(const char *host, const public_url_t *url)
{
    const char *own = strstr(url->text, "://") + 3, *port = url->https ? ":443" : ":80";
    const apr_size_t len = strlen(own);
    return strncasecmp(host, own, len) == 0 && (!host[len] || strcmp(host + len, port) == 0);
}

bool address_doubtful(const request_rec *r, const site_t *site)
{
    const char *host = asked_for(r, "X-Forwarded-Host", apr_table_get(r->headers_in, "Host"));
    const char *scheme = asked_for(r, "X-Forwarded-Proto", ap_http_scheme(r));
    return (host && !is_our_host(host, &site->url)) ||
           (scheme && strcasecmp(scheme, site->url.https ? "https" : "http") != 0);
}

const char *address_login(const site_t *site, const char *target, apr_pool_t *p)
{
    const char *login = site->paths[PATH_LOGIN] ? site->paths[PATH_LOGIN] : "/";
    return apr_pstrcat(p, site->url.text, login, target ? "?return=" : "",
                       target ? return_to_escape(target, p) : "", NULL);
}
