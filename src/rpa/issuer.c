/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/issuer.h"
#include "web/form.h"

static dta_request_t request_of_query(const facts_t *facts)
{
    const apr_table_t *query = facts->query;
    return (dta_request_t){.repeated = form_leaves_out(facts->request->args, facts->r->pool),
                           .app_id = apr_table_get(query, "app_id"),
                           .expires = apr_table_get(query, "expires"),
                           .hash_mpin_id = apr_table_get(query, "hash_mpin_id"),
                           .hash_user_id = apr_table_get(query, "hash_user_id"),
                           .signature = apr_table_get(query, "signature"),
                           .count = apr_table_get(query, "count")};
}

result_t *issuer_server_secret(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return dta_serve_server_secret(facts->site->dta_service, &request, facts->caller.now,
                                   facts->r->pool);
}

result_t *issuer_client_secret(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return dta_serve_client_secret(facts->site->dta_service, &request, facts->caller.now,
                                   facts->r->pool);
}

result_t *issuer_time_permit(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return dta_serve_time_permit(facts->site->dta_service, &request, facts->caller.now,
                                 facts->r->pool);
}

result_t *issuer_time_permits(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return dta_serve_time_permits(facts->site->dta_service, &request, facts->caller.now,
                                  facts->r->pool);
}

result_t *issuer_status(facts_t *facts)
{
    return dta_serve_status(facts->site->dta_service, facts->r->pool);
}

result_t *issuer_half_client_secret(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return rps_half_client_secret(facts->site->rps, &facts->caller, &request, facts->r->pool);
}

result_t *issuer_half_time_permit(facts_t *facts)
{
    const dta_request_t request = request_of_query(facts);
    return rps_half_time_permit(facts->site->rps, &facts->caller, &request, facts->r->pool);
}
