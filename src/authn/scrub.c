/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends and only we may say is taken out, and so are our cookies. */
#include "authn/authn.h"
#include "authn/refuse.h"
#include "authn/resend.h"
#include "web/admit.h"
#include "web/bearer.h"
#include "web/route.h"

#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* Header names as applications see them: CGI and its heirs make both cases the same, and all that
 * is neither a letter nor a digit. */
static char fold(char c)
{
    const char lower = (char)(c | 0x20);
    if (lower >= 'a' && lower <= 'z')
        return lower;
    return c == '\0' || (c >= '0' && c <= '9') ? c : '-';
}

/* True where `name` begins with `start`, which is folded already. */
static bool begins(const char *name, const char *start)
{
    while (*start)
        if (fold(*name++) != *start++)
            return false;
    return true;
}

static bool is(const char *name, const char *folded)
{
    return begins(name, folded) && name[strlen(folded)] == '\0';
}

static bool same(const char *name, const char *other)
{
    while (*name && fold(*name) == fold(*other)) {
        name++;
        other++;
    }
    return *name == '\0' && *other == '\0';
}

/* One of MPinPassHeaders, which are ours to set. */
static inline bool is_passed(const site_t *site, const char *name)
{
    for (int i = 0; i < site->pass_headers->nelts; i++)
        if (same(name, APR_ARRAY_IDX(site->pass_headers, i, pass_header_t).name))
            return true;
    return false;
}

/* True for a header that only we may set, for Upgrade, and for one that may have a token in it.
 * Every request pays for this: the first letter decides for most. */
static bool unwanted(const site_t *site, const char *name)
{
    switch (name[0] | 0x20) {
    case 'a':
        if (site->tokens && is(name, "authorization"))
            return true;
        break;
    case 'm':
        if (begins(name, "mpin-"))
            return true;
        break;
    case 'r':
        if (is(name, "remote-user"))
            return true;
        break;
    case 'u':
        if (is(name, "upgrade"))
            return true;
        break;
    case 'x':
        if (is(name, "x-remote-user"))
            return true;
        break;
    }
    return is_passed(site, name);
}

/* True where the path will not change any more: no proxy's, nothing to decode, no dots. */
static bool path_is_final(const request_rec *r)
{
    return !r->parsed_uri.hostname && !strchr(r->uri, '%') && !strstr(r->uri, "/.");
}

/* Some show or log a request as soon as it is read (mod_log_forensic, mod_status). */
static void redact_early(request_t *request, request_rec *r)
{
    const char *rest;
    const bool possible = route_is_possible(request->site, r);
    const route_t *route = possible ? route_find(request->site, r, &rest) : NULL;
    if (route && path_is_final(r)) {
        route_redact(request, r, route);
        admit_take_secret(request, r);
        return;
    }
    if (possible)
        route_redact_callback(request, r);
    if (request->site->paths[BASE_RPS_FRONT])
        route_redact_front_line(request, r);
}

/* mod_http2 would read the request a second time, from a copy that has our cookies no more; and a
 * proxy that hands it on makes a tunnel past every check of ours. A server may go on with HTTP/1.1
 * (RFC 9110, section 7.8), and does. */
static bool asks_for_h2c(const apr_table_entry_t *header)
{
    return ap_strcasestr(header->val, "h2c") != NULL;
}

/* Our cookies go on to nobody. True where nothing is left of the header. */
static bool take_cookies(request_t *request, const request_rec *r, apr_table_entry_t *header)
{
    if ((header->key[0] | 0x20) != 'c' || strcasecmp(header->key, "Cookie") != 0)
        return false;
    header->val = (char *)(apr_uintptr_t)request_take_cookies(request, header->val, r->pool);
    return !header->val;
}

/* A header that only we may set was sent by somebody else; or it has a token of ours, good or not,
 * which goes on to nobody, as other people's passwords do. False: it stays. */
static bool drop_header(request_rec *r, const apr_table_entry_t *header)
{
    const char *name = header->key;
    if (strcasecmp(name, "Authorization") == 0) {
        request_t *request = request_of(r);
        if (!bearer_take(request, header->val) && !is_passed(request->site, name))
            return false;
    } else if (strcasecmp(name, "Upgrade") == 0) {
        if (!asks_for_h2c(header))
            return false;
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0463: the client would go on in h2c; it is answered as it has asked");
    } else {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0704: the request came with a header that only we may set: %s is gone",
                      name);
    }
    apr_table_unset(r->headers_in, name);
    return true;
}

/* One pass over what the client sent. Internal redirects come by here too: what we set is taken
 * away and set anew. (A request that cannot be read comes by here only as the redirect to its error
 * document.) */
int authn_post_read_request(request_rec *r)
{
    const site_t *site = site_of(r->server);
    if (!site)
        return DECLINED;
    request_t *request = request_of(r);
    const bool first = !request;
    if (first)
        request = request_make(r, site);

    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    for (int i = 0; i < headers->nelts;) {
        apr_table_entry_t *header = &APR_ARRAY_IDX(headers, i, apr_table_entry_t);
        if (first && take_cookies(request, r, header))
            apr_table_unset(r->headers_in, "Cookie");
        else if (!unwanted(site, header->key) || !drop_header(r, header))
            i++;
    }
    request->answered_by_parts = 0;
    request->for_parts = NULL;
    if (first && resend_is_possible(r))
        resend_begin(r);
    if (!r->prev)
        redact_early(request, r);
    else
        refuse_pass_on_status(request, r);
    return DECLINED;
}
