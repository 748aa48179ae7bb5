#include "login/login_form.h"
#include "login/login.h"

#include <apr_md5.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "store/refusal.h"

#define PASSWORD_MAX 1024 /* bytes; bcrypt looks at 72 */

/* How long a known user's password took to check, in microseconds, on each site: learned, kept in
 * the fleeting store so that all children know it. */
#define COST_KEY "password-cost"
#define COST_LIFE apr_time_from_sec(30L * 24 * 3600)

/* What took longer was waiting for somebody, or a clock that was set. */
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

/* An unknown user takes as long as a known one. The time is slept away: who computed instead would
 * make known users slower, learn that, and so compute ever longer. */
static void burn(const site_t *site, const char *password, apr_time_t began, apr_pool_t *p)
{
    apr_password_validate(password, DUMMY_HASH);
    const apr_interval_time_t left = cost_learned(site, p) - (apr_time_now() - began);
    if (left > 0 && left <= COST_MAX)
        apr_sleep(left);
}

static authn_status ask(request_rec *r, const password_provider_t *provider, const char *user,
                        const char *password)
{
    apr_table_setn(r->notes, AUTHN_PROVIDER_NAME_NOTE, provider->name);
    const authn_status status = provider->provider->check_password(r, user, password);
    apr_table_unset(r->notes, AUTHN_PROVIDER_NAME_NOTE);
    return status;
}

/* Asks httpd's authn providers in order, as mod_auth_basic does. False for a wrong password, an
 * unknown user and a provider in trouble alike; an unknown user takes the time that a known one
 * takes. */
static bool password_ok(request_rec *r, const site_t *site, const char *user, const char *password)
{
    const apr_time_t began = apr_time_now();
    authn_status status = AUTH_USER_NOT_FOUND;

    for (int i = 0; i < site->providers->nelts && status == AUTH_USER_NOT_FOUND; i++)
        status = ask(r, &APR_ARRAY_IDX(site->providers, i, password_provider_t), user, password);

    if (status == AUTH_GRANTED || status == AUTH_DENIED)
        cost_learn(site, apr_time_now() - began, r->pool);
    else if (status == AUTH_USER_NOT_FOUND)
        burn(site, password, began, r->pool);
    else
        log_error(&site->log, "MPIN0510",
                  "a password provider failed: nobody is signed in by password; see the "
                  "provider's own lines above");
    return status == AUTH_GRANTED;
}

/* ---- the form ---- */

typedef struct attempt_t {
    const char *name; /* canonical, NULL when what was typed is no name */
    const char *typed;
    const prelogin_entry_t *entry;
} attempt_t;

/* The login page again, with what was typed but the password. */
static result_t *show_again(facts_t *facts, const attempt_t *attempt, int status, const char *what,
                            const char *value)
{
    page_values_t page = page_begin(facts->r, facts->site);
    form_show(&page, &facts->prelogin, attempt->entry);
    page_set(&page, "username", attempt->typed);
    page_set(&page, what, value);
    page_answer(&page, status, "login");
    return NULL;
}

static void record(facts_t *facts, int status, const char *event, const char *name)
{
    result_t *result = result_ok(facts->r->pool, NULL);
    result->status = status;
    result->event = event;
    result->user = name;
    answer_audit(facts->r, result);
}

static result_t *wrong(facts_t *facts, const attempt_t *attempt)
{
    record(facts, HTTP_UNAUTHORIZED, "password_wrong", attempt->name);
    return show_again(facts, attempt, HTTP_UNAUTHORIZED, "wrong", "1");
}

static result_t *throttled(facts_t *facts, const attempt_t *attempt, int wait)
{
    const char *seconds = apr_itoa(facts->r->pool, wait);
    record(facts, HTTP_TOO_MANY_REQUESTS, "throttled", attempt->name);
    apr_table_setn(facts->r->err_headers_out, "Retry-After", seconds);
    return show_again(facts, attempt, HTTP_TOO_MANY_REQUESTS, "throttled", seconds);
}

static result_t *stale(facts_t *facts, const attempt_t *attempt)
{
    if (!form_keep_prelogin(facts->r, &facts->prelogin))
        return result_error(facts->r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "no randomness to be had");
    return show_again(facts, attempt, HTTP_FORBIDDEN, "expired", "1");
}

/* The name is proven: it becomes a user, and the browser gets a session. */
static result_t *signed_in(facts_t *facts, const attempt_t *attempt)
{
    const site_t *site = facts->site;
    request_rec *r = facts->r;
    user_t user;

    const store_status_t status =
        people_claim(site->people, attempt->name, facts->caller.now, &user, r->pool);
    if (status != STORE_OK && status != STORE_EXISTS)
        return result_error(r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "the user could not be read");
    if (status == STORE_EXISTS || user.state != USER_ACTIVE)
        return result_error(r->pool, HTTP_FORBIDDEN, "user_disabled",
                            "this account may not sign in");

    if (people_name_proven(site->people, &user, facts->caller.now, r->pool) != STORE_OK)
        return result_error(r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "the user's devices could not be read");

    session_t session = {.version = user.version, .amr = AMR_PWD, .provider = "local"};
    memcpy(session.uid, user.uid, sizeof(session.uid));
    apr_cpystrn(session.name, user.name, sizeof(session.name));
    if (!request_sign_in(r, &session, FACTOR_PASSWORD, facts->caller.now))
        return result_error(r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "the session could not be made");

    record(facts, HTTP_OK, "login_password", user.name);
    const bool offer = (site->methods & METHOD_PIN) && site->rps_settings.register_signed_in;
    answer_see_other(r, offer ? apr_pstrcat(r->pool, site->paths[PATH_LOGIN], "?offer=1&s=",
                                            attempt->entry ? attempt->entry->nonce : "", NULL)
                              : login_target(site, attempt->entry));
    return NULL;
}

/* One failure is reserved before the password is looked at and given back after a right one, so
 * that guesses in parallel cannot outrun the limit. */
static result_t *try_password(facts_t *facts, const attempt_t *attempt, const char *password)
{
    const caller_t *who = &facts->caller;
    int wait;

    const store_status_t status = throttle_reserve(&facts->site->throttle, who, attempt->name,
                                                   attempt->name, &wait, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    if (wait)
        return throttled(facts, attempt, wait);
    /* What is no name is asked for all the same: nothing shall tell it from an unknown one. */
    if (!password_ok(facts->r, facts->site, attempt->name ? attempt->name : "", password) ||
        !attempt->name)
        return wrong(facts, attempt);
    throttle_release(&facts->site->throttle, who, attempt->name, attempt->name, facts->r->pool);
    return signed_in(facts, attempt);
}

/* POST /login */
result_t *login_password(facts_t *facts)
{
    const char *typed = apr_table_get(facts->form, "username");
    const char *password = apr_table_get(facts->form, "password");
    const char *nonce = apr_table_get(facts->form, "s");
    const attempt_t attempt = {typed ? name_canonical(typed, facts->r->pool) : NULL,
                               typed ? typed : "",
                               nonce ? prelogin_find(&facts->prelogin, nonce) : NULL};

    if (!(facts->site->methods & METHOD_PASSWORD))
        return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                            "there is no password login here");
    if (facts->prelogin_fresh || !form_token_ok(facts, facts->prelogin.id, "login"))
        return stale(facts, &attempt);
    if (!password || strlen(password) > PASSWORD_MAX)
        return wrong(facts, &attempt);
    return try_password(facts, &attempt, password);
}
