/* SPDX-License-Identifier: Apache-2.0 */
#include "web/request.h"
#include "web/elsewhere.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>
#include <stddef.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

#define OUR_COOKIES 4
#define HOST_PREFIX "__Host-"
#define KNOWN_MAX_AGE (KNOWN_DAYS * 86400L) /* seconds */

request_t *request_make(request_rec *r, const site_t *site)
{
    apr_pool_t *p = request_first(r)->pool;
    request_t *request = apr_palloc(p, sizeof(*request));
    memset(request, 0, offsetof(request_t, session));
    request->site = site;
    request->pool = p;
    request->session_status = SESSION_NONE;
    ap_set_module_config(request_first(r)->request_config, &auth_mpin_module, request);
    return request;
}

/* ---- cookies ---- */

const char *request_take_cookies(request_t *request, const char *header, apr_pool_t *p)
{
    const site_t *site = request->site;
    cookie_t ours[OUR_COOKIES] = {{.name = site->session_cookie},
                                  {.name = site->prelogin_cookie},
                                  {.name = site->known_cookie},
                                  {.name = site->remember_cookie}};

    header = cookie_header_take(header, ours, OUR_COOKIES, p);
    request->session_cookie = ours[0].value;
    request->prelogin_cookie = ours[1].value;
    request->known_cookie = ours[2].value;
    request->remember_cookie = ours[3].value;
    request->tossed =
        (ours[0].times > 1 ? TOSSED_SESSION : 0) | (ours[1].times > 1 ? TOSSED_PRELOGIN : 0) |
        (ours[2].times > 1 ? TOSSED_KNOWN : 0) | (ours[3].times > 1 ? TOSSED_REMEMBER : 0);
    return header;
}

bool request_owns_cookie(const request_t *request, const char *line)
{
    const site_t *site = request->site;
    return cookie_header_sets(line, site->session_cookie) ||
           cookie_header_sets(line, site->prelogin_cookie) ||
           cookie_header_sets(line, site->known_cookie) ||
           cookie_header_sets(line, site->remember_cookie);
}

void request_clear_elsewhere(const request_rec *r, const char *name)
{
    request_t *request = request_of(r);
    const site_t *site = request->site;
    if (strncmp(name, HOST_PREFIX, strlen(HOST_PREFIX)) == 0)
        return; /* browsers take it for one place only (RFC 6265bis, section 4.1.3.2) */
    if (!request->cleared)
        request->cleared = apr_array_make(request->pool, ELSEWHERE_MAX, sizeof(const char *));
    elsewhere_clear(request->cleared, name, site->url.host, request_first(r)->unparsed_uri,
                    site->url.https, request->pool);
}

/* True where a cookie of this name came that may lie elsewhere than the one that is set now: then
 * both would come with the next request, and neither would count. */
static bool lies_elsewhere(const request_t *request, const char *name)
{
    const site_t *site = request->site;
    const bool placed = strncmp(site->cookie_attributes, "; Path=/;", strlen("; Path=/;")) != 0;
    const apr_time_t now = apr_time_now();
    const cookie_value_t before = request->prelogin_cookie;
    known_t known;
    prelogin_t prelogin;

    if (name == site->session_cookie)
        return request->session_cookie.text &&
               (placed || (request->session_read && request->session_status == SESSION_NONE));
    if (name == site->prelogin_cookie)
        return before.text && before.len <= PRELOGIN_TEXT_MAX &&
               (placed || !prelogin_open(site->prelogins, before.text, before.len, now, &prelogin));
    if (name == site->remember_cookie)
        return request->remember_cookie.text && placed;
    return request->known_cookie.text &&
           (placed || !known_open(site->known, request->known_cookie.text,
                                  request->known_cookie.len, now, &known));
}

void request_set_cookie(request_rec *r, const char *name, const char *value, long max_age)
{
    request_t *request = request_of(r);
    apr_pool_t *p = request->pool;
    if (lies_elsewhere(request, name))
        request_clear_elsewhere(r, name);
    const char *line =
        apr_pstrcat(p, name, "=", value ? value : "", request->site->cookie_attributes, NULL);
    if (!value || max_age)
        line = apr_psprintf(p, "%s; Max-Age=%ld", line, value ? max_age : 0L);

    if (!request->set_cookies)
        request->set_cookies = apr_array_make(p, OUR_COOKIES, sizeof(const char *));
    for (int i = request->cookies_sent; i < request->set_cookies->nelts; i++) {
        const char **queued = &APR_ARRAY_IDX(request->set_cookies, i, const char *);
        if (cookie_header_sets(*queued, name)) {
            *queued = line;
            return;
        }
    }
    APR_ARRAY_PUSH(request->set_cookies, const char *) = line;
}

