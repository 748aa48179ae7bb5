/* SPDX-License-Identifier: Apache-2.0 */
#include "web/provided.h"
#include "people/links.h"
#include "session/provider_session.h"
#include "site/sink.h"
#include "site/trusted_logins.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <string.h>

/* ---- a PIN or a passkey of somebody's whom a provider knows ---- */

static bool is_older(const site_t *site, const subject_t *subject, apr_time_t now)
{
    return site->trusted_max_age &&
           now - apr_time_from_sec((apr_time_t)subject->at) > site->trusted_max_age;
}

/* Whose word it is may be the very login by which they have just come, where it gave the account a
 * local name once (as-local), and is linked to it by now: it is not asked again for ever. */
static bool said_too_long_ago(const facts_t *facts, const subject_t *subject,
                              const proven_t *proven)
{
    const bool says_it_now =
        proven->factor == FACTOR_TRUSTED && !strcmp(proven->provider, subject->provider);
    return !says_it_now && is_older(facts->site, subject, facts->caller.now);
}

static const char *ask_again(const facts_t *facts, const trusted_login_t *login,
                             const proven_t *proven)
{
    apr_pool_t *p = facts->r->pool;
    return apr_pstrcat(p, facts->site->paths[PATH_LOGIN], "/with/", login->set->name,
                       proven->target ? "?return=" : "",
                       proven->target ? return_to_escape(proven->target, p) : "", NULL);
}

/* By one that is linked to somebody of another login's (people/links.h). */
static bool comes_by_link(const proven_t *proven)
{
    return proven->factor == FACTOR_TRUSTED && !proven->of_name;
}

/* A computer that a phone signs in shows no other page meanwhile. */
static result_t *ask_or_refuse(const facts_t *facts, const proven_t *proven,
                               const subject_t *subject, const char **location)
{
    const trusted_login_t *login = trusted_login_named(facts->site->trusted, subject->provider);
    log_debug(facts->caller.log, "MPIN0905",
              "%s comes by %s, and the trusted login %s has not said who it is for longer than "
              "MPinTrustedMaxAge: it is asked",
              name_masked(proven->user->name, facts->r->pool), proven->event, subject->provider);
    if (!login || (proven->amr & AMR_PHONE))
        return result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_too_old",
                            "sign in by the other login first; it was too long ago");
    *location = ask_again(facts, login, proven);
    return NULL;
}

result_t *provided_weigh(facts_t *facts, proven_t *proven, const char **location)
{
    subject_t subject;
    apr_pool_t *p = facts->r->pool;
    const bool by_own = proven->factor == FACTOR_PIN || proven->factor == FACTOR_PASSKEY;
    if (!facts->site->trusted || !(by_own || comes_by_link(proven)))
        return NULL;
    const store_status_t status =
        people_subject(facts->site->people, proven->user->uid, &subject, p);
    if (status == STORE_MISSING)
        return NULL;
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (said_too_long_ago(facts, &subject, proven))
        return ask_or_refuse(facts, proven, &subject, location);
    if (by_own) {
        proven->told = true;
        proven->provider = subject.provider;
    }
    return NULL;
}

store_status_t provided_is_late(const site_t *site, const unsigned char uid[UID_BYTES],
                                apr_time_t now, bool *late, apr_pool_t *p)
{
    subject_t subject;
    *late = false;
    if (!site->trusted || !site->trusted_max_age)
        return STORE_OK;
    const store_status_t status = people_subject(site->people, uid, &subject, p);
    *late = status == STORE_OK && is_older(site, &subject, now);
    return status == STORE_MISSING ? STORE_OK : status;
}

/* ---- what applications are told ---- */

const subject_t *provided_of(const request_rec *r, const session_t *session)
{
    request_t *request = request_of(r);
    if (!session->told || request->told_read)
        return request->told_by;
    subject_t *subject = apr_palloc(request->pool, sizeof(*subject));
    request->told_read = true;
    if (people_told(request->site->people, session->uid, session->provider, subject,
                    request->pool) == STORE_OK)
        request->told_by = subject;
    return request->told_by;
}

/* ---- sign-out there ---- */

result_t *provided_end(request_rec *r, const char *name, const char *sid)
{
    const site_t *site = request_of(r)->site;
    const log_sink_t log = sink_of_request(r);
    int ended = 0;
    const store_status_t status = !site->store /* it is not open yet */
                                      ? STORE_DOWN
                                      : provider_session_end(site->store, site->revocations, name,
                                                             sid, apr_time_now(), &ended, r->pool);
    log_debug(&log, "MPIN0906",
              "a session at the trusted login %s has ended: %d of ours came of it", name, ended);
    if (status != STORE_OK)
        return store_refusal(status, r->pool);
    if (ended) {
        result_t *done = result_ok(r->pool, NULL);
        done->event = "logout_by_provider";
        answer_audit(r, done);
    }
    return NULL;
}
