#include <string.h>
#include "base/hex.h"
#include "rps/mailed.h"
#include "rps/pending.h"
#include "rps/split.h"

static result_t *unknown(apr_pool_t *p)
{
    return result_error(p, 400, "registration_unknown", "Unknown mpinId or wrong regOTT.");
}

static result_t *taken(apr_pool_t *p)
{
    return result_error(p, 403, "name_taken", "This name is taken. Sign in to add a device to it.");
}

static result_t *disabled(apr_pool_t *p)
{
    return result_error(p, 403, "user_disabled", "This account is disabled.");
}

/* ---- activation ------------------------------------------------------------------------------ */

/* Of all who registered the same free name, the first to come here gets it. */
static result_t *claim_free_name(rps_t *rps, const caller_t *caller, const pending_t *pending,
                                 user_t *user, apr_pool_t *p)
{
    store_status_t status = people_create(rps->people, pending->name, caller->now, user, p);
    if (status == STORE_EXISTS)
        return taken(p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* Signing out everywhere or being disabled since the PUT ends the registration too. */
static result_t *same_user(rps_t *rps, const pending_t *pending, user_t *user, apr_pool_t *p)
{
    store_status_t status = people_get(rps->people, pending->uid, user, p);
    if (status == STORE_MISSING)
        return unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user->state != USER_ACTIVE)
        return disabled(p);
    return user->version == pending->user_version ? NULL : unknown(p);
}

result_t *pending_add_identity(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                               const pending_t *pending, const user_t *user, apr_pool_t *p)
{
    identity_t *list;
    int count;
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

    store_status_t status = people_add_identity(rps->people, &identity, p);
    if (status == STORE_FULL &&
        people_identities(rps->people, user->uid, &list, &count, p) == STORE_OK &&
        count >= IDENTITIES_MAX)
        return result_error(p, 403, "too_many_identities",
                            "This name has as many devices as it may have.");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

static result_t *name_proven(rps_t *rps, const caller_t *caller, const user_t *user, apr_pool_t *p)
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
    if (status == STORE_OK || status == STORE_MISSING)
        status = people_revoke_identity(rps->people, id->handle, caller->now, p);
    return status == STORE_OK ? taken(p) : store_refusal(status, p);
}

static result_t *activate_open(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                               const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = claim_free_name(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = pending_add_identity(rps, caller, id, pending, &user, p);
    return refusal ? refusal : still_unproven(rps, caller, id, &user, p);
}

static result_t *activate_signed_in(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                    const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = same_user(rps, pending, &user, p);
    if (!refusal)
        refusal = name_proven(rps, caller, &user, p);
    return refusal ? refusal : pending_add_identity(rps, caller, id, pending, &user, p);
}

/* Whoever has the name, an active account; a new one where nobody has it. */
static result_t *claim_name(rps_t *rps, const caller_t *caller, const pending_t *pending,
                            user_t *user, apr_pool_t *p)
{
    store_status_t status = people_claim(rps->people, pending->name, caller->now, user, p);
    if (status == STORE_EXISTS)
        return taken(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    return user->state == USER_ACTIVE ? NULL : disabled(p);
}

/* The application has vouched for the name. That is worth nothing at a site, where names are proven
 * otherwise, so nothing there is replaced by it. */
static result_t *activate_vouched(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                  const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = claim_name(rps, caller, pending, &user, p);
    return refusal ? refusal : pending_add_identity(rps, caller, id, pending, &user, p);
}

/* Who reads that mailbox owns the name: whoever was merely first loses it. Since the mail was sent
 * the name may have been taken off the list, or the account closed. */
static result_t *activate_mailed(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                 const pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = rps_not_allowed(rps, pending->name, "This name may not register here.", p);
    if (refusal)
        return refusal;
    refusal = claim_name(rps, caller, pending, &user, p);
    if (!refusal)
        refusal = name_proven(rps, caller, &user, p);
    return refusal ? refusal : pending_add_identity(rps, caller, id, pending, &user, p);
}

result_t *pending_become(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                         const pending_t *pending, apr_pool_t *p)
{
    if (pending->origin == ORIGIN_MAIL)
        return activate_mailed(rps, caller, id, pending, p);
    if (pending->origin == ORIGIN_APPLICATION)
        return activate_vouched(rps, caller, id, pending, p);
    return pending->origin == ORIGIN_OPEN ? activate_open(rps, caller, id, pending, p)
                                          : activate_signed_in(rps, caller, id, pending, p);
}

static result_t *activate(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                          const pending_t *pending, apr_pool_t *p)
{
    store_status_t status = pending_take(rps, id->handle, p);
    if (status != STORE_OK)
        return status == STORE_MISSING ? unknown(p) : store_refusal(status, p);
    return pending_become(rps, caller, id, pending, p);
}

/* ---- endpoints ------------------------------------------------------------------------------- */

/* Configuration may have changed since the PUT. */
static bool still_open(const rps_settings_t *settings, const pending_t *pending)
{
    if (pending->origin == ORIGIN_APPLICATION)
        return settings->service;
    if (pending->origin == ORIGIN_MAIL)
        return settings->register_mail;
    return pending->origin == ORIGIN_OPEN ? settings->register_open : settings->register_signed_in;
}

static result_t *answer(const share_t *share, const pending_t *pending, const mpin_id_t *id,
                        apr_pool_t *p)
{
    result_t *result = result_ok(
        p, json_pack("{s:s, s:s}", "clientSecretShare", share->point, "params", share->more));
    return rps_audited(result, "identity_activated", pending->name, id->handle, p);
}

typedef bool issue_t(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                     apr_pool_t *p);

static result_t *sign(rps_t *rps, const caller_t *caller, const char *mpin_id, const char *reg_ott,
                      issue_t *issue, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t pending;
    share_t share;
    if (!mpin_id_read(&id, mpin_id, p))
        return unknown(p);
    store_status_t status = pending_find(rps, caller, id.handle, reg_ott, &pending, p);
    if (status == STORE_MISSING)
        return unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (!still_open(rps->settings, &pending))
        return result_error(p, 403, "registration_closed", "Registration is closed.");
    if (!pending.active)
        return result_error(p, 401, "not_activated", "This registration waits to be activated.");
    result_t *refusal = split_can_issue(rps, caller, p);
    if (refusal)
        return refusal;
    if (!issue(rps, caller, &id, &share, p)) {
        log_error(rps->log, "MPIN0301", "the D-TA issues no client secret: the key file is broken");
        return store_refusal(STORE_DOWN, p);
    }

    refusal = activate(rps, caller, &id, &pending, p);
    if (!refusal)
        mailed_tell_device(rps, caller, &id, &pending, p);
    return refusal ? refusal : answer(&share, &pending, &id, p);
}

/* POST and GET /rps/signature/<mpinId> (protocol: RPS, public). The identity is on disk before its
 * secret leaves; a wrong regOTT leaves the registration as it is. */
result_t *rps_signature(rps_t *rps, const caller_t *caller, const char *mpin_id,
                        const char *reg_ott, apr_pool_t *p)
{
    return sign(rps, caller, mpin_id, reg_ott, split_client_secret, p);
}

result_t *rps_signature_in_two(rps_t *rps, const caller_t *caller, const char *mpin_id,
                               const char *reg_ott, apr_pool_t *p)
{
    return sign(rps, caller, mpin_id, reg_ott, split_client_secret_in_two, p);
}

/* POST /rps/setupDone/<mpinId>: old clients tell us, and nothing follows from it. */
result_t *rps_setup_done(rps_t *rps, const caller_t *caller, const char *mpin_id, apr_pool_t *p)
{
    (void)rps;
    (void)caller;
    (void)mpin_id;
    return result_ok(p, json_object());
}
