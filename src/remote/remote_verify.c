/* SPDX-License-Identifier: Apache-2.0 */
/* POST /mpinVerify and GET /mpinPermitUser (docs/protocol.md, "RPS to RPA"): an RPS elsewhere asks
 * its relying party. */
#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "remote/granted.h"
#include "remote/remote_id.h"
#include "remote/remote_mail.h"
#include "rps/admission.h"
#include "rps/allowed.h"
#include "rps/prove.h"
#include "rps/quota.h"

#define ACTIVATE_KEY_MAX 256 /* bytes */

/* ---- may this user register ------------------------------------------------------------------ */

typedef struct wish_t {
    const char *name;    /* canonical */
    const char *mpin_id; /* hex */
    mpin_id_t id;
    const char *device;       /* "" for none, and for one that we would not show */
    const char *activate_key; /* NULL for none */
} wish_t;

/* NULL when all is well. */
static result_t *read_wish(const remote_t *remote, wish_t *wish, const json_t *body, apr_pool_t *p)
{
    const char *user_id = json_text(body, "userId", 2 * NAME_MAX_BYTES);
    wish->mpin_id = json_text(body, "mpinId", 2 * MPIN_ID_MAX);
    const char *inside = remote_user_id(wish->mpin_id, p);
    if (!user_id || !inside || !mpin_id_read(&wish->id, wish->mpin_id, p))
        return result_error(p, 400, "field_malformed", "userId and mpinId are needed.");
    if (strcmp(user_id, inside) != 0)
        return result_error(p, 400, "field_malformed", "userId is not the mpinId's.");
    wish->name = name_of_site(remote->rps->settings->names, user_id, p);
    wish->activate_key = json_text(body, "activateKey", ACTIVATE_KEY_MAX);
    wish->device = json_text(body, "deviceName", DEVICE_MAX);
    if (!pending_device_ok(wish->device))
        wish->device = "";
    return wish->name ? NULL
                      : result_error(p, 403, "user_id_invalid", "This is no name of a user here.");
}

/* Registrations an hour: of strangers in all, as the RPS does not say whose they are; of a user. */
static const quota_t granted_quota = {
    .kind = "granted", .each = GRANTED_OF_STRANGERS, .all = GRANTED_OF_STRANGERS, .seconds = 3600};
static const quota_t user_quota = {
    .kind = "granted-user", .each = 20, .all = GRANTED_OF_USERS, .seconds = 3600};

