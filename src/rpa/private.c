/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/private.h"

result_t *service_activate(facts_t *facts)
{
    return rps_activate(facts->site->rps, &facts->caller, facts->rest, facts->body, facts->r->pool);
}

result_t *service_authenticate(facts_t *facts)
{
    return rps_authenticate(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *service_otp(facts_t *facts)
{
    return rps_otp(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *service_login_result(facts_t *facts)
{
    return rps_login_result(facts->site->rps, &facts->caller, facts->body, facts->r->pool);
}

result_t *service_status(facts_t *facts)
{
    return rps_status(facts->r->pool);
}
