/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/permit.h"

#include "base/hex.h"
#include "rps/application.h"
#include "rps/split.h"
#include "rps/standing.h"

result_t *permit_refusal(rps_t *rps, const caller_t *caller,
                         const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    verdict_t standing;
    store_status_t status = rps_standing(rps, handle, &identity, &user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    /* a locked one learns that where the authOTT is redeemed, as old clients expect */
    log_debug(caller->log, "MPIN0762", "a time permit for identity %s, which is %s",
              people_label(handle, p), verdict_text(standing));
    if (standing == VERDICT_NONE || standing == VERDICT_LOCKED)
        return NULL;
    return rps_audited(standing_refusal(standing, p), "permit_refused", NULL, handle, p);
}

static result_t *issue_permit(rps_t *rps, const caller_t *caller, const char *mpin_id,
                              split_issue_t *issue, apr_pool_t *p)
{
    mpin_id_t id;
    share_t share;
    if (!rps->settings->time_permits)
        return result_error(p, 404, "not_found", "No time permits are issued here.");
    if (!mpin_id_read(&id, mpin_id, p))
        return result_error(p, 400, "field_malformed", "The mpinId is not lower-case hex.");
    result_t *refusal = permit_refusal(rps, caller, id.handle, p);
    if (refusal)
        return refusal;
    refusal = application_permits(rps, caller, mpin_id, p);
    if (refusal)
        return rps_audited(refusal, "permit_refused", NULL, id.handle, p);
    if (!issue(rps, caller, &id, &share, p)) {
        log_error(rps->log, "MPIN0521", "the D-TA issues no time permit: the key file is broken");
        return store_refusal(STORE_DOWN, p);
    }
    return result_ok(p, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "timePermit", share.point,
                                  "date", (int)rps_day(caller->now), "signature", share.more,
                                  "storageId", hex_encode(p, id.hash, sizeof id.hash), "message",
                                  "M-Pin Time Permit Generated", "version", RPS_VERSION));
}

/* POST and GET /rps/timePermit/<mpinId> (docs/protocol.md, "RPS, public"). No permit is how the
 * protocol withdraws a device; here its state is looked at in every later step as well. */
result_t *rps_time_permit(rps_t *rps, const caller_t *caller, const char *mpin_id, apr_pool_t *p)
{
    return issue_permit(rps, caller, mpin_id, split_time_permit, p);
}

result_t *rps_time_permit_in_two(rps_t *rps, const caller_t *caller, const char *mpin_id,
                                 apr_pool_t *p)
{
    return issue_permit(rps, caller, mpin_id, split_time_permit_in_two, p);
}
