/* SPDX-License-Identifier: Apache-2.0 */
/* GET /rps/dta/clientSecret and /rps/dta/timePermit (docs/protocol.md, "D-TA"): the other half, for
 * clients that always ask two D-TAs where there is one (dta/halves.h). */
#include "rps/permit.h"
#include "rps/split.h"

static result_t *half_is_elsewhere(apr_pool_t *p)
{
    return result_error(p, 404, "not_found", "The second D-TA is elsewhere.");
}

static result_t *half_broken(rps_t *rps, apr_pool_t *p)
{
    log_error(rps->log, "MPIN0526", "the D-TA issues no share: the key file is broken");
    return store_refusal(STORE_DOWN, p);
}

/* Once, of a registration that got its first half. */
result_t *rps_half_client_secret(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                                 apr_pool_t *p)
{
    dta_asked_t asked;
    unsigned char point[MPIN_G1_BYTES];
    if (dta_other_url(rps->dta))
        return half_is_elsewhere(p);
    result_t *refusal =
        dta_check_client_secret(halves_app(rps->halves), request, caller->now, &asked, p);
    if (refusal)
        return refusal;
    store_status_t status = split_take_expected(rps, asked.hash_mpin_id, p);
    if (status == STORE_MISSING)
        return result_error(p, 408, "dta_request_used", "Request used before");
    if (status != STORE_OK)
        return store_refusal(status, p);
    const char *half = split_point(
        halves_client_secret(rps->halves, HALF_SECOND, asked.hash_mpin_id, point), point, p);
    return half ? result_ok(p, json_pack("{s:s, s:s}", "clientSecret", half, "message", "OK"))
                : half_broken(rps, p);
}

/* Today's, for an identity that still gets one. */
result_t *rps_half_time_permit(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                               apr_pool_t *p)
{
    dta_asked_t asked;
    unsigned char point[MPIN_G1_BYTES], handle[HANDLE_BYTES];
    if (dta_other_url(rps->dta) || !rps->settings->time_permits)
        return half_is_elsewhere(p);
    result_t *refusal = dta_check_time_permit(halves_app(rps->halves), request, &asked, p);
    if (refusal)
        return refusal;
    people_handle(asked.hash_mpin_id, handle);
    refusal = permit_refusal(rps, caller, handle, p);
    if (refusal)
        return refusal;
    const char *half =
        split_point(halves_time_permit(rps->halves, HALF_SECOND, rps_day(caller->now),
                                       asked.hash_mpin_id, point),
                    point, p);
    return half ? result_ok(p, json_pack("{s:s, s:s}", "timePermit", half, "message", "OK"))
                : half_broken(rps, p);
}
