/* SPDX-License-Identifier: Apache-2.0 */
/* The handler "mpin-trusted-login": where somebody comes back whom another module has let in. */
#include "login/trusted.h"
#include "login/trusted_word.h"

#include "base/hex.h"
#include "login/login.h"
#include "people/links.h"
#include "session/provider_session.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/route.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

#define HANDLER "mpin-trusted-login"

static const trusted_login_t *login_here(const facts_t *facts)
{
    return trusted_login_at(facts->site->trusted, facts->r->uri);
}

/* ---- is it the one that this browser waits for? ---- */

result_t *trusted_unasked(const facts_t *facts, const char *why)
{
    log_debug(facts->caller.log, "MPIN0903", "nobody is signed in at %s: %s", facts->r->uri, why);
    return result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_unasked",
                        "this sign-in did not begin in this browser just now");
}

/* Once, whoever has copied the cookie. */
static result_t *take_once(const facts_t *facts)
{
    const prelogin_t *prelogin = &facts->prelogin;
    apr_pool_t *p = facts->r->pool;
    const char *key =
        apr_pstrcat(p, "awaited:", hex_encode(p, prelogin->nonce, sizeof(prelogin->nonce)), NULL);
    const store_status_t status =
        store_add(facts->site->store, STORE_COMING_IN, key, "", 1,
                  apr_time_from_sec((apr_time_t)prelogin->until + SEAL_SKEW));
    if (status == STORE_EXISTS)
        return trusted_unasked(facts, "its pre-login cookie was used already");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* A script's request, a picture's, a worker's: somebody sees nothing of it. */
static bool is_no_page(const request_rec *r)
{
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    return answer_is_for_library(r) || (mode && strcmp(mode, "navigate") != 0);
}

static result_t *is_awaited(const facts_t *facts, const trusted_login_t *login)
{
    const prelogin_t *prelogin = &facts->prelogin;
    if (facts->prelogin_fresh)
        return trusted_unasked(facts, "no pre-login cookie came");
    if (!prelogin->awaits)
        return trusted_unasked(facts, "its pre-login cookie awaits no trusted login");
    if (prelogin->awaits != login->set->mark)
        return trusted_unasked(facts, "its pre-login cookie awaits another trusted login");
    if (prelogin->until <= apr_time_sec(facts->caller.now))
        return trusted_unasked(facts, "it took too long");
    return take_once(facts);
}

/* ---- signing in ---- */

/* What the provider's sign-out will end. The session's proof by it is kept for as long as a session
 * lasts, and one that keeps it may last as long again. */
static void note_sid(const facts_t *facts, const trusted_word_t *word, const session_t *session)
{
    const site_t *site = facts->site;
    const char *const names[] = {word->sid, word->all_of};
    for (int i = 0; i < 2; i++)
        if (names[i])
            provider_session_note(site->store, word->subject.provider, names[i], session,
                                  facts->caller.now, 2 * site->session_max, facts->r->pool);
}

/* The news is kept already; nobody has proven anything anew. The provider may call the session otherwise
 * from now on. */
static result_t *take_news(facts_t *facts, const trusted_word_t *word, const user_t *user)
{
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    const char *target = signin_place(facts->site, facts->prelogin.target, p);
    if (!session || memcmp(session->uid, user->uid, sizeof(user->uid)) != 0)
        return result_error(p, HTTP_FORBIDDEN, "trusted_other_user",
                            "the other login names somebody else by now");
    note_sid(facts, word, session);
    log_debug(facts->caller.log, "MPIN0908", "what is told of %s is refreshed",
              name_masked(user->name, p));
    prelogin_settle(&facts->prelogin);
    request_end_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    answer_see_other(facts->r, target ? target : facts->site->after_login);
    return NULL;
}

/* Whose account it was linked to (people/links.h) has another name. */
static bool is_linked(const trusted_word_t *word, const user_t *user)
{
    return strcmp(user->name, word->name) != 0;
}

/* Another login's word says nothing of the name itself: whoever gives names here may have taken it
 * away. */
static result_t *admit_linked(const facts_t *facts, const user_t *user)
{
    apr_pool_t *p = facts->r->pool;
    result_t *refusal =
        facts->site->rps ? rps_admit_name(facts->site->rps, &facts->caller, user->name, p) : NULL;
    return refusal && refusal->status == HTTP_FORBIDDEN
               ? result_error(p, HTTP_FORBIDDEN, "user_disabled", "the name may not sign in here")
               : refusal;
}

/* The user, and what is told of them is kept. */
static result_t *find_user(const facts_t *facts, const trusted_word_t *word, user_t *user)
{
    people_t *people = facts->site->people;
    apr_pool_t *p = facts->r->pool;
    const apr_time_t now = facts->caller.now;
    store_status_t status = people_claim(people, word->name, now, user, p);
    if (status == STORE_EXISTS) /* a deleted user's, and not free yet */
        return result_error(p, HTTP_FORBIDDEN, "user_disabled", "this account may not sign in");
    if (status == STORE_OK && is_linked(word, user))
        status = people_tell_link(people, user->uid, &word->subject, p);
    else if (status == STORE_OK)
        status = people_tell_subject(people, user->uid, &word->subject, now, p);
    if (status == STORE_MISSING) /* its owner removes the link just now */
        return result_error(p, HTTP_FORBIDDEN, "trusted_refused", "it is linked no more");
    if (status != STORE_OK)
        return store_refusal(status, p);
    return is_linked(word, user) ? admit_linked(facts, user) : NULL;
}

static bool is_below(const char *place, const char *path)
{
    return path && strncmp(place, path, strlen(path)) == 0;
}

/* Does the next page tell that somebody has signed in? An application asks for it, and our own pages
 * do. */
static bool welcome_is_shown(const site_t *site, const char *location)
{
    for (int i = 0; i < site->pass_headers->nelts; i++)
        if (APR_ARRAY_IDX(site->pass_headers, i, pass_header_t).field == PASS_FLASH)
            return true;
    return is_below(location, site->paths[PATH_LOGIN]) ||
           is_below(location, site->paths[PATH_ACCOUNT]);
}

static result_t *sign_in_by_word(facts_t *facts, const trusted_login_t *login,
                                 const trusted_word_t *word)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const apr_time_t now = facts->caller.now;
    user_t user;
    result_t *refusal = find_user(facts, word, &user);
    if (refusal)
        return refusal;
    if (facts->prelogin.refreshing)
        return take_news(facts, word, &user);
    const proven_t proven = {.user = &user,
                             .factor = FACTOR_TRUSTED,
                             .amr = AMR_TRUSTED,
                             .provider = login->set->name,
                             .trusted = login->set->mark,
                             .steps = word->steps,
                             .at = word->at,
                             .told = true,
                             .of_name = !is_linked(word, &user),
                             .event = "login_trusted",
                             .target = signin_place(site, facts->prelogin.target, p)};
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
    prelogin_settle(&facts->prelogin);
    facts->prelogin.resting = false;
    if (in.session) {
        note_sid(facts, word, in.session);
        facts->prelogin.said = welcome_is_shown(site, in.location) ? SAID_SIGNED_IN : SAID_NOTHING;
        request_end_prelogin(facts->r, &facts->prelogin, now);
    } else { /* another login is asked first (MPinTrustedMaxAge) */
        request_keep_prelogin(facts->r, &facts->prelogin, now);
    }
    answer_see_other(facts->r, in.location);
    return NULL;
}

