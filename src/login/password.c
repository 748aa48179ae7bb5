/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in by password: the form of the login page. */
#include "login/login_form.h"
#include "login/login.h"

#include <apr_md5.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "people/misses.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/directory.h"
#include "web/knows.h"
#include "web/providers.h"
#include "web/signin.h"

#define PASSWORD_MAX 1024 /* bytes; bcrypt looks at 72 */

/* How long a known user's password took to check, in microseconds, on each site: learned, kept in
 * the fleeting store so that all children know it. */
#define COST_KEY "password-cost"
#define COST_LIFE apr_time_from_sec(30L * 24 * 3600)

/* A check that took longer waited for somebody, or the clock was set meanwhile. */
#define COST_MAX apr_time_from_sec(2)

/* bcrypt, cost 4: about a millisecond. */
#define DUMMY_HASH "$2y$04$abcdefghijklmnopqrstuuM0e6pHqS6PpQ1yVCXoPXD0n0VCjzUCe"

static apr_interval_time_t cost_learned(const site_t *site, apr_pool_t *p)
{
    store_record_t record;
    apr_interval_time_t cost;
    if (store_get(site->store, STORE_FLEETING, COST_KEY, p, &record) != STORE_OK ||
        record.len != sizeof(cost))
        return 0;
    memcpy(&cost, record.data, sizeof(cost));
    return cost;
}

/* Written only when it has changed by more than a quarter, so that logins do not all write. */
static void cost_learn(const site_t *site, apr_interval_time_t cost, apr_pool_t *p)
{
    const apr_interval_time_t learned = cost_learned(site, p);
    if (cost < 0 || cost > COST_MAX)
        return;
    if (cost > learned + learned / 4 || cost < learned - learned / 4)
        store_put(site->store, STORE_FLEETING, COST_KEY, &cost, sizeof(cost),
                  apr_time_now() + COST_LIFE);
}

/* An unknown user takes as long as a known one. The time is slept away: computing instead would
 * make known users slower, that would be learned, and the computing would take ever longer. */
static void password_burn(const site_t *site, const char *password, apr_time_t began, apr_pool_t *p)
{
    apr_password_validate(password, DUMMY_HASH);
    const apr_interval_time_t left = cost_learned(site, p) - (apr_time_now() - began);
    if (left > 0 && left <= COST_MAX)
        apr_sleep(left);
}

typedef struct password_try_t {
    const char *name; /* canonical */
    const char *typed;
    way_t way;
} password_try_t;

/* What the providers say; IN_CAPITALS: the password is right, of a name that nobody can have here.
 */
typedef enum {
    PASSWORD_WRONG,
    PASSWORD_RIGHT,
    PASSWORD_IN_CAPITALS,
    PASSWORD_UNJUDGED
} password_word_t;

/* What the one that let in calls the user is their name, as with AuthType Basic; unless it is no
 * name of ours, which only the administrator can mend. */
static password_word_t password_named(facts_t *facts, const password_provider_t *provider,
                                      const char *called, const char **name)
{
    const char *mine = name_of_site(facts->site->rps_settings.names, called, facts->r->pool);
    if (!mine && log_may_say(provider->told))
        log_error(facts->caller.log, "MPIN0541",
                  "the password provider %s calls a user by what is no name here (no spaces and "
                  "none of , ; : \" \\ < > { }): nobody is signed in by it; name another attribute",
                  provider->name);
    if (!mine)
        return PASSWORD_UNJUDGED;
    if (strcmp(mine, *name) != 0)
        log_debug(facts->caller.log, "MPIN0542", "the password provider %s calls %s by the name %s",
                  provider->name, name_masked(*name, facts->r->pool),
                  name_masked(mine, facts->r->pool));
    *name = mine;
    return PASSWORD_RIGHT;
}

static const char *password_said(authn_status status)
{
    return status == AUTH_GRANTED          ? "the password is right"
           : status == AUTH_DENIED         ? "the password is wrong"
           : status == AUTH_USER_NOT_FOUND ? "none knows the name"
                                           : "one is in trouble";
}

/* Asks httpd's authn providers in order, as mod_auth_basic does. `*asked` is the last one. */
static authn_status password_ask_each(facts_t *facts, const char *name, const char *password,
                                      const password_provider_t **asked, const char **called)
{
    const apr_array_header_t *providers = facts->site->providers;
    authn_status status = AUTH_USER_NOT_FOUND;
    for (int i = 0; i < providers->nelts && status == AUTH_USER_NOT_FOUND; i++) {
        *asked = &APR_ARRAY_IDX(providers, i, password_provider_t);
        status = providers_check(facts->r, *asked, name, password, called);
    }
    return status;
}

/* Small letters are tried first; a name that is known by its capitals only leaves `*asked_for` at
 * what was typed. An unknown user takes the time that a known one takes. */
