/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/dta.h"

const char *dta_made_of(const dta_t *dta)
{
    return dta->backend->made_of(dta->state);
}

const char *dta_other_url(const dta_t *dta)
{
    return dta->backend->other_url(dta->state);
}

dta_status_t dta_server_secret(const dta_t *dta, apr_time_t now,
                               unsigned char secret[MPIN_G2_BYTES], apr_pool_t *p)
{
    return dta->backend->server_secret(dta->state, now, secret, p);
}

dta_status_t dta_check(const dta_t *dta, apr_time_t now, apr_pool_t *p)
{
    return dta->backend->check(dta->state, now, p);
}

mpin_status_t dta_client_secret(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                unsigned char secret[MPIN_G1_BYTES])
{
    return dta->backend->client_secret(dta->state, hash_mpin_id, secret);
}

mpin_status_t dta_time_permit(const dta_t *dta, uint32_t date,
                              const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                              unsigned char permit[MPIN_G1_BYTES])
{
    return dta->backend->time_permit(dta->state, date, hash_mpin_id, permit);
}

const char *dta_client_query(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                             apr_time_t now, apr_pool_t *p)
{
    return dta->backend->client_query(dta->state, hash_mpin_id, now, p);
}

const char *dta_permit_signature(const dta_t *dta,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES], apr_pool_t *p)
{
    return dta->backend->permit_signature(dta->state, hash_mpin_id, p);
}