/* The same person has come in by the same login: another tab was first, or somebody goes back a page,
 * reloads it, or comes by a link of the provider's. Nothing changes. */
static bool is_in_already(const facts_t *facts, const trusted_login_t *login)
{
    const session_t *session = facts->caller.session;
    trusted_word_t word;
    bool there;
    return session && session->trusted == login->set->mark && !trusted_hear(facts, login, &word) &&
           !trusted_link_refusal(facts, word.name, &there) && there;
}

static result_t *trusted_landed(facts_t *facts)
{
    const trusted_login_t *login = login_here(facts);
    trusted_word_t word;
    if (trusted_is_led(facts->r, login) || is_no_page(facts->r))
        return trusted_failed_beside(
            facts, login, trusted_unasked(facts, "nobody opens it as a page, by a way of ours"));
    result_t *refusal = is_awaited(facts, login);
    if (refusal && refusal->status == HTTP_FORBIDDEN && is_in_already(facts, login)) {
        answer_see_other(facts->r, facts->site->after_login);
        return NULL;
    }
    if (!refusal)
        refusal = trusted_hear(facts, login, &word);
    if (!refusal)
        refusal = prelogin_is_linking(&facts->prelogin) ? trusted_link(facts, login, &word)
                                                        : sign_in_by_word(facts, login, &word);
    return refusal ? trusted_failed(facts, login, refusal) : NULL;
}

