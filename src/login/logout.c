/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out: the page with the button, its form, and a phone that signs its computer out. */
#include "login/flash.h"
#include "login/login_form.h"
#include "login/login.h"
#include "login/way.h"
#include "site/trusted_logins.h"

#include "base/json.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#define SAY "out"   /* in the query: somebody has just signed out, and is told so */
#define WITH "with" /* ... of a session that a trusted login of that name began */

static bool is_page(const char *place, const char *path)
{
    const apr_size_t len = path ? strlen(path) : 0;
    return path && strncmp(place, path, len) == 0 && (!place[len] || place[len] == '?');
}

/* The place of this site that led here, but for our own pages. */
static const char *came_from(const facts_t *facts)
{
    const site_t *site = facts->site;
    const char *place = way_page_before(facts->r);
    return place && !is_page(place, site->paths[PATH_LOGOUT]) &&
                   !is_page(place, site->paths[PATH_LOGIN])
               ? place
               : site->after_login;
}

/* At the provider the person is signed in still. Where it has a sign-out the page leads there by
 * itself: no form may lead to other hosts (docs/security.md, "Pages"). */
static void show_provider(page_values_t *page, const facts_t *facts)
{
    const char *name = apr_table_get(facts->query, WITH);
    const trusted_login_t *login = name ? trusted_login_named(facts->site->trusted, name) : NULL;
    if (!login)
        return;
    page_set(page, "label", login->set->label);
    page_set(page, login->set->logout ? "leads_out" : "still_in", "1");
    if (login->set->logout)
        page_set(page, "continue_href", login->set->logout);
}

static result_t *say_signed_out(facts_t *facts)
{
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "continue_href", facts->site->after_logout);
    show_provider(&page, facts);
    flash_show(facts, &page);
    apr_table_setn(facts->r->headers_out, CLEAR_SITE_DATA, CLEAR_CACHE); /* once more: on its way
                                                  here an engine may have followed the 303 only */
    page_answer(&page, HTTP_OK, "signed_out");
    return NULL;
}

/* GET /logout changes nothing: it shows the button, or says what has just been done. */
result_t *logout_page(facts_t *facts)
{
    if (!facts->caller.session && apr_table_get(facts->query, SAY))
        return say_signed_out(facts);
    if (!facts->caller.session) {
        answer_see_other(facts->r, facts->site->after_logout);
        return NULL;
    }
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "continue_href", came_from(facts));
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, SESSION_FORMS,
                            facts->r->pool));
    page_answer(&page, HTTP_OK, "logout");
    return NULL;
}

#define TOKEN_MAX 1024 /* bytes of a sessionToken */

/* The token lives as long as the session might: said again and again, it must not fill the log of
 * revocations. */
static bool is_out(const site_t *site, const session_t *session, apr_time_t now)
{
    static const unsigned char none[SESSION_ID_BYTES];
    const uint32_t seconds = (uint32_t)apr_time_sec(now);
    return revocations_refresh(site->revocations) &&
           revocations_hit(site->revocations, none, session->family, none, none, 0, seconds,
                           seconds) == REVOKED;
}

/* A phone signs out the desktop that it signed in: the token says which, and is good for nothing
 * else, so it comes with no cookie and no form's token. */
static result_t *sign_out_desktop(facts_t *facts, const char *token)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const apr_time_t now = facts->caller.now;
    session_t desktop;

    if (!token || !signout_open(site->signouts, token, now, &desktop))
        return result_error(p, HTTP_FORBIDDEN, "logout_data_refused",
                            "this signs nobody out, or not any more");
    log_debug(facts->caller.log, "MPIN0736", "a phone signs out a session of %s",
              name_masked(desktop.name, facts->r->pool));
    if (is_out(site, &desktop, now))
        return result_ok(p, NULL);
    const store_status_t status = signin_end_family(site, &desktop, now);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *done = result_ok(p, NULL);
    done->event = "logout_by_phone";
    done->user = apr_pstrdup(p, desktop.name);
    return done;
}

/* Our own pages' forms want it said; an application's button leads where the administrator says. */
static const char *after_signing_out(const facts_t *facts, const trusted_login_t *login)
{
    apr_pool_t *p = facts->r->pool;
    const char *said = apr_pstrcat(p, facts->site->paths[PATH_LOGOUT], "?" SAY "=1", NULL);
    if (login && (login->set->logout || apr_table_get(facts->form, "say")))
        return apr_pstrcat(p, said, "&" WITH "=", login->set->name, NULL);
    return apr_table_get(facts->form, "say") ? said : facts->site->after_logout;
}

/* The trusted login by which they came last, NULL for none. Nobody is led to one by themselves
 * again before they have chosen to. */
static const trusted_login_t *leave_trusted(facts_t *facts, const session_t *session)
{
    if (!facts->site->trusted)
        return NULL;
    facts->prelogin.resting = true;
    facts->prelogin.said = SAID_SIGNED_OUT;
    request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    return session ? trusted_login_marked(facts->site->trusted, session->trusted) : NULL;
}

/* Ends the session here, and all that came from the same login. Somebody who is signed out
 * already gets where they wanted. */
result_t *logout_submit(facts_t *facts)
{
    request_rec *r = facts->r;
    const session_t *session = facts->caller.session;
    const char *token = apr_table_get(facts->form, "sessionToken");
    const trusted_login_t *login;

    if (facts->body || token)
        return sign_out_desktop(facts,
                                token ? token : json_text(facts->body, "sessionToken", TOKEN_MAX));
    if (session && !form_sent_by_our_pages(r) &&
        !form_token_ok(facts, session->id, SESSION_FORMS)) {
        facts->request->again = facts->site->paths[PATH_LOGOUT];
        return result_error(r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    }
    login = leave_trusted(facts, session);
    if (session) {
        result_t *refusal = signin_end(r, facts->caller.now);
        if (refusal)
            return refusal;
        result_t *done = result_ok(r->pool, NULL);
        done->event = "logout";
        done->user = session->name;
        answer_audit(r, done);
    }
    apr_table_setn(r->headers_out, CLEAR_SITE_DATA, CLEAR_CACHE);
    answer_see_other(r, after_signing_out(facts, login));
    return NULL;
}
