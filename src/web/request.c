#include "web/request.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>

/* How long a browser is known by the users it has signed in: as long as browsers keep a cookie at
 * all. */
#define GRACE 10 /* seconds for requests that are under way with the old id at a step-up */
#define KNOWN_MAX_AGE (400L * 24 * 3600)

#define OUR_COOKIES 3

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
                                  {.name = site->known_cookie}};

    header = cookie_header_take(header, ours, OUR_COOKIES, p);
    request->session_cookie = ours[0].value;
    request->prelogin_cookie = ours[1].value;
    request->known_cookie = ours[2].value;
    request->tossed = ours[0].times > 1 || ours[1].times > 1 || ours[2].times > 1;
    return header;
}

bool request_owns_cookie(const request_t *request, const char *line)
{
    const site_t *site = request->site;
    return cookie_header_sets(line, site->session_cookie) ||
           cookie_header_sets(line, site->prelogin_cookie) ||
           cookie_header_sets(line, site->known_cookie);
}

void request_set_cookie(request_rec *r, const char *name, const char *value, long max_age)
{
    request_t *request = request_of(r);
    apr_pool_t *p = request->pool;
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

/* ---- the session ---- */

const session_t *request_session_at(const request_rec *r, apr_time_t now)
{
    request_t *request = request_of(r);
    const cookie_value_t cookie = request->session_cookie;
    const sessions_t *sessions = request->site->sessions;

    if (cookie.text)
        request->session_status =
            sessions ? session_open(sessions, cookie.text, cookie.len, now, &request->session)
                     : SESSION_UNKNOWN;
    request->session_read = true;
    return request->session_status == SESSION_OK ? &request->session : NULL;
}

const session_t *request_session(const request_rec *r)
{
    const request_t *request = request_of(r);
    if (!request->session_read)
        return request_session_at(r, r->request_time);
    return request->session_status == SESSION_OK ? &request->session : NULL;
}

static bool end_family(const site_t *site, const session_t *session, apr_time_t now)
{
    return revocations_add(site->revocations, REVOKE_FAMILY, session->family, 0, now,
                           now + site->session_max) == STORE_OK;
}

/* The new session takes the place of the one that the browser has. Of the same user it is a
 * step-up: it keeps the family, which one sign-out ends; the old id is honoured a moment more at
 * its old level. Anybody else's session ends. */
static bool replace(const site_t *site, const session_t *old, session_t *session, apr_time_t now)
{
    if (memcmp(old->uid, session->uid, sizeof(old->uid)) != 0) {
        memset(session->family, 0, sizeof(session->family));
        return end_family(site, old, now);
    }
    memcpy(session->family, old->family, sizeof(session->family));
    session->started = old->started;
    return revocations_add(site->revocations, REVOKE_SESSION, old->id,
                           (uint32_t)apr_time_sec(now) + GRACE, now,
                           now + site->session_max) == STORE_OK;
}

void request_remember(request_rec *r, const char *name, apr_time_t now)
{
    const request_t *request = request_of(r);
    const site_t *site = request->site;
    const cookie_value_t cookie = request->known_cookie;
    known_t known = {.id = {0}};

    if (cookie.text && !known_open(site->known, cookie.text, cookie.len, now, &known))
        memset(&known, 0, sizeof(known));
    if (!known_add(&known, name))
        return;
    const char *value = known_seal(site->known, &known, now, r->pool);
    if (value)
        request_set_cookie(r, site->known_cookie, value, KNOWN_MAX_AGE);
}

bool request_sign_in(request_rec *r, session_t *session, factor_t factor, apr_time_t now)
{
    request_t *request = request_of(r);
    const site_t *site = request->site;
    const session_t *old = request_session(r);

    memcpy(session->family, request->next_family, sizeof(session->family));
    session->started = (uint32_t)apr_time_sec(now);
    if (old && !replace(site, old, session, now))
        return false;
    session_start(site->sessions, session, factor, now);
    if (old)
        session_step_up(site->sessions, session, old);
    const char *value = session_seal(site->sessions, session, now, r->pool);
    if (!value)
        return false;

    request_set_cookie(r, site->session_cookie, value, 0);
    request_remember(r, session->name, now);
    request->session = *session;
    request->session_status = SESSION_OK;
    return true;
}

bool request_sign_out(request_rec *r, apr_time_t now)
{
    request_t *request = request_of(r);
    const session_t *session = request_session(r);

    if (session && !end_family(request->site, session, now))
        return false;
    request_set_cookie(r, request->site->session_cookie, NULL, 0);
    request->session_status = SESSION_NONE;
    return true;
}
