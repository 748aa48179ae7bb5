/* SPDX-License-Identifier: Apache-2.0 */
#include "web/original.h"
#include "web/return_to.h"
#include "web/signin.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define HOST_MAX 260 /* bytes of a host and its port */
#define METHOD_MAX 32

/* As one of the ways of saying it has it; all NULL where that says nothing. */
typedef struct told_request_t {
    const char *scheme, *host, *uri, *method;
} told_request_t;

static const char *told_header(const request_rec *r, const char *name)
{
    const char *value = apr_table_get(r->headers_in, name);
    return value && *value ? value : NULL;
}

static told_request_t told_forwarded(const request_rec *r)
{
    return (told_request_t){.scheme = told_header(r, "X-Forwarded-Proto"),
                            .host = told_header(r, "X-Forwarded-Host"),
                            .uri = told_header(r, "X-Forwarded-Uri"),
                            .method = told_header(r, "X-Forwarded-Method")};
}

/* Without "://" it has a scheme and nothing else, which is_request refuses. */
static told_request_t told_url(const request_rec *r)
{
    told_request_t told = {.method = told_header(r, "X-Original-Method")};
    const char *url = told_header(r, "X-Original-URL");
    const char *colon = url ? strstr(url, "://") : NULL;
    if (!colon) {
        told.scheme = url;
        return told;
    }
    const apr_size_t host = strcspn(colon + 3, "/?#");
    told.scheme = apr_pstrmemdup(r->pool, url, (apr_size_t)(colon - url));
    told.host = apr_pstrmemdup(r->pool, colon + 3, host);
    told.uri = colon[3 + host] ? colon + 3 + host : "/";
    return told;
}

static bool is_scheme(const char *scheme)
{
    return !scheme || !strcasecmp(scheme, "http") || !strcasecmp(scheme, "https");
}

/* RFC 9110, section 9.1: a token; of letters, as far as anybody has made one. */
static bool is_a_method(const char *method)
{
    apr_size_t len = 0;
    while (method && method[len] && (apr_isalpha(method[len]) || method[len] == '-'))
        len++;
    return !method || (len && len <= METHOD_MAX && !method[len]);
}

/* Whether it is a host at all is return_to_url's to say. */
static bool is_request(const told_request_t *told)
{
    return told->host && told->uri && is_scheme(told->scheme) && is_a_method(told->method) &&
           strlen(told->host) <= HOST_MAX && *told->uri == '/' &&
           strlen(told->uri) <= RETURN_TO_MAX;
}

static bool says_something(const told_request_t *told)
{
    return told->scheme || told->host || told->uri;
}

/* One way, or both and they agree: a client may send the headers of the other one. */
static bool tell_request(const request_rec *r, told_request_t *told)
{
    const told_request_t forwarded = told_forwarded(r), url = told_url(r);
    *told = says_something(&url) ? url : forwarded;
    if (!is_request(told))
        return false;
    if (!says_something(&url) || !says_something(&forwarded))
        return true;
    return (!forwarded.host || !strcasecmp(forwarded.host, url.host)) &&
           (!forwarded.uri || !strcmp(forwarded.uri, url.uri));
}

/* A Referer of that very host. */
static const char *page_of_host(const request_rec *r, const char *root)
{
    const request_t *request = request_of(r);
    const char *referer = request->referer;
    const char *page = referer ? signin_place(request->site, referer, r->pool) : NULL;
    const apr_size_t len = strlen(root);
    return page && !strncmp(page, root, len) && (*root != '/' || page[1] != '/') ? page : root;
}

original_status_t original_read(const request_rec *r, original_t *original)
{
    const site_t *site = request_of(r)->site;
    apr_pool_t *p = r->pool;
    told_request_t told;
    if (!tell_request(r, &told))
        return ORIGINAL_MALFORMED;
    const char *origin = apr_pstrcat(p, site->url.https ? "https://" : "http://", told.host, NULL);
    const char *root = signin_place(site, apr_pstrcat(p, origin, "/", NULL), p);
    if (!root)
        return ORIGINAL_FOREIGN;
    const char *url = apr_pstrcat(p, origin, return_to_spell(told.uri, p), NULL);
    const char *place = signin_place(site, url, p);
    original->method = told.method ? told.method : "GET";
    original->place = place ? place : root;
    original->before = page_of_host(r, root);
    return ORIGINAL_READ;
}

bool original_is_read(const original_t *original)
{
    return !strcmp(original->method, "GET") || !strcmp(original->method, "HEAD");
}
