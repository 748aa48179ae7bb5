#include "login/login.h"
#include "login/login_form.h"
#include "login/page.h"
#include "login/return_to.h"

#include <apr_strings.h>
#include <http_protocol.h>

/* Proven at all, and recently enough? */
static bool holds(uint32_t proven, int max_age, apr_time_t now)
{
    return proven && (max_age == 0 || apr_time_sec(now) - (apr_time_t)proven <= max_age);
}

/* Each factor has its own time: a fresh password makes no old PIN fresh. */
bool login_satisfies(const session_t *session, unsigned methods, int max_age, apr_time_t now)
{
    return ((methods & METHOD_PIN) && holds(session->proven[FACTOR_PIN], max_age, now)) ||
           ((methods & METHOD_PASSWORD) && holds(session->proven[FACTOR_PASSWORD], max_age, now));
}

const char *login_target(const site_t *site, const prelogin_entry_t *entry)
{
    return entry && entry->target[0] ? entry->target : site->after_login;
}

/* This browser's pre-login state, or a fresh one. True when it came with the request. */
static bool prelogin_of(request_rec *r, prelogin_t *prelogin)
{
    const request_t *request = request_of(r);
    const cookie_value_t cookie = request->prelogin_cookie;
    if (cookie.text &&
        prelogin_open(request->site->prelogins, cookie.text, cookie.len, r->request_time, prelogin))
        return true;
    prelogin_start(prelogin, r->request_time);
    return false;
}

/* Where the person wanted to go, when it is a place that a GET can show again. */
static const char *wanted(request_rec *r)
{
    const char *path = return_to_path(request_first(r)->unparsed_uri, PRELOGIN_TARGET_MAX, r->pool);
    return path ? path : "";
}

const char *login_begin(request_rec *r, unsigned methods, int max_age, bool post_lost)
{
    const site_t *site = request_of(r)->site;
    prelogin_t prelogin;

    prelogin_of(r, &prelogin);
    const char *nonce =
        prelogin_add(&prelogin, wanted(r), methods, (uint32_t)max_age, post_lost, r->request_time);
    nonce = apr_pstrdup(r->pool, nonce);
    return form_keep_prelogin(r, &prelogin)
               ? apr_pstrcat(r->pool, site->paths[PATH_LOGIN], "?s=", nonce, NULL)
               : NULL;
}

int login_page_for_post(request_rec *r, unsigned methods, int max_age)
{
    const site_t *site = request_of(r)->site;
    prelogin_t prelogin;

    prelogin_of(r, &prelogin);
    const char *nonce =
        prelogin_add(&prelogin, wanted(r), methods, (uint32_t)max_age, true, r->request_time);
    const prelogin_entry_t *entry = prelogin_find(&prelogin, nonce);
    if (!form_keep_prelogin(r, &prelogin))
        return HTTP_SERVICE_UNAVAILABLE;
    page_values_t page = page_begin(r, site);
    form_show(&page, &prelogin, entry);
    return page_answer(&page, HTTP_UNAUTHORIZED, "login");
}

/* After a password login: would a PIN on this device make the next one easier? */
static result_t *offer(facts_t *facts, const prelogin_entry_t *entry)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "state", entry ? entry->nonce : "");
    page_set(&page, "continue_href", login_target(facts->site, entry));
    page_answer(&page, HTTP_OK, "offer");
    return NULL;
}

static result_t *already_signed_in(facts_t *facts, const prelogin_entry_t *entry)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "continue_href", login_target(facts->site, entry));
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, "logout",
                            facts->r->pool));
    page_answer(&page, HTTP_OK, "signed_in");
    return NULL;
}

/* The state that the query asks for: `s` names one that check_authn made, `return` asks for a new
 * one. */
static const prelogin_entry_t *entry_for(facts_t *facts, bool *made)
{
    prelogin_t *prelogin = &facts->prelogin;
    const char *nonce = apr_table_get(facts->query, "s");
    if (nonce)
        return prelogin_find(prelogin, nonce);

    const char *back =
        return_to_path(apr_table_get(facts->query, "return"), PRELOGIN_TARGET_MAX, facts->r->pool);
    if (!back)
        return NULL;
    *made = true;
    return prelogin_find(
        prelogin, prelogin_add(prelogin, back, facts->site->methods, 0, false, facts->caller.now));
}

/* A signed-in person sees that they are, unless the place they want asks for more than they have
 * shown. */
result_t *login_page(facts_t *facts)
{
    const site_t *site = facts->site;
    bool made = false;
    const prelogin_entry_t *entry = entry_for(facts, &made);

    if (facts->prelogin_fresh && apr_table_get(facts->query, "s"))
        return result_error(facts->r->pool, HTTP_BAD_REQUEST, "cookies_off",
                            "the cookie that /login sets did not come back");
    if ((facts->prelogin_fresh || made) && !form_keep_prelogin(facts->r, &facts->prelogin))
        return result_error(facts->r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "no randomness to be had");

    const session_t *session = facts->caller.session;
    const unsigned methods = entry ? entry->methods : METHOD_PIN | METHOD_PASSWORD;
    if (session && apr_table_get(facts->query, "offer") && site->rps_settings.register_signed_in)
        return offer(facts, entry);
    if (session &&
        login_satisfies(session, methods, entry ? (int)entry->max_age : 0, facts->caller.now))
        return already_signed_in(facts, entry);

    page_values_t page = page_begin(facts->r, site);
    form_show(&page, &facts->prelogin, entry);
    page_answer(&page, HTTP_OK, "login");
    return NULL;
}