bool request_prelogin(const request_rec *r, prelogin_t *prelogin, apr_time_t now)
{
    const request_t *request = request_of(r);
    const cookie_value_t cookie = request->prelogin_cookie;
    if (cookie.text &&
        prelogin_open(request->site->prelogins, cookie.text, cookie.len, now, prelogin))
        return true;
    prelogin_start(prelogin, now);
    return false;
}

bool request_keep_prelogin(request_rec *r, const prelogin_t *prelogin, apr_time_t now)
{
    const site_t *site = request_of(r)->site;
    const char *value = prelogin_seal(site->prelogins, prelogin, now, r->pool);
    if (value)
        request_set_cookie(r, site->prelogin_cookie, value, 0);
    return value != NULL;
}

/* In front of an RPS elsewhere it stays: nothing of a login passes us before its end, which could bind
 * the browser anew. */
void request_end_prelogin(request_rec *r, const prelogin_t *prelogin, apr_time_t now)
{
    const request_t *request = request_of(r);
    if (request->site->remote || prelogin_waits(prelogin, now))
        request_keep_prelogin(r, prelogin, now);
    else if (request->prelogin_cookie.text)
        request_set_cookie(r, request->site->prelogin_cookie, NULL, 0);
}

bool request_left_cookies(const request_rec *r)
{
    const request_t *request = request_of(r);
    const char *from = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    return strstr(request->site->cookie_attributes, "SameSite=Strict") && from &&
           strcmp(from, "cross-site") == 0 && !request->session_cookie.text &&
           !request->prelogin_cookie.text && !request->known_cookie.text;
}

/* ---- the session ---- */

bool request_needs_user(request_rec *r)
{
    char *user = r->user, *type = r->ap_auth_type;
    r->user = NULL;
    const bool needs = ap_run_access_checker_ex(r) == DECLINED;
    r->user = user;
    r->ap_auth_type = type;
    return needs;
}

const session_t *request_session_at(const request_rec *r, apr_time_t now)
{
    request_t *request = request_of(r);
    const cookie_value_t cookie = request->session_cookie;
    const sessions_t *sessions = request->site->sessions;

    if (cookie.text)
        request->session_status =
            sessions ? session_open(sessions, cookie.text, cookie.len, now, &request->session)
                     : SESSION_UNKNOWN;
    if (request->session_status == SESSION_OK &&
        (request->session.amr & request->site->refused_amr))
        request->session_status = SESSION_REVOKED;
    request->session_read = true;
    if (request->session_status == SESSION_OK && request->session.superseded)
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0786: this session of %s was stepped up just now: the old one is good "
                      "for some seconds more",
                      name_masked(request->session.name, r->pool));
    return request->session_status == SESSION_OK ? &request->session : NULL;
}

/* What this browser's cookie remembers; nothing where none came that opens. */
static bool read_known(const request_t *request, apr_time_t now, known_t *known)
{
    const cookie_value_t cookie = request->known_cookie;
    if (cookie.text && known_open(request->site->known, cookie.text, cookie.len, now, known))
        return true;
    memset(known, 0, sizeof *known);
    return false;
}

static void keep_known(request_rec *r, const known_t *known, apr_time_t now)
{
    const site_t *site = request_of(r)->site;
    const char *value = known_seal(site->known, known, now, r->pool);
    if (value)
        request_set_cookie(r, site->known_cookie, value, KNOWN_MAX_AGE);
}

void request_remember(request_rec *r, const char *name, const unsigned char *device, apr_time_t now)
{
    const request_t *request = request_of(r);
    known_t known;
    const bool opened = read_known(request, now, &known);
    if (!opened)
        known_start(&known, device);
    const bool another = known_add(&known, name);
    const bool changed = device && known_set_device(&known, request->site->url.text, device);

    if (opened && another) /* somebody else was here before */
        apr_table_setn(r->headers_out, CLEAR_SITE_DATA, CLEAR_CACHE);
    if (another || changed)
        keep_known(r, &known, now);
}

void request_forget_device(request_rec *r, const unsigned char device[16], apr_time_t now)
{
    const request_t *request = request_of(r);
    known_t known;
    if (!read_known(request, now, &known) || memcmp(known.device, device, sizeof known.device))
        return;
    known_set_device(&known, request->site->url.text, NULL);
    keep_known(r, &known, now);
}