static authn_status password_ask(facts_t *facts, const password_try_t *attempt,
                                 const char *password, const password_provider_t **asked,
                                 const char **called, const char **asked_for)
{
    const site_t *site = facts->site;
    const apr_time_t began = apr_time_now();
    *asked_for = attempt->name;
    authn_status status = password_ask_each(facts, *asked_for, password, asked, called);
    if (status == AUTH_USER_NOT_FOUND && strcmp(attempt->typed, attempt->name) != 0 &&
        strcasecmp(attempt->typed, attempt->name) == 0) {
        *asked_for = attempt->typed;
        status = password_ask_each(facts, *asked_for, password, asked, called);
    }
    log_debug(facts->caller.log, "MPIN0733", "the password providers (%d) were asked: %s",
              site->providers->nelts, password_said(status));
    if (status == AUTH_GRANTED || status == AUTH_DENIED)
        cost_learn(site, apr_time_now() - began, facts->r->pool);
    else if (status == AUTH_USER_NOT_FOUND)
        password_burn(site, password, began, facts->r->pool);
    return status;
}

/* A directory that says no to everybody, since it can't search; NULL: there is none. Asked whoever
 * was said no to, so that the time tells nobody which names are known. */
static const password_provider_t *directory_in_trouble(const facts_t *facts)
{
    for (int i = 0; i < facts->site->providers->nelts; i++) {
        const password_provider_t *provider =
            &APR_ARRAY_IDX(facts->site->providers, i, password_provider_t);
        request_rec scratch = *facts->r;
        if (provider->kind->manner == PROVIDER_SEARCHES && !directory_answers(&scratch, provider))
            return provider;
    }
    return NULL;
}

static password_word_t password_in_capitals(const facts_t *facts, const char *typed,
                                            const password_provider_t *provider)
{
    if (log_may_say(provider->told))
        log_error(facts->caller.log, "MPIN0547",
                  "the password provider %s knows %s by capitals only, which this name does not "
                  "have here: nobody is signed in by it; write it in small letters there",
                  provider->name, typed);
    return PASSWORD_IN_CAPITALS;
}

/* `*name` becomes what the provider calls the user. */
static password_word_t password_judge(facts_t *facts, const password_try_t *attempt,
                                      const char *password, const char **name)
{
    const password_provider_t *provider = NULL;
    const char *called = NULL, *asked_for;
    const authn_status status =
        password_ask(facts, attempt, password, &provider, &called, &asked_for);

    *name = attempt->name;
    if (status == AUTH_GRANTED && asked_for != attempt->name)
        return password_in_capitals(facts, attempt->typed, provider);
    if (status == AUTH_GRANTED)
        return password_named(facts, provider, called, name);
    if (status == AUTH_DENIED || status == AUTH_USER_NOT_FOUND)
        provider = directory_in_trouble(facts);
    if (!provider)
        return PASSWORD_WRONG;
    providers_complain(facts->caller.log, provider);
    return PASSWORD_UNJUDGED;
}

/* ---- the form ---- */

/* The login page again, with what was typed but the password. */
static result_t *password_show_again(facts_t *facts, const password_try_t *attempt, int status,
                                     const char *what, const char *value)
{
    page_values_t page = page_begin(facts->r, facts->site);
    form_show(&page, &facts->prelogin, &attempt->way);
    page_set(&page, "username", attempt->typed);
    page_set(&page, what, value);
    page_answer(&page, status, "login");
    return NULL;
}

static void password_record(facts_t *facts, int status, const char *event, const char *name)
{
    result_t *result = result_ok(facts->r->pool, NULL);
    result->status = status;
    result->event = event;
    result->user = name;
    answer_audit(facts->r, result);
}

static result_t *password_wrong(facts_t *facts, const password_try_t *attempt)
{
    password_record(facts, HTTP_UNAUTHORIZED, "password_wrong", attempt->name);
    return password_show_again(facts, attempt, HTTP_UNAUTHORIZED, "wrong", "1");
}

/* A text that is no name here belongs to nobody: to say so tells nothing about who is known. */
static result_t *password_no_name(facts_t *facts, const password_try_t *attempt)
{
    const char *foreign =
        name_foreign(facts->site->rps_settings.names, attempt->typed, facts->r->pool);
    password_record(facts, HTTP_UNAUTHORIZED, "password_wrong", NULL);
    return foreign ? password_show_again(facts, attempt, HTTP_UNAUTHORIZED, "foreign", foreign)
                   : password_show_again(facts, attempt, HTTP_UNAUTHORIZED, "wrong", "1");
}

/* The first capital is what their name does not have here; only who knows the password is told. */
static result_t *password_told_of_capitals(facts_t *facts, const password_try_t *attempt)
{
    apr_size_t at = 0;
    while (attempt->typed[at] == attempt->name[at])
        at++;
    password_record(facts, HTTP_UNAUTHORIZED, "password_not_checked", attempt->name);
    return password_show_again(facts, attempt, HTTP_UNAUTHORIZED, "foreign",
                               apr_pstrmemdup(facts->r->pool, attempt->typed + at, 1));
}

