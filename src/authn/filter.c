/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/filter.h"
#include "authn/authn.h"
#include "authn/check.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(auth_mpin);

/* One step above mod_headers (AP_FTYPE_CONTENT_SET), whose `Header set Cache-Control public` must
 * not win, and put in place before mod_cache adds its filter of the same type, which so sees what
 * we have written. When mod_cache answers from its store it takes this filter away: what it stores
 * is public. */
static ap_filter_rec_t *filter;
#define FILTER_NAME "MPIN_HEADERS"
#define FILTER_TYPE (AP_FTYPE_CONTENT_SET + 1)

static bool is_name(const char *name, const char *expected)
{
    return (name[0] | 0x20) == (expected[0] | 0x20) && strcasecmp(name, expected) == 0;
}

/* ---- Set-Cookie ---- */

static bool sent_by_us(const request_t *request, const char *line)
{
    for (int i = 0; i < request->cookies_sent; i++)
        if (APR_ARRAY_IDX(request->set_cookies, i, const char *) == line)
            return true;
    return false;
}

static bool is_set_cookie(const apr_table_entry_t *header)
{
    return is_name(header->key, "Set-Cookie");
}

static bool is_foreign(const request_t *request, const char *line)
{
    return request_owns_cookie(request, line) && !sent_by_us(request, line);
}

/* A handler or backend that sets a cookie of our name could sign somebody in or out. */
static void drop_foreign_cookies(request_rec *r, const request_t *request, apr_table_t *headers)
{
    const apr_array_header_t *list = apr_table_elts(headers);
    bool found = false;
    for (int i = 0; i < list->nelts && !found; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(list, i, apr_table_entry_t);
        found = is_set_cookie(header) && is_foreign(request, header->val);
    }
    if (!found)
        return;

    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "MPIN0404: what answers this URL set a cookie of our name; it was dropped");
    const apr_table_t *before = apr_table_copy(r->pool, headers);
    list = apr_table_elts(before);
    apr_table_unset(headers, "Set-Cookie");
    for (int i = 0; i < list->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(list, i, apr_table_entry_t);
        if (is_set_cookie(header) && !is_foreign(request, header->val))
            apr_table_addn(headers, header->key, header->val);
    }
}

static bool queued(const request_t *request, const char *name)
{
    for (int i = 0; request->set_cookies && i < request->set_cookies->nelts; i++) {
        const char *line = APR_ARRAY_IDX(request->set_cookies, i, const char *);
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == '=')
            return true;
    }
    return false;
}

/* A name that came twice: one of the two was planted. Neither counted, both go. */
static void clear_tossed(request_rec *r, const request_t *request)
{
    const site_t *site = request->site;
    const char *names[] = {site->session_cookie, site->prelogin_cookie, site->known_cookie};
    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!queued(request, names[i]))
            request_set_cookie(r, names[i], NULL, 0);
}

/* Keeps a session alive that is in use. */
static void renew_session(request_rec *r, request_t *request)
{
    const site_t *site = request->site;
    const session_t *session = check_user(r);
    if (!session || !session_wants_renewal(session, r->request_time) ||
        queued(request, site->session_cookie))
        return;
    session_t renewed = *session;
    const char *value = session_seal(site->sessions, &renewed, r->request_time, r->pool);
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "MPIN0787: the session of %s %s",
                  name_masked(session->name, r->pool),
                  value ? "is sealed anew: its idle time begins again"
                        : "is not sealed anew: there is no randomness just now");
    if (value)
        request_set_cookie(r, site->session_cookie, value, 0);
}

/* Into the table that errors and internal redirects keep. */
static void send_cookies(request_rec *r, request_t *request)
{
    if (!request->set_cookies)
        return;
    for (; request->cookies_sent < request->set_cookies->nelts; request->cookies_sent++)
        apr_table_addn(r->err_headers_out, "Set-Cookie",
                       APR_ARRAY_IDX(request->set_cookies, request->cookies_sent, const char *));
}

/* ---- Cache-Control ---- */

static bool is_directive(const char *item, const char *end, const char *name)
{
    const apr_size_t len = strlen(name);
    return (apr_size_t)(end - item) >= len && strncasecmp(item, name, len) == 0 &&
           (item + len == end || strchr("= \t", item[len]));
}

/* The header's directives but for `public`, `s-maxage` and `private`, then `private`. */
static const char *made_private(const char *value, apr_pool_t *p)
{
    const char *kept = "";
    for (const char *item = value; *item;) {
        item += strspn(item, ", \t");
        const char *end = item + strcspn(item, ",");
        if (end > item && !is_directive(item, end, "public") &&
            !is_directive(item, end, "s-maxage") && !is_directive(item, end, "private"))
            kept = apr_psprintf(p, "%s%.*s, ", kept, (int)(end - item), item);
        item = end;
    }
    return apr_pstrcat(p, kept, "private", NULL);
}

/* Both header tables reach the client as one; of the two Cache-Control lines one is left. */
static void keep_private(request_rec *r)
{
    const char *plain = apr_table_get(r->headers_out, "Cache-Control");
    const char *error = apr_table_get(r->err_headers_out, "Cache-Control");
    if (!plain && !error) {
        apr_table_addn(r->headers_out, "Cache-Control", "private");
        return;
    }
    if (plain)
        plain = apr_table_getm(r->pool, r->headers_out, "Cache-Control");
    if (error)
        plain = apr_pstrcat(r->pool, apr_table_getm(r->pool, r->err_headers_out, "Cache-Control"),
                            plain ? ", " : NULL, plain, NULL);
    apr_table_unset(r->err_headers_out, "Cache-Control");
    apr_table_setn(r->headers_out, "Cache-Control", made_private(plain, r->pool));
}

/* ---- the filter ---- */

static void finish_headers(request_rec *r, request_t *request)
{
    drop_foreign_cookies(r, request, r->headers_out);
    drop_foreign_cookies(r, request, r->err_headers_out);
    if (request->tossed)
        clear_tossed(r, request);
    if (request->personal)
        renew_session(r, request);
    send_cookies(r, request);
    if (request->personal || request->cookies_sent)
        keep_private(r);
}

static apr_status_t on_brigade(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    ap_filter_t *next = f->next;
    finish_headers(f->r, request_of(f->r));
    ap_remove_output_filter(f);
    return ap_pass_brigade(next, brigade);
}

void filter_register(void)
{
    filter = ap_register_output_filter(FILTER_NAME, on_brigade, NULL, FILTER_TYPE);
}

/* The answer of a subrequest has its main request's headers. */
void authn_insert_filter(request_rec *r)
{
    if (r->main || !request_of(r))
        return;
    for (const ap_filter_t *f = r->output_filters; f; f = f->next)
        if (f->frec == filter)
            return;
    ap_add_output_filter_handle(filter, NULL, r, r->connection);
}

int authn_quick_handler(request_rec *r, int lookup)
{
    if (!lookup)
        authn_insert_filter(r);
    return DECLINED;
}