/* The place is open, or somebody else than the module that was named guards it: the administrator's
 * to mend. */
static result_t *trusted_unguarded(facts_t *facts)
{
    static apr_time_t told;
    const trusted_login_t *login = login_here(facts);
    if (log_may_say(&told))
        log_warn(facts->caller.log, "MPIN0904",
                 "%s was reached without an AuthType %s that has let somebody in: nobody is signed "
                 "in there; see that its <Location> has it and Require valid-user, and that "
                 "nothing leads there inside",
                 login->set->location, login->set->type);
    return trusted_failed(facts, login,
                          result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_unguarded",
                                       "nobody has said who this is"));
}

/* ---- the hook ---- */

static const route_t landing = {"GET", PATH_LOGIN,  "/with", AUDIENCE_PUBLIC, BODY_NONE,
                                0,     ANSWER_PAGE, 0,       trusted_landed};
static const route_t unguarded = {"GET", PATH_LOGIN,  "/with", AUDIENCE_PUBLIC,  BODY_NONE,
                                  0,     ANSWER_PAGE, 0,       trusted_unguarded};

/* Would somebody whom nobody has let in be asked here? httpd answers that before a request becomes
 * ours only, as all of ours are open. Modules that say who somebody is as early as in access_checker
 * (mod_auth_mellon) would say so again: so that hook, which has had its say, is only asked where it may
 * be enough (Satisfy Any). */
static bool asks_strangers(request_rec *r)
{
    if (ap_satisfies(r) != SATISFY_ANY)
        return request_needs_user(r);
    char *user = r->user, *type = r->ap_auth_type;
    r->user = NULL;
    const bool asks = ap_some_authn_required(r);
    r->user = user;
    r->ap_auth_type = type;
    return asks;
}

static bool is_guarded(request_rec *r, const trusted_login_t *login)
{
    return !r->prev && r->user && *r->user && r->ap_auth_type &&
           strcasecmp(r->ap_auth_type, login->set->type) == 0 && asks_strangers(r);
}

int login_trusted_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, HANDLER) != 0)
        return DECLINED;
    request_t *request = request_of(r);
    const trusted_login_t *login =
        request ? trusted_login_at(request->site->trusted, r->uri) : NULL;
    if (!login) /* what lies below is the other module's own, as a callback */
        return DECLINED;
    if (r->main)
        return HTTP_FORBIDDEN;
    if (r->method_number != M_GET || r->header_only) {
        apr_table_setn(r->err_headers_out, "Allow", "GET");
        return HTTP_METHOD_NOT_ALLOWED;
    }
    request->route = is_guarded(r, login) ? &landing : &unguarded;
    request->claimed = r;
    request->rest = "";
    return route_answer(r);
}
