/* SPDX-License-Identifier: Apache-2.0 */
/* POST and GET /rps/signature/<mpinId>, and POST /rps/setupDone/<mpinId>: the end of a registration
 * (docs/protocol.md, "RPS, public"). */
#include "rps/become.h"
#include "rps/pending.h"
#include "rps/split.h"

/* Of two who ask at once, one gets the secret: there is one identity of an mpinId. Trouble of ours,
 * or an application's, leaves the registration as it is. */
static result_t *become_once(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                             const pending_t *pending, apr_pool_t *p)
{
    result_t *refusal = become_told(rps, caller, id, pending, p);
    if (!refusal || (refusal->status < 500 && refusal->status != 429))
        pending_take(rps, id->handle, p);
    return refusal;
}

/* Configuration may have changed since the PUT. */
static bool still_open(const rps_settings_t *settings, const pending_t *pending)
{
    if (pending->origin == ORIGIN_APPLICATION)
        return settings->service;
    if (pending->origin == ORIGIN_MAIL)
        return settings->register_mail;
    if (pending->origin == ORIGIN_INVITATION)
        return settings->register_invite;
    return pending->origin == ORIGIN_OPEN ? settings->register_open : settings->register_signed_in;
}

static result_t *signature_answer(const share_t *share, const pending_t *pending,
                                  const mpin_id_t *id, apr_pool_t *p)
{
    result_t *result = result_ok(
        p, json_pack("{s:s, s:s}", "clientSecretShare", share->point, "params", share->more));
    return rps_audited(result, "identity_activated", pending->name, id->handle, p);
}

/* The registration whose secret is there for the asking. NULL, or the refusal. */
static result_t *find_active(rps_t *rps, const caller_t *caller, const char *mpin_id,
                             const char *reg_ott, mpin_id_t *id, pending_t *pending, apr_pool_t *p)
{
    if (!mpin_id_read(id, mpin_id, p))
        return pending_unknown(p);
    store_status_t status = pending_find(rps, caller, id->handle, reg_ott, pending, p);
    if (status == STORE_MISSING)
        return pending_unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (!still_open(rps->settings, pending))
        return result_error(p, 403, "registration_closed", "Registration is closed.");
    return pending->active
               ? NULL
               : result_error(p, 401, "not_activated", "This registration waits to be activated.");
}

static result_t *issue_signature(rps_t *rps, const caller_t *caller, const char *mpin_id,
                                 const char *reg_ott, split_issue_t *issue, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t pending;
    share_t share;
    result_t *refusal = find_active(rps, caller, mpin_id, reg_ott, &id, &pending, p);
    if (!refusal)
        refusal = split_can_issue(rps, caller, p);
    if (refusal)
        return refusal;
    if (!issue(rps, caller, &id, &share, p)) {
        log_error(rps->log, "MPIN0301", "the D-TA issues no client secret: the key file is broken");
        return store_refusal(STORE_DOWN, p);
    }
    refusal = become_once(rps, caller, &id, &pending, p);
    return refusal ? refusal : signature_answer(&share, &pending, &id, p);
}

/* The identity is on disk before its secret leaves; a wrong regOTT leaves the registration as it
 * is. */
result_t *rps_signature(rps_t *rps, const caller_t *caller, const char *mpin_id,
                        const char *reg_ott, apr_pool_t *p)
{
    mpin_id_t id;
    result_t *result = issue_signature(rps, caller, mpin_id, reg_ott, split_client_secret, p);
    if (!result->code && mpin_id_read(&id, mpin_id, p))
        rps_add_device_key(rps, id.handle, result->json, p);
    return result;
}

result_t *rps_peek(rps_t *rps, const caller_t *caller, const char *mpin_id, const char *reg_ott,
                   apr_pool_t *p)
{
    mpin_id_t id;
    pending_t pending;
    result_t *refusal = find_active(rps, caller, mpin_id, reg_ott, &id, &pending, p);
    return refusal ? refusal : result_ok(p, json_pack("{s:b}", "active", 1));
}

result_t *rps_signature_in_two(rps_t *rps, const caller_t *caller, const char *mpin_id,
                               const char *reg_ott, apr_pool_t *p)
{
    return issue_signature(rps, caller, mpin_id, reg_ott, split_client_secret_in_two, p);
}

/* Old clients tell us, and nothing follows from it. */
result_t *rps_setup_done(rps_t *rps, const caller_t *caller, const char *mpin_id, apr_pool_t *p)
{
    (void)rps;
    (void)caller;
    (void)mpin_id;
    return result_ok(p, json_object());
}
