#include "dta/dta.h"

struct dta_t {
    const keys_t *keys;
    struct second_dta_t *second;
};

dta_t *dta_local(const keys_t *keys, apr_pool_t *p)
{
    dta_t *dta = apr_palloc(p, sizeof *dta);
    dta->keys = keys;
    dta->second = NULL;
    return dta;
}

void dta_set_second(dta_t *dta, struct second_dta_t *second)
{
    dta->second = second;
}

struct second_dta_t *dta_second(const dta_t *dta)
{
    return dta->second;
}

static const secret_t *master_of(const dta_t *dta)
{
    const secret_t *master = keys_master(dta->keys);
    return master && master->len == MPIN_SCALAR_BYTES ? master : NULL;
}

mpin_status_t dta_client_secret(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                unsigned char secret[MPIN_G1_BYTES])
{
    const secret_t *master = master_of(dta);
    return master ? mpin_client_secret(master->bytes, hash_mpin_id, secret) : MPIN_REFUSED;
}

mpin_status_t dta_time_permit(const dta_t *dta, uint32_t date,
                              const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                              unsigned char permit[MPIN_G1_BYTES])
{
    const secret_t *master = master_of(dta);
    return master ? mpin_time_permit(master->bytes, date, hash_mpin_id, permit) : MPIN_REFUSED;
}

mpin_status_t dta_server_secret(const dta_t *dta, unsigned char secret[MPIN_G2_BYTES])
{
    const secret_t *master = master_of(dta);
    return master ? mpin_server_secret(master->bytes, secret) : MPIN_REFUSED;
}
