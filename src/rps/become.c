/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/become.h"

#include <string.h>
#include "rps/allowed.h"
#include "rps/invited.h"
#include "rps/places.h"

static result_t *name_taken(apr_pool_t *p)
{
    return result_error(p, 403, "name_taken", "This name is taken. Sign in to add a device to it.");
}

static result_t *account_disabled(apr_pool_t *p)
{
    return result_error(p, 403, "user_disabled", "This account is disabled.");
}

/* The first to come here gets the name, of all who registered it while it was free. */
static result_t *claim_free_name(rps_t *rps, const caller_t *caller, const pending_t *pending,
                                 user_t *user, apr_pool_t *p)
{
    store_status_t status = people_create(rps->people, pending->name, caller->now, user, p);
    if (status == STORE_EXISTS)
        return name_taken(p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* Has the session that proved the name ended? A step-up, which gives it another id, is no end. */
static bool session_has_ended(rps_t *rps, const caller_t *caller, const pending_t *pending)
{
    static const unsigned char any_id[SESSION_ID_BYTES];
    const uint32_t now = (uint32_t)apr_time_sec(caller->now);
    return pending->expires <= now || !rps->revocations || !revocations_refresh(rps->revocations) ||
           revocations_hit(rps->revocations, any_id, pending->family, pending->identity,
                           pending->uid, pending->user_version, pending->sealed, now) == REVOKED;
}

/* Signing out or being disabled since the PUT ends the registration too. */
static result_t *same_user_still(rps_t *rps, const caller_t *caller, const pending_t *pending,
                                 user_t *user, apr_pool_t *p)
{
    store_status_t status = people_get(rps->people, pending->uid, user, p);
    if (status == STORE_MISSING)
        return pending_unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user->state != USER_ACTIVE)
        return account_disabled(p);
    if (user->version == pending->user_version && !session_has_ended(rps, caller, pending))
        return NULL;
    log_debug(caller->log, "MPIN0752",
              "the session by which %s began this registration has ended, and it ends, too",
              name_masked(pending->name, p));
    return pending_unknown(p);
}

result_t *become_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                        const pending_t *pending, const user_t *user, apr_pool_t *p)
{
    identity_t identity;
    memset(&identity, 0, sizeof identity);
    memcpy(identity.handle, id->handle, sizeof identity.handle);
    memcpy(identity.uid, user->uid, sizeof identity.uid);
    identity.state = IDENTITY_ACTIVE;
    identity.origin = (origin_t)pending->origin;
    identity.created = (uint32_t)apr_time_sec(caller->now);
    memcpy(identity.replaces, pending->replaces, sizeof identity.replaces);
    memcpy(identity.device, pending->device, sizeof identity.device);
    memcpy(identity.name, pending->name, sizeof identity.name);

    return places_take(rps, caller, &identity, p);
}

static result_t *note_name_proven(rps_t *rps, const caller_t *caller, user_t *user, apr_pool_t *p)
{
    store_status_t status = people_name_proven(rps->people, user, caller->now, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* The owner may have proven the name while the identity was added. They mark the user and then look
 * for identities; we have added ours and now look for the mark: one of us sees the other. */
static result_t *still_unproven(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                const user_t *added_to, apr_pool_t *p)
{
    user_t user;
    store_status_t status = people_get(rps->people, added_to->uid, &user, p);
    if (status == STORE_OK && user.state == USER_ACTIVE && !user.proven)
        return NULL;
    log_debug(caller->log, "MPIN0751", "the name of identity %s was proven by its owner meanwhile",
              people_label(id->handle, p));
    if (status == STORE_OK || status == STORE_MISSING)
        status = people_revoke_identity(rps->people, id->handle, caller->now, p);
    return status == STORE_OK ? name_taken(p) : store_refusal(status, p);
}

static result_t *become_first(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                              const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = claim_free_name(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = become_device(rps, caller, id, pending, &user, p);
    return refusal ? refusal : still_unproven(rps, caller, id, &user, p);
}

static result_t *become_of_session(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                   const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = same_user_still(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = note_name_proven(rps, caller, &user, p);
    return refusal ? refusal : become_device(rps, caller, id, pending, &user, p);
}

/* The active account that has the name; a new one where nobody has it. */
static result_t *claim_name(rps_t *rps, const caller_t *caller, const pending_t *pending,
                            user_t *user, apr_pool_t *p)
{
    store_status_t status = people_claim(rps->people, pending->name, caller->now, user, p);
    if (status == STORE_EXISTS)
        return name_taken(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    return user->state == USER_ACTIVE ? NULL : account_disabled(p);
}

/* The application has vouched for the name. That is worth nothing at a site, where names are proven
 * otherwise, so nothing there is replaced by it. */
static result_t *become_vouched_for(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                    const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = claim_name(rps, caller, pending, &user, p);
    return refusal ? refusal : become_device(rps, caller, id, pending, &user, p);
}

/* The reader of that mailbox owns the name: whoever was merely first loses it. Since the mail was
 * sent, the name may have been taken off the list, or the account closed. */
static result_t *become_mailed(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                               const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal =
        rps_not_allowed(rps, caller, pending->name, "This name may not register here.", p);
    if (refusal)
        return refusal;
    refusal = claim_name(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = note_name_proven(rps, caller, &user, p);
    return refusal ? refusal : become_device(rps, caller, id, pending, &user, p);
}

/* The administrator's word, which is good once: nobody takes anything by it before it is used up. */
static result_t *become_invited(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = claim_name(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = invited_use(rps, caller, pending, p);
    if (!refusal)
        refusal = note_name_proven(rps, caller, &user, p);
    return refusal ? refusal : become_device(rps, caller, id, pending, &user, p);
}

static result_t *become_by_origin(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                  const pending_t *pending, apr_pool_t *p)
{
    if (pending->origin == ORIGIN_MAIL)
        return become_mailed(rps, caller, id, pending, p);
    if (pending->origin == ORIGIN_INVITATION)
        return become_invited(rps, caller, id, pending, p);
    if (pending->origin == ORIGIN_APPLICATION)
        return become_vouched_for(rps, caller, id, pending, p);
    return pending->origin == ORIGIN_OPEN ? become_first(rps, caller, id, pending, p)
                                          : become_of_session(rps, caller, id, pending, p);
}

result_t *become_identity(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                          const pending_t *pending, apr_pool_t *p)
{
    result_t *refusal = become_by_origin(rps, caller, id, pending, p);
    log_debug(caller->log, "MPIN0750", "registration %s of %s, %s, %s", people_label(id->handle, p),
              name_masked(pending->name, p), pending_origin_text(pending),
              refusal ? "becomes no identity" : "is an identity now");
    return refusal;
}