static result_t *count_granted(remote_t *remote, const caller_t *caller, const pending_t *pending,
                               apr_pool_t *p)
{
    static const unsigned char nobody[QUOTA_WHO_BYTES];
    const bool stranger = pending->origin == ORIGIN_OPEN || pending->origin == ORIGIN_MAIL;
    store_status_t status = quota_take(remote->rps->store, stranger ? &granted_quota : &user_quota,
                                       stranger ? nobody : pending->uid, caller, NULL, p);
    if (status == STORE_EXISTS)
        return result_error(p, 403, "too_many_pending", "Too many registrations just now.");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* One that is ours already may be sent anew by the RPS; one that is revoked never comes back. */
static result_t *check_known_identity(remote_t *remote, const wish_t *wish, apr_pool_t *p)
{
    identity_t identity;
    store_status_t status = people_identity(remote->rps->people, wish->id.handle, &identity, p);
    if (status == STORE_OK && identity.state == IDENTITY_REVOKED)
        return result_error(p, 403, "identity_revoked", "This device's access was withdrawn.");
    return status == STORE_OK || status == STORE_MISSING ? NULL : store_refusal(status, p);
}

static result_t *await_by_mail(remote_t *remote, const caller_t *caller, const wish_t *wish,
                               pending_t *pending, apr_pool_t *p)
{
    if (!wish->activate_key)
        return result_error(p, 400, "field_malformed", "activateKey is needed.");
    return remote_await_mail(remote, caller, &wish->id, wish->mpin_id, wish->activate_key, pending,
                             p);
}

/* NULL: it is granted; or, where `*active` is false, it will be once its mail's link is
 * followed. */
static result_t *grant_wish(remote_t *remote, const caller_t *caller, const wish_t *wish,
                            bool *active, apr_pool_t *p)
{
    pending_t pending;
    memset(&pending, 0, sizeof pending);
    result_t *refusal = check_known_identity(remote, wish, p);
    if (!refusal)
        refusal = prove_name(remote->rps, caller, wish->name, &pending, p);
    if (!refusal)
        refusal = count_granted(remote, caller, &pending, p);
    if (refusal)
        return refusal;
    apr_cpystrn(pending.name, wish->name, sizeof pending.name);
    apr_cpystrn(pending.device, wish->device, sizeof pending.device);
    *active = pending.origin != ORIGIN_MAIL;
    if (!*active)
        return await_by_mail(remote, caller, wish, &pending, p);
    store_status_t status = granted_keep(remote->rps, wish->id.handle, &pending, caller->now, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *remote_verify(remote_t *remote, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    wish_t wish = {.name = NULL};
    bool active = false;
    result_t *refusal = read_wish(remote, &wish, body, p);
    if (refusal)
        return refusal;
    refusal = grant_wish(remote, caller, &wish, &active, p);
    log_debug(caller->log, "MPIN0780", "the RPS asks for registration %s of %s: %s",
              people_label(wish.id.handle, p), name_masked(wish.name, p),
              refusal  ? refusal->code
              : active ? "granted"
                       : "granted once its mail is answered");
    if (refusal)
        return rps_audited(refusal, "registration_refused", wish.name, NULL, p);
    return rps_audited(result_ok(p, json_pack("{s:b}", "forceActivate", (int)active)), "registered",
                       wish.name, wish.id.handle, p);
}

/* ---- may this identity sign in --------------------------------------------------------------- */

static result_t *not_permitted(apr_pool_t *p)
{
    return result_error(p, 403, "identity_revoked", "This device's access was withdrawn.");
}

/* An identity that has not signed in here yet: what was granted stands; else MPinRegisterAllow
 * says, and its user must not be disabled. */
static result_t *permit_unknown(remote_t *remote, const caller_t *caller, const mpin_id_t *id,
                                const char *mpin_id, apr_pool_t *p)
{
    pending_t pending;
    user_t user;
    const char *text = remote_user_id(mpin_id, p);
    const char *name = text ? name_of_site(remote->rps->settings->names, text, p) : NULL;
    if (!name)
        return not_permitted(p);
    store_status_t status = people_find(remote->rps->people, name, &user, p);
    if (status == STORE_OK && user.state != USER_ACTIVE)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (status == STORE_OK || status == STORE_MISSING)
        status = granted_find(remote->rps, id->handle, &pending, p);
    if (status == STORE_MISSING)
        return rps_not_allowed(remote->rps, caller, name, "This account may not sign in here.", p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

static result_t *permit_known(remote_t *remote, const caller_t *caller, const mpin_id_t *id,
                              apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    result_t *refusal = rps_admit(remote->rps, caller, id->handle, &identity, &user, p);
    /* A locked identity learns that at the login, as old clients expect. */
    return refusal && refusal->status == 410 ? NULL : refusal;
}

result_t *remote_permit(remote_t *remote, const caller_t *caller, const char *mpin_id,
                        apr_pool_t *p)
{
    mpin_id_t id;
    identity_t identity;
    if (!mpin_id_read(&id, mpin_id, p))
        return result_error(p, 400, "field_malformed", "The mpinId is not lower-case hex.");
    store_status_t status = people_identity(remote->rps->people, id.handle, &identity, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    result_t *refusal = status == STORE_OK ? permit_known(remote, caller, &id, p)
                                           : permit_unknown(remote, caller, &id, mpin_id, p);
    log_debug(caller->log, "MPIN0780", "the RPS asks for identity %s, which is %s here: %s",
              people_label(id.handle, p), status == STORE_OK ? "known" : "not known",
              refusal ? refusal->code : "it may sign in");
    if (refusal)
        return rps_audited(refusal, "permit_refused", NULL, id.handle, p);
    return result_ok(p, json_pack("{s:s}", "message", "OK"));
}
