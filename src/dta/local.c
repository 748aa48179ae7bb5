/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/local.h"

static const secret_t *master_of(const void *keys)
{
    const secret_t *master = keys_master(keys);
    return master && master->len == MPIN_SCALAR_BYTES ? master : NULL;
}

/* On record in stores: it stays as it is. */
static const char *local_made_of(const void *keys)
{
    (void)keys;
    return "one D-TA";
}

static const char *local_other_url(const void *keys)
{
    (void)keys;
    return NULL;
}

static dta_status_t local_server_secret(void *keys, apr_time_t now,
                                        unsigned char secret[MPIN_G2_BYTES], apr_pool_t *p)
{
    const secret_t *master = master_of(keys);
    (void)now;
    (void)p;
    return master && mpin_server_secret(master->bytes, secret) == MPIN_ACCEPTED ? DTA_OK : DTA_DOWN;
}

static dta_status_t local_check(void *keys, apr_time_t now, apr_pool_t *p)
{
    (void)keys;
    (void)now;
    (void)p;
    return DTA_OK;
}

static mpin_status_t local_client_secret(const void *keys,
                                         const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                         unsigned char secret[MPIN_G1_BYTES])
{
    const secret_t *master = master_of(keys);
    return master ? mpin_client_secret(master->bytes, hash_mpin_id, secret) : MPIN_REFUSED;
}

static mpin_status_t local_time_permit(const void *keys, uint32_t date,
                                       const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                       unsigned char permit[MPIN_G1_BYTES])
{
    const secret_t *master = master_of(keys);
    return master ? mpin_time_permit(master->bytes, date, hash_mpin_id, permit) : MPIN_REFUSED;
}

static const char *local_client_query(const void *keys,
                                      const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                      apr_time_t now, apr_pool_t *p)
{
    (void)keys;
    (void)hash_mpin_id;
    (void)now;
    (void)p;
    return "";
}

static const char *local_permit_signature(const void *keys,
                                          const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                          apr_pool_t *p)
{
    (void)keys;
    (void)hash_mpin_id;
    (void)p;
    return "";
}

static const dta_backend_t local = {
    local_made_of,       local_other_url,   local_server_secret, local_check,
    local_client_secret, local_time_permit, local_client_query,  local_permit_signature,
};

dta_t *dta_local(const keys_t *keys, apr_pool_t *p)
{
    dta_t *dta = apr_palloc(p, sizeof *dta);
    *dta = (dta_t){&local, (void *)keys};
    return dta;
}
