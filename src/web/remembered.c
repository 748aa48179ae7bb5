/* SPDX-License-Identifier: Apache-2.0 */
#include "web/remembered.h"

#include "factor/browser.h"
#include "phone/browser_name.h"
#include "store/refusal.h"

#include <apr_strings.h>
#include <string.h>

static bool read_cookie(const facts_t *facts, remember_t *remember)
{
    const cookie_value_t cookie = facts->request->remember_cookie;
    const remembers_t *remembers = facts->site->remembers;
    return cookie.text && remembers &&
           remember_open(remembers, cookie.text, cookie.len, facts->caller.now, remember);
}

static const char *why_it_counts_not(const remember_t *remember, const user_t *user,
                                     store_status_t status)
{
    return memcmp(remember->uid, user->uid, sizeof(remember->uid)) != 0 ? "it is another user's"
           : remember->version != user->version ? "what the user signs in with has changed since"
           : status == STORE_OK                 ? "its time is over"
                                                : "it was removed, or the store does not say";
}

bool remembered_here(const facts_t *facts, const user_t *user, own_factor_t *browser)
{
    remember_t remember;
    if (!read_cookie(facts, &remember))
        return false;
    const store_status_t status =
        factors_get(facts->site->factors, user->uid, remember.factor, browser, facts->r->pool);
    const bool here = status == STORE_OK &&
                      memcmp(remember.uid, user->uid, sizeof(remember.uid)) == 0 &&
                      remember.version == user->version &&
                      browser_counts(browser, user->version, facts->caller.now);
    log_debug(facts->caller.log, "MPIN0851", "%s has a browser that was remembered: %s",
              name_masked(user->name, facts->r->pool),
              here ? "it spares the second step" : why_it_counts_not(&remember, user, status));
    return here;
}

bool remembered_is_this(const facts_t *facts, const own_factor_t *browser)
{
    remember_t remember;
    return read_cookie(facts, &remember) &&
           memcmp(remember.uid, browser->uid, sizeof(remember.uid)) == 0 &&
           memcmp(remember.factor, browser->id, sizeof(remember.factor)) == 0;
}

/* What this browser was remembered by before gives way. */
static store_status_t drop_before(const facts_t *facts, const user_t *user)
{
    own_factor_t before = {.kind = KIND_BROWSER};
    remember_t remember;
    if (!read_cookie(facts, &remember) ||
        memcmp(remember.uid, user->uid, sizeof(remember.uid)) != 0)
        return STORE_OK;
    memcpy(before.uid, remember.uid, sizeof(before.uid));
    memcpy(before.id, remember.factor, sizeof(before.id));
    return factors_remove(facts->site->factors, &before, facts->r->pool);
}

result_t *remembered_add(facts_t *facts, const user_t *user, factor_t step)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const apr_time_t now = facts->caller.now;
    own_factor_t browser = {.kind = KIND_BROWSER};
    remember_t remember = {.version = user->version};
    const browser_t kept = {
        .version = user->version, .until = now + site->remember, .by_sms = step == FACTOR_SMS};
    memcpy(browser.uid, user->uid, sizeof(browser.uid));
    apr_cpystrn(browser.name, browser_name(facts->caller.user_agent, p), sizeof(browser.name));

    store_status_t status = drop_before(facts, user);
    if (status == STORE_OK)
        status = browser_add(site->factors, &browser, &kept, now, p);
    if (status == STORE_EXISTS) /* no room beside what signs the person in: it stays with that */
        return NULL;
    if (status != STORE_OK)
        return store_refusal(status, p);
    memcpy(remember.uid, browser.uid, sizeof(remember.uid));
    memcpy(remember.factor, browser.id, sizeof(remember.factor));
    const char *value = remember_seal(site->remembers, &remember, now, p);
    if (!value)
        return result_no_randomness(p);
    request_set_cookie(facts->r, site->remember_cookie, value, (long)apr_time_sec(site->remember));
    browser_note_use(site->factors, &browser, facts->request->session.family, now, p);
    return NULL;
}
