/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/step_up.h"

#include <http_log.h>
#include <http_request.h>

APLOG_USE_MODULE(auth_mpin);

bool step_up_supposed(request_t *request, uint32_t amr, const uint32_t *marks)
{
    if (amr & AMR_TRUSTED)
        request->marks_wanted = marks;
    const bool supposed = request->amr_supposed & amr;
    request->amr_wanted |= amr;
    return supposed;
}

/* Asks httpd again with what was lacking supposed to be there, until nothing more is lacking: only
 * it knows how Require lines are nested, and what the others say. */
static bool would_let_in(request_rec *r, request_t *request)
{
    int status = HTTP_UNAUTHORIZED;
    while (status != OK && request->amr_wanted != request->amr_supposed) {
        request->amr_supposed = request->amr_wanted;
        status = ap_run_auth_checker(r);
    }
    request->amr_supposed = 0;
    return status == OK;
}

/* Where the factor that is asked for was proven already, proving it again would change nothing. */
bool step_up_helps(request_rec *r, demand_t *demand)
{
    request_t *request = request_of(r);
    const site_t *site = request->site;
    const uint32_t factors =
        demand_of_amr(request->amr_wanted) & (site->methods | ~(uint32_t)FACTORS_FIRST);
    if (!factors || !would_let_in(r, request))
        return false;
    if (factors & ~(uint32_t)FACTORS_FIRST)
        demand->second = factors;
    else
        demand->first = factors;
    if (factors & FACTOR_BIT(FACTOR_TRUSTED))
        demand->trusted = request->marks_wanted;
    const bool helps = !demand_is_met(demand, &request->session, r->request_time);
    if (helps)
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN0855: a Require mpin-amr of this place refuses %s, and %s would help",
                      name_masked(r->user, r->pool), demand_text(demand, r->pool));
    return helps;
}
