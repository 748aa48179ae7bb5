/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in by password: the form of the login page. */
#include "login/login_form.h"
#include "login/login.h"

#include <apr_md5.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "store/refusal.h"
#include "web/answer.h"
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

static authn_status password_ask(request_rec *r, const password_provider_t *provider,
                                 const char *user, const char *password)
{
    apr_table_setn(r->notes, AUTHN_PROVIDER_NAME_NOTE, provider->name);
    const authn_status status = provider->provider->check_password(r, user, password);
    apr_table_unset(r->notes, AUTHN_PROVIDER_NAME_NOTE);
    return status;
}

/* Asks httpd's authn providers in order, as mod_auth_basic does. False for a wrong password, an
 * unknown user and a provider in trouble alike; an unknown user takes the time that a known one
 * takes. */
static bool password_ok(const facts_t *facts, const char *user, const char *password)
{
    request_rec *r = facts->r;
    const site_t *site = facts->site;
    const apr_time_t began = apr_time_now();
    authn_status status = AUTH_USER_NOT_FOUND;

    for (int i = 0; i < site->providers->nelts && status == AUTH_USER_NOT_FOUND; i++)
        status = password_ask(r, &APR_ARRAY_IDX(site->providers, i, password_provider_t), user,
                              password);

    log_debug(facts->caller.log, "MPIN0733", "the password providers (%d) were asked: %s",
              site->providers->nelts,
              status == AUTH_GRANTED          ? "the password is right"
              : status == AUTH_DENIED         ? "the password is wrong"
              : status == AUTH_USER_NOT_FOUND ? "none knows the name"
                                              : "one is in trouble");
    if (status == AUTH_GRANTED || status == AUTH_DENIED)
        cost_learn(site, apr_time_now() - began, r->pool);
    else if (status == AUTH_USER_NOT_FOUND)
        password_burn(site, password, began, r->pool);
    else
        log_error(&site->log, "MPIN0510",
                  "a password provider failed: nobody is signed in by password; see the "
                  "provider's own lines above");
    return status == AUTH_GRANTED;
}

/* ---- the form ---- */

typedef struct password_try_t {
    const char *name; /* canonical, NULL when what was typed is no name */
    const char *typed;
    const prelogin_entry_t *entry;
} password_try_t;

/* The login page again, with what was typed but the password. */
static result_t *password_show_again(facts_t *facts, const password_try_t *attempt, int status,
                                     const char *what, const char *value)
{
    page_values_t page = page_begin(facts->r, facts->site);
    form_show(&page, &facts->prelogin, attempt->entry);
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

static result_t *password_throttled(facts_t *facts, const password_try_t *attempt, int wait)
{
    const char *seconds = apr_itoa(facts->r->pool, wait);
    password_record(facts, HTTP_TOO_MANY_REQUESTS, "throttled", attempt->name);
    apr_table_setn(facts->r->err_headers_out, "Retry-After", seconds);
    return password_show_again(facts, attempt, HTTP_TOO_MANY_REQUESTS, "throttled", seconds);
}

static result_t *password_stale(facts_t *facts, const password_try_t *attempt)
{
    if (!request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);
    return password_show_again(facts, attempt, HTTP_FORBIDDEN, "expired", "1");
}

/* The name is proven: it becomes a user, and the browser gets a session. */
static result_t *password_right(facts_t *facts, const password_try_t *attempt)
{
    const site_t *site = facts->site;
    request_rec *r = facts->r;
    user_t user;

    const store_status_t status =
        people_claim(site->people, attempt->name, facts->caller.now, &user, r->pool);
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
                             .entry = attempt->entry};
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
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
    /* The providers are asked for a text that is no name, too: nothing shall tell it from an
     * unknown one. */
    if (!password_ok(facts, attempt->name ? attempt->name : "", password) || !attempt->name)
        return password_wrong(facts, attempt);
    throttle_release(&facts->site->throttle, who, attempt->name, attempt->name, facts->r->pool);
    return password_right(facts, attempt);
}

/* POST /login */
result_t *login_password(facts_t *facts)
{
    const char *typed = apr_table_get(facts->form, "username");
    const char *password = apr_table_get(facts->form, "password");
    const char *nonce = apr_table_get(facts->form, "s");
    const password_try_t attempt = {typed ? name_canonical(typed, facts->r->pool) : NULL,
                                    typed ? typed : "",
                                    nonce ? prelogin_find(&facts->prelogin, nonce) : NULL};

    if (!(facts->site->methods & FACTOR_BIT(FACTOR_PASSWORD)))
        return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                            "there is no password login here");
    const bool stale = facts->prelogin_fresh || !form_token_ok(facts, facts->prelogin.id, "login");
    if (stale)
        log_debug(facts->caller.log, "MPIN0734", "the form is not one of this browser's: %s",
                  facts->prelogin_fresh ? "no pre-login cookie came that opens"
                                        : "its token is another browser's");
    if (stale)
        return password_stale(facts, &attempt);
    if (!password || strlen(password) > PASSWORD_MAX)
        return password_wrong(facts, &attempt);
    return try_password(facts, &attempt, password);
}
