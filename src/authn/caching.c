/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/caching.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(auth_mpin);

#define NO_STORE "no-store"

bool caching_by_httpd;
static bool with_includes; /* mod_include is there */

static const char *const targeted[] = {"CDN-Cache-Control",
                                       "Surrogate-Control",
                                       "X-Accel-Expires",
                                       "Edge-Control",
                                       "Akamai-Cache-Control",
                                       "Cloudflare-CDN-Cache-Control",
                                       "Netlify-CDN-Cache-Control",
                                       "Vercel-CDN-Cache-Control",
                                       NULL};

void caching_start(void)
{
    caching_by_httpd = ap_find_linked_module("mod_cache.c") != NULL;
    with_includes = ap_find_linked_module("mod_include.c") != NULL;
}

void caching_hear(caching_said_t *said, const apr_table_entry_t *header)
{
    if (strcasecmp(header->key, "Cache-Control") == 0) {
        said->lines++;
        said->value = header->val;
        return;
    }
    said->expires = said->expires || strcasecmp(header->key, "Expires") == 0;
    for (const char *const *name = targeted; *name; name++)
        said->targeted = said->targeted || strcasecmp(header->key, *name) == 0;
}

/* ---- directives (RFC 9111, section 5.2) ---- */

static bool is_directive(const char *item, const char *end, const char *name)
{
    const apr_size_t len = strlen(name);
    return (apr_size_t)(end - item) >= len && strncasecmp(item, name, len) == 0 &&
           (item + len == end || strchr("= \t", item[len]));
}

/* The end of a directive: a comma in quotes divides nothing. */
static const char *directive_end(const char *item)
{
    bool quoted = false;
    for (; *item && (quoted || *item != ','); item++)
        if (*item == '"')
            quoted = !quoted;
    return item;
}

/* From the end of one directive (at first, where the value begins) to the next; false: it was the
 * last. */
static bool next_directive(const char **item, const char **end)
{
    *item = *end + strspn(*end, ", \t");
    *end = directive_end(*item);
    return **item != '\0';
}

/* Says how long the answer is fresh for a browser. `no-cache="Field"` says nothing of the whole. */
static bool says_freshness(const char *item, const char *end)
{
    return is_directive(item, end, "max-age") || is_directive(item, end, NO_STORE) ||
           (is_directive(item, end, "no-cache") && !memchr(item, '=', (apr_size_t)(end - item)));
}

/* The directives but for `public`, `s-maxage` and `private`, then `private`. */
static const char *made_private(const char *value, bool fresh, apr_pool_t *p)
{
    const char *kept = "", *item, *end = value;
    while (next_directive(&item, &end)) {
        fresh = fresh || says_freshness(item, end);
        if (!is_directive(item, end, "public") && !is_directive(item, end, "s-maxage") &&
            !is_directive(item, end, "private"))
            kept = apr_psprintf(p, "%s%.*s, ", kept, (int)(end - item), item);
    }
    return apr_pstrcat(p, kept, fresh ? "private" : "private, no-cache", NULL);
}

/* ---- one line, whichever table it came from ---- */

static void say(request_rec *r, const char *value)
{
    apr_table_unset(r->err_headers_out, "Cache-Control");
    apr_table_setn(r->headers_out, "Cache-Control", value);
}

/* All lines of both tables as one value. */
static const char *said_in_all(const request_rec *r)
{
    const char *plain = apr_table_getm(r->pool, r->headers_out, "Cache-Control");
    const char *error = apr_table_getm(r->pool, r->err_headers_out, "Cache-Control");
    return apr_pstrcat(r->pool, error ? error : "", error && plain ? ", " : "", plain ? plain : "",
                       NULL);
}

/* mod_cache can be told to store what is private, or must not be stored at all. */
void caching_keep_out(request_rec *r)
{
    for (; r; r = r->main)
        apr_table_setn(r->subprocess_env, "no-cache", "1");
}

/* A CDN has headers of its own, which Cache-Control gives way to there (RFC 9213); so has nginx. */
static void keep_from_shared(request_rec *r, const caching_said_t *said)
{
    if (caching_by_httpd)
        caching_keep_out(r);
    if (!said->targeted)
        return;
    for (const char *const *name = targeted; *name; name++) {
        apr_table_unset(r->headers_out, *name);
        apr_table_unset(r->err_headers_out, *name);
    }
}

static void keep_private(request_rec *r, const caching_said_t *said)
{
    keep_from_shared(r, said);
    if (said->lines)
        say(r, made_private(said_in_all(r), said->expires, r->pool));
    else
        apr_table_addn(r->headers_out, "Cache-Control",
                       said->expires ? "private" : "private, no-cache");
}

/* Header, ExpiresDefault and their like are meant for what the site shows, not for our pages. */
static void keep_ours(request_rec *r, const request_t *request, const caching_said_t *said)
{
    const bool is_file = request->claimed && request->caching;
    const char *ours = is_file ? request->caching : NO_STORE;
    if (!is_file)
        keep_from_shared(r, said);
    if (said->lines != 1 || strcmp(said->value, ours) != 0)
        say(r, ours);
    if (said->expires) {
        apr_table_unset(r->headers_out, "Expires");
        apr_table_unset(r->err_headers_out, "Expires");
    }
}

/* ---- who may keep it ---- */

/* mod_filter calls it BYTYPE:INCLUDES, or what the administrator has called it in FilterDeclare, and
 * shows nobody which filters that stands for. */
static bool is_includes(const ap_filter_rec_t *frec)
{
    static const char name[] = "INCLUDES", by_type[] = "BYTYPE:";
    const apr_size_t len = strlen(frec->name);
    return (len >= sizeof(name) - 1 && !strcasecmp(frec->name + len - (sizeof(name) - 1), name)) ||
           (frec->providers && strncasecmp(frec->name, by_type, sizeof(by_type) - 1) != 0);
}

/* mod_include sends a page in pieces: when it comes to an include, the headers are gone. */
static bool may_include(request_rec *r)
{
    const ap_filter_t *f = with_includes ? r->output_filters : NULL;
    while (f && !is_includes(f->frec))
        f = f->next;
    return f && ap_allow_options(r) & OPT_INCLUDES;
}

void caching_insert_filter(request_rec *r)
{
    if (caching_by_httpd && may_include(r))
        caching_keep_out(r);
}

void caching_decide(request_rec *r, request_t *request, const caching_said_t *said)
{
    if (request->claimed || (request->refused && r->status >= HTTP_MULTIPLE_CHOICES))
        keep_ours(r, request, said);
    else if (request->personal || request->cookies_sent || may_include(r))
        keep_private(r, said);
    else
        request->shared = r;
}

/* A handler that includes things has said itself that its answer is nobody else's. */
static bool is_kept_from_others(const request_rec *r)
{
    const char *item, *end = said_in_all(r);
    while (next_directive(&item, &end))
        if (is_directive(item, end, "private") || is_directive(item, end, NO_STORE))
            return true;
    return r->method_number != M_GET;
}

bool caching_too_late(const request_rec *r)
{
    const request_t *request = request_of(r);
    if (!request->shared || is_kept_from_others(request->shared))
        return false;
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "MPIN0461: %s is asked for as a part of %s, whose headers are gone already and "
                  "let caches keep it for everybody: refused. Let that page be of AuthType MPin, "
                  "with MPinUnauthenticated pass where it is open to all",
                  r->uri, request->shared->uri);
    return true;
}
