/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/filter.h"
#include "authn/authn.h"
#include "authn/caching.h"
#include "authn/check.h"
#include "authn/interim.h"
#include "authn/resend.h"
#include "authn/refuse.h"
#include "web/reader.h"

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

#define LATE apr_time_from_sec(10) /* an answer: the browser may have other cookies by now */

/* ---- Set-Cookie ---- */

static bool is_among(const apr_array_header_t *lines, int count, const char *line)
{
    for (int i = 0; i < count; i++)
        if (APR_ARRAY_IDX(lines, i, const char *) == line)
            return true;
    return false;
}

static bool sent_by_us(const request_t *request, const char *line)
{
    return is_among(request->set_cookies, request->cookies_sent, line) ||
           is_among(request->cleared, request->cleared_sent, line);
}

static bool is_set_cookie(const apr_table_entry_t *header)
{
    return strcasecmp(header->key, "Set-Cookie") == 0;
}

static bool is_foreign(const request_t *request, const char *line)
{
    return request_owns_cookie(request, line) && !sent_by_us(request, line);
}

/* The first two letters of a name, in upper case. */
#define BEGINNING(name) (((name)[0] & 0xdf) << 8 | ((name)[1] & 0xdf))

/* Every answer pays for this one look at its headers: the first letters decide for most. True where
 * a cookie of our name is among them that we have not set. */
static inline bool look_through(const request_t *request, const apr_table_t *headers,
                                caching_said_t *said)
{
    const apr_array_header_t *list = apr_table_elts(headers);
    bool foreign = false;
    for (int i = 0; i < list->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(list, i, apr_table_entry_t);
        switch (BEGINNING(header->key)) {
        case 'S' << 8 | 'E':
            foreign = foreign || (is_set_cookie(header) && is_foreign(request, header->val));
            break;
        case 'C' << 8 | 'A':
        case 'C' << 8 | 'D':
        case 'E' << 8 | 'X':
        case 'S' << 8 | 'U':
        case 'X' << 8 | ('-' & 0xdf):
        case 'E' << 8 | 'D':
        case 'A' << 8 | 'K':
        case 'C' << 8 | 'L':
        case 'N' << 8 | 'E':
        case 'V' << 8 | 'E':
            caching_hear(said, header);
            break;
        }
    }
    return foreign;
}

/* A handler or backend that sets a cookie of our name could sign somebody in or out. */
static void drop_foreign_cookies(request_rec *r, const request_t *request, apr_table_t *headers)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "MPIN0404: what answers this URL set a cookie of our name; it was dropped");
    const apr_table_t *before = apr_table_copy(r->pool, headers);
    const apr_array_header_t *list = apr_table_elts(before);
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

/* A name that came twice: one of the two was planted, or is left from a time when cookies had
 * another path or domain. Neither counted, both go; but not by an answer that took long, because
 * what the browser has by now may be new, and not by a file of ours, which caches keep for all. */
static void clear_tossed(request_rec *r, const request_t *request)
{
    const site_t *site = request->site;
    const char *names[] = {site->session_cookie, site->prelogin_cookie, site->known_cookie,
                           site->remember_cookie};
    if (apr_time_now() - r->request_time > LATE || (request->claimed && request->caching))
        return;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (request->tossed & 1u << i) {
            request_clear_elsewhere(r, names[i]);
            if (!queued(request, names[i]))
                request_set_cookie(r, names[i], NULL, 0);
        }
}

/* Keeps a session alive that is in use. It is judged anew: the browser may have signed out while
 * this answer was made, or have a newer session, whose cookie this one would replace. */
static void renew_session(request_rec *r, request_t *request)
{
    const site_t *site = request->site;
    const session_t *session = check_user(r);
    if (!session || !session_wants_renewal(session, r->request_time) || check_is_token(r) ||
        queued(request, site->session_cookie) || reader_is_prefetch(r))
        return;
    session_t renewed = *session;
    const apr_time_t now = apr_time_now();
    if (session_judge(site->sessions, &renewed, now) != SESSION_OK || renewed.superseded) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0462: the session of %s has ended or was replaced while this answer was "
                      "made: its cookie is not renewed",
                      name_masked(session->name, r->pool));
        return;
    }
    const char *value = session_seal(site->sessions, &renewed, now, r->pool);
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "MPIN0787: the session of %s %s",
                  name_masked(session->name, r->pool),
                  value ? "is sealed anew: its idle time begins again"
                        : "is not sealed anew: there is no randomness just now");
    if (value)
        request_set_cookie(r, site->session_cookie, value, 0);
}

/* Into the table that errors and internal redirects keep. */
static void send_lines(request_rec *r, const apr_array_header_t *lines, int *sent)
{
    for (; lines && *sent < lines->nelts; (*sent)++)
        apr_table_addn(r->err_headers_out, "Set-Cookie", APR_ARRAY_IDX(lines, *sent, const char *));
}

static void send_cookies(request_rec *r, request_t *request)
{
    if (!request->set_cookies)
        return;
    send_lines(r, request->cleared, &request->cleared_sent);
    send_lines(r, request->set_cookies, &request->cookies_sent);
}

/* ---- the filter ---- */

static void finish_headers(request_rec *r, request_t *request)
{
    caching_said_t said = {0};
    if (look_through(request, r->headers_out, &said))
        drop_foreign_cookies(r, request, r->headers_out);
    if (!apr_is_empty_table(r->err_headers_out) && look_through(request, r->err_headers_out, &said))
        drop_foreign_cookies(r, request, r->err_headers_out);
    refuse_challenge(request, r);
    if (request->tossed)
        clear_tossed(r, request);
    if (request->personal)
        renew_session(r, request);
    send_cookies(r, request);
    caching_decide(r, request, &said);
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
    interim_register();
    resend_register();
}

/* The answer of a subrequest has its main request's headers. */
void authn_insert_filter(request_rec *r)
{
    if (r->main || !request_of(r))
        return;
    if (request_of(r)->resend)
        resend_insert_filter(r);
    if (interim_is_possible(r))
        interim_watch(r);
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
