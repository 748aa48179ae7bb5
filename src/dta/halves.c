/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/halves.h"

#include <sodium.h>
#include <string.h>
#include "base/bytes.h"
#include "keys/hkdf.h"

struct halves_t {
    const secret_t *master, *blind;
    keys_app_t app;
};

halves_t *halves_make(const keys_t *keys, apr_pool_t *p)
{
    halves_t *halves = apr_palloc(p, sizeof *halves);
    halves->master = keys_master(keys);
    halves->blind = keys_derive_app(keys, "halves");
    memcpy(halves->app.id, keys_app_id(keys), sizeof halves->app.id);
    halves->app.key = keys_derive_app(keys, "halves signature");
    return halves->blind && halves->app.key ? halves : NULL;
}

const keys_app_t *halves_app(const halves_t *halves)
{
    return &halves->app;
}

/* c, and s - c for the second half. A draw that is no scalar (one in two) is repeated; that says
 * nothing of the one that is taken. */
static mpin_status_t scalar_of(const halves_t *halves, half_t half, const unsigned char *info,
                               size_t len, unsigned char scalar[MPIN_SCALAR_BYTES])
{
    for (unsigned char n = 0; n < UINT8_MAX; n++) {
        hkdf_sha256(halves->blind->bytes, halves->blind->len, &n, 1, info, len, scalar,
                    MPIN_SCALAR_BYTES);
        scalar[0] &= 0x7f;
        if (mpin_check_scalar(scalar) != MPIN_ACCEPTED)
            continue;
        return half == HALF_FIRST ? MPIN_ACCEPTED
                                  : mpin_subtract(halves->master->bytes, scalar, scalar);
    }
    return MPIN_REFUSED;
}

mpin_status_t halves_client_secret(const halves_t *halves, half_t half,
                                   const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                   unsigned char secret[MPIN_G1_BYTES])
{
    unsigned char info[1 + MPIN_HASH_BYTES] = {'s'}, scalar[MPIN_SCALAR_BYTES];
    memcpy(info + 1, hash_mpin_id, MPIN_HASH_BYTES);
    mpin_status_t status = scalar_of(halves, half, info, sizeof info, scalar);
    if (status == MPIN_ACCEPTED)
        status = mpin_client_secret(scalar, hash_mpin_id, secret);
    sodium_memzero(scalar, sizeof scalar);
    return status;
}

mpin_status_t halves_time_permit(const halves_t *halves, half_t half, uint32_t date,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 unsigned char permit[MPIN_G1_BYTES])
{
    unsigned char info[1 + 4 + MPIN_HASH_BYTES], scalar[MPIN_SCALAR_BYTES];
    bytes_out_t out = bytes_out(info, sizeof info);
    bytes_put_u8(&out, 'p');
    bytes_put_u32(&out, date);
    bytes_put(&out, hash_mpin_id, MPIN_HASH_BYTES);
    mpin_status_t status = scalar_of(halves, half, info, sizeof info, scalar);
    if (status == MPIN_ACCEPTED)
        status = mpin_time_permit(scalar, date, hash_mpin_id, permit);
    sodium_memzero(scalar, sizeof scalar);
    return status;
}
