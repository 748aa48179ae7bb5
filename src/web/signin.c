/* SPDX-License-Identifier: Apache-2.0 */
#include "web/signin.h"
#include "factor/browser.h"
#include "factor/shown_device.h"
#include "phone/browser_name.h"
#include "session/signed_in.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/provided.h"
#include "web/remembered.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <string.h>

#define GRACE 10 /* seconds for requests that are under way with the old id at a step-up */

static apr_time_t expiry_of(const session_t *session)
{
    return apr_time_from_sec((apr_time_t)session->expires);
}

store_status_t signin_end_family(const site_t *site, const session_t *session, apr_time_t now)
{
    return revocations_add(site->revocations, REVOKE_FAMILY, session->family, 0, now,
                           expiry_of(session));
}

/* The new session takes the place of the one that the browser has. Of the same user it is a
 * step-up: it keeps the family, which one sign-out ends; the old id is honoured a moment more at
 * its old level. Anybody else's session ends. */
static store_status_t take_place(const facts_t *facts, const session_t *old, session_t *session)
{
    const site_t *site = facts->site;
    const apr_time_t now = facts->caller.now;

    if (memcmp(old->uid, session->uid, sizeof(old->uid)) != 0) {
        log_debug(facts->caller.log, "MPIN0723", "%s was signed in here: that session ends",
                  name_masked(old->name, facts->r->pool));
        memset(session->family, 0, sizeof(session->family));
        return signin_end_family(site, old, now);
    }
    log_debug(facts->caller.log, "MPIN0724", "%s was signed in already: the session steps up",
              name_masked(old->name, facts->r->pool));
    memcpy(session->family, old->family, sizeof(session->family));
    session->started = old->started;
    return revocations_add(site->revocations, REVOKE_SESSION, old->id,
                           (uint32_t)apr_time_sec(now) + GRACE, now, expiry_of(old));
}

/* The device in this browser; a phone's is elsewhere. */
static const unsigned char *device_of(const proven_t *proven)
{
    return proven->amr & AMR_PHONE ? NULL : proven->identity;
}

/* Where the user had a second step before this device came, its PIN is one factor only, until that
 * step has been shown on it. */
static store_status_t weigh_device(const facts_t *facts, const proven_t *proven, session_t *session)
{
    bool shown = true;
    if (proven->factor != FACTOR_PIN || !proven->identity)
        return STORE_OK;
    const device_t device = {proven->user->uid, proven->identity, proven->identity_made};
    const store_status_t status =
        device_is_shown(facts->site->factors, &device, &shown, facts->r->pool);
    if (status == STORE_OK && !shown) {
        session->amr &= ~(uint32_t)AMR_MFA;
        log_debug(facts->caller.log, "MPIN0852",
                  "a PIN of %s on a device that came after the second step, which was not shown on "
                  "it yet: it is one factor",
                  name_masked(session->name, facts->r->pool));
    }
    return status;
}

/* What a browser that is remembered adds to a first factor: no word of amr. */
static void add_remembered(const facts_t *facts, const proven_t *proven, session_t *session)
{
    own_factor_t browser;
    if (!(FACTOR_BIT(proven->factor) & FACTORS_FIRST) ||
        !remembered_here(facts, proven->user, &browser))
        return;
    session_add(session, browser_proves(&browser), 0, facts->caller.now);
    browser_note_use(facts->site->factors, &browser, session->family, facts->caller.now,
                     facts->r->pool);
}

/* Sessions are listed for the person to look at (/account), and for nothing else: what the store
 * does not take is not listed, and no sign-in fails for it. */
static void list_further(const facts_t *facts, const session_t *session)
{
    apr_pool_t *p = facts->r->pool;
    signed_in_renew(facts->site->store, session, browser_name(facts->caller.user_agent, p),
                    facts->caller.address, p);
}

static void list_new(const facts_t *facts, const session_t *session)
{
    apr_pool_t *p = facts->r->pool;
    signed_in_note(facts->site->store, session, browser_name(facts->caller.user_agent, p),
                   facts->caller.address, p);
}

/* Makes the session and sends its cookies. NULL, or the refusal. */
static result_t *seal_session(facts_t *facts, const proven_t *proven)
{
    request_rec *r = facts->r;
    request_t *request = facts->request;
    const site_t *site = facts->site;
    const apr_time_t now = facts->caller.now;
    /* Judged anew: who was asked for the proof may have waited, while the session was ended. */
    const session_t *old = request_session_at(r, apr_time_now());
    session_t session = proven_session(proven);

    memcpy(session.family, request->next_family, sizeof(session.family));
    session.started = (uint32_t)apr_time_sec(now);
    store_status_t status = weigh_device(facts, proven, &session);
    if (status == STORE_OK && old)
        status = take_place(facts, old, &session);
    if (status != STORE_OK)
        return store_refusal(status, r->pool);
    session_start(site->sessions, &session, proven->factor, now);
    session_date(&session, proven->factor, proven->at);
    session_add_beside(&session, proven->steps, proven->factor);
    if (old)
        session_step_up(site->sessions, &session, old);
    add_remembered(facts, proven, &session);
    const char *value = session_seal(site->sessions, &session, now, r->pool);
    if (!value)
        return result_no_randomness(r->pool);

    request_set_cookie(r, site->session_cookie, value, 0);
    request_remember(r, session.name, device_of(proven), now);
    if (old && memcmp(old->family, session.family, sizeof old->family) == 0)
        list_further(facts, &session);
    else
        list_new(facts, &session);
    request->session = session;
    request->session_status = SESSION_OK;
    return NULL;
}