/* Our trouble, not theirs: it counts for nothing, and the page keeps the other ways. */
static result_t *password_unjudged(facts_t *facts, const password_try_t *attempt)
{
    password_record(facts, HTTP_SERVICE_UNAVAILABLE, "password_not_checked", attempt->name);
    apr_table_setn(facts->r->err_headers_out, "Retry-After", "30");
    return password_show_again(facts, attempt, HTTP_SERVICE_UNAVAILABLE, "trouble", "1");
}

/* A provider has answered by itself: mod_authnz_pam leads people whose password is too old to where
 * they change it. Nothing of ours comes behind that. */
static result_t *password_answered(facts_t *facts, const password_try_t *attempt)
{
    password_record(facts, facts->r->status, "password_elsewhere", attempt->name);
    return NULL;
}

static result_t *password_throttled(facts_t *facts, const password_try_t *attempt, int wait)
{
    const char *seconds = apr_itoa(facts->r->pool, wait);
    password_record(facts, HTTP_TOO_MANY_REQUESTS, "throttled", attempt->name);
    apr_table_setn(facts->r->err_headers_out, "Retry-After", seconds);
    return password_show_again(facts, attempt, HTTP_TOO_MANY_REQUESTS, "throttled", seconds);
}

static result_t *password_stale(facts_t *facts, const password_try_t *attempt)
{
    log_debug(facts->caller.log, "MPIN0734", "the form is not one of this browser's: %s",
              facts->prelogin_fresh ? "its pre-login cookie opens no more"
                                    : "its token is another browser's");
    if (!request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);
    return password_show_again(facts, attempt, HTTP_FORBIDDEN, "expired", "1");
}

/* The page that has the form set one. */
static result_t *password_without_cookie(facts_t *facts, const password_try_t *attempt)
{
    log_debug(facts->caller.log, "MPIN0732", "the pre-login cookie did not come back");
    facts->request->again = way_location(facts->r, &attempt->way);
    request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    return result_error(facts->r->pool, HTTP_BAD_REQUEST, "cookies_off",
                        "the cookie that /login sets did not come back");
}

/* The name is proven: it becomes a user, and the browser gets a session. */
static result_t *password_right(facts_t *facts, const password_try_t *attempt, const char *name)
{
    const site_t *site = facts->site;
    request_rec *r = facts->r;
    user_t user;

    const store_status_t status =
        people_claim(site->people, name, facts->caller.now, &user, r->pool);
    if (status == STORE_EXISTS) /* a deleted user's, and not free yet */
        return result_error(r->pool, HTTP_FORBIDDEN, "user_disabled",
                            "this account may not sign in");
    if (status != STORE_OK)
        return store_refusal(status, r->pool);
    const proven_t proven = {.user = &user,
                             .factor = FACTOR_PASSWORD,
                             .amr = AMR_PWD,
                             .provider = "local",
                             .of_name = true,
                             .event = "login_password",
                             .target = attempt->way.target};
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
    knows_learn(r, user.name);
    answer_see_other(r, in.location);
    return NULL;
}

/* One failure is reserved before the password is looked at and given back after a right one, so
 * that guesses in parallel cannot outrun the limit. */
static result_t *try_password(facts_t *facts, const password_try_t *attempt, const char *password)
{
    const caller_t *who = &facts->caller;
    int wait;

    const store_status_t status = throttle_reserve(&facts->site->throttle, who, attempt->name,
                                                   attempt->name, &wait, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    if (wait)
        return password_throttled(facts, attempt, wait);
    const char *name;
    const password_word_t word = password_judge(facts, attempt, password, &name);
    if (word == PASSWORD_WRONG && !facts->r->eos_sent) {
        people_note_miss_of(facts->site->people, attempt->name, MISS_PASSWORD, who->now,
                            facts->r->pool);
        return password_wrong(facts, attempt);
    }
    throttle_release(&facts->site->throttle, who, attempt->name, attempt->name, facts->r->pool);
    if (facts->r->eos_sent)
        return password_answered(facts, attempt);
    if (word == PASSWORD_IN_CAPITALS)
        return password_told_of_capitals(facts, attempt);
    return word == PASSWORD_RIGHT ? password_right(facts, attempt, name)
                                  : password_unjudged(facts, attempt);
}

/* POST /login */
result_t *login_password(facts_t *facts)
{
    const char *typed = apr_table_get(facts->form, "username");
    const char *password = apr_table_get(facts->form, "password");
    const password_try_t attempt = {
        typed ? name_of_site(facts->site->rps_settings.names, typed, facts->r->pool) : NULL,
        typed ? typed : "", way_of_form(facts)};

    if (!(facts->site->methods & FACTOR_BIT(FACTOR_PASSWORD)))
        return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                            "there is no password login here");
    /* A browser that has signed in by another tab meanwhile has none any more, signed out or not. */
    if (!facts->request->prelogin_cookie.text && !request_was_here(facts->request))
        return password_without_cookie(facts, &attempt);
    if (!form_is_ours(facts, "login"))
        return password_stale(facts, &attempt);
    if (!attempt.name)
        return password_no_name(facts, &attempt);
    if (!password || strlen(password) > PASSWORD_MAX)
        return password_wrong(facts, &attempt);
    return try_password(facts, &attempt, password);
}
