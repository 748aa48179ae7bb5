/* SPDX-License-Identifier: Apache-2.0 */
#include "mpin_login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "mpin/point.h"

int login_make(void **state)
{
    login_t *l = calloc(1, sizeof *l);
    if (!l)
        return 1;
    *state = l;
    randombytes_buf(l->hash, sizeof l->hash);
    mpin_identity(l->hash, l->identity);
    mpin_random_scalar(l->master);
    mpin_random_scalar(l->x);
    mpin_random_scalar(l->y);
    if (mpin_client_secret(l->master, l->hash, l->secret) != MPIN_ACCEPTED ||
        mpin_server_secret(l->master, l->server_secret) != MPIN_ACCEPTED)
        return 1;
    client_token(l->secret, l->hash, LOGIN_PIN, l->token);
    client_pass1(l->hash, l->x, l->u);
    client_pass2(l->token, l->hash, LOGIN_PIN, l->x, l->y, l->v);
    l->server = mpin_server_make(l->server_secret);
    return l->server ? 0 : 1;
}

int login_drop(void **state)
{
    login_t *l = *state;
    mpin_server_free(l->server);
    free(l);
    return 0;
}

void login_from_hex(unsigned char *bytes, size_t len, const char *text)
{
    assert_int_equal(strlen(text), 2 * len);
    assert_int_equal(sodium_hex2bin(bytes, len, text, 2 * len, NULL, NULL, NULL), 0);
}

void login_negate(g1_t point)
{
    blst_p1_affine affine;
    assert_int_equal(mpin_g1_decode(&affine, point), MPIN_ACCEPTED);
    blst_fp_cneg(&affine.y, &affine.y, true);
    mpin_g1_encode(point, &affine);
}

mpin_status_t judge_with_permit(const mpin_server_t *server,
                                const unsigned char hash[MPIN_HASH_BYTES],
                                const unsigned char ut[MPIN_G1_BYTES], uint32_t date,
                                const unsigned char y[MPIN_SCALAR_BYTES],
                                const unsigned char v[MPIN_G1_BYTES])
{
    const mpin_status_t status = mpin_check_g1(ut);
    if (status != MPIN_ACCEPTED)
        return status;

    unsigned char identity[MPIN_G1_BYTES];
    mpin_identity_on(date, hash, identity);
    return mpin_verify_kept(server, identity, ut, y, v);
}