result_t *signin_again(facts_t *facts, const proven_t *proven)
{
    request_rec *r = facts->r;
    const site_t *site = facts->site;
    session_t session = *facts->caller.session;
    const store_status_t status = take_place(facts, facts->caller.session, &session);
    if (status != STORE_OK)
        return store_refusal(status, r->pool);
    session.version = proven->user->version;
    session_rename(&session);
    if (proven->amr)
        session_add(&session, proven->factor, proven->amr, facts->caller.now);
    const char *value = session_seal(site->sessions, &session, facts->caller.now, r->pool);
    if (!value)
        return result_no_randomness(r->pool);
    request_set_cookie(r, site->session_cookie, value, 0);
    facts->request->session = session;
    facts->request->session_status = SESSION_OK;
    list_further(facts, &session);
    return NULL;
}

static void record_signin(facts_t *facts, const proven_t *proven, const char *step)
{
    apr_pool_t *p = facts->r->pool;
    result_t *done = result_ok(p, NULL);
    done->event = proven->event;
    done->user = facts->request->session.name;
    done->identity = proven->identity ? people_label(proven->identity, p) : NULL;
    answer_audit(facts->r, done);
    log_debug(facts->caller.log, "MPIN0722", "%s is signed in (%s), with amr %s, and goes on %s",
              name_masked(done->user, p), proven->event,
              session_amr_text(facts->request->session.amr, p),
              step ? "to one more step" : "to the place that was asked for");
}

const char *signin_place(const site_t *site, const char *named, apr_pool_t *p)
{
    const char *path = return_to_path(named, p);
    return path ? path : return_to_url(named, &site->url, &site->return_hosts, p);
}

const char *signin_offer(const site_t *site, const char *target, apr_pool_t *p)
{
    return apr_pstrcat(p, site->paths[PATH_LOGIN], "?offer=1", target ? "&return=" : "",
                       target ? return_to_escape(target, p) : "", NULL);
}

#define OFFERED_AFTER (FACTOR_BIT(FACTOR_PASSWORD) | FACTOR_BIT(FACTOR_TRUSTED))

/* Could a PIN on this device be set up, or a passkey? */
static bool has_offer(const site_t *site)
{
    const bool pin =
        (site->methods & FACTOR_BIT(FACTOR_PIN)) && site->rps_settings.register_signed_in;
    return pin || (site->passkeys.id && site->paths[PATH_ACCOUNT]);
}

/* One more step before the target, at a page of ours: who came by password or by a trusted login is
 * asked whether a PIN on this device, or a passkey, shall make the next login easier. NULL: none. */
static const char *step_of(const facts_t *facts, const proven_t *proven)
{
    const site_t *site = facts->site;
    return (FACTOR_BIT(proven->factor) & OFFERED_AFTER) && has_offer(site)
               ? signin_offer(site, proven->target, facts->r->pool)
               : NULL;
}

/* What every sign-in needs, whatever was proven. NULL, or the refusal. */
static result_t *signin_admit(facts_t *facts, const proven_t *proven)
{
    apr_pool_t *p = facts->r->pool;
    user_t user = *proven->user;
    proven_t now_proven = *proven;
    now_proven.user = &user;
    result_t *refusal = proven_refusal(proven, p);
    if (refusal)
        return refusal;
    const store_status_t status =
        proven->of_name ? people_name_proven(facts->site->people, &user, facts->caller.now, p)
                        : STORE_OK;
    return status == STORE_OK ? seal_session(facts, &now_proven) : store_refusal(status, p);
}

/* The way to this login is over, and no request shall carry its cookie. A PIN that was set up in front
 * of another RPS has just been used; our own tells when it is there, and another name's may wait. */
static void end_prelogin(facts_t *facts, const proven_t *proven)
{
    facts->prelogin.said = SAID_NOTHING;
    if (facts->site->remote && proven->factor == FACTOR_PIN)
        facts->prelogin.registering = false;
    request_end_prelogin(facts->r, &facts->prelogin, facts->caller.now);
}

signin_t signin(facts_t *facts, const proven_t *proof)
{
    proven_t whole = *proof, *proven = &whole;
    signin_t in = {.refusal = provided_weigh(facts, &whole, &in.location)};
    if (!in.refusal && !in.location)
        in.refusal = signin_admit(facts, proven);
    if (in.refusal || in.location)
        return in;
    in.session = &facts->request->session;
    end_prelogin(facts, proven);
    in.location = step_of(facts, proven);
    record_signin(facts, proven, in.location);
    if (!in.location)
        in.location = proven->target ? proven->target : facts->site->after_login;
    return in;
}

result_t *signin_end(request_rec *r, apr_time_t now)
{
    request_t *request = request_of(r);
    const session_t *session = request_session(r);
    const store_status_t status =
        session ? signin_end_family(request->site, session, now) : STORE_OK;

    if (status != STORE_OK)
        return store_refusal(status, r->pool);
    if (session)
        signed_in_drop(request->site->store, session, r->pool);
    request_set_cookie(r, request->site->session_cookie, NULL, 0);
    request->session_status = SESSION_NONE;
    return NULL;
}
