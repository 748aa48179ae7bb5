/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_H
#define MPIN_LOGIN_H

#include <stddef.h>
#include "mpin_client.h"

/* One PIN login that would succeed, for tests that spoil one thing of it. */
#define LOGIN_PIN 1234
#define LOGIN_DAY 20000

typedef unsigned char g1_t[MPIN_G1_BYTES];
typedef unsigned char g2_t[MPIN_G2_BYTES];
typedef unsigned char scalar_t[MPIN_SCALAR_BYTES];

typedef struct login_t {
    unsigned char hash[MPIN_HASH_BYTES];
    scalar_t master, x, y;
    g1_t identity, secret, token, u, v;
    g2_t server_secret;
    mpin_server_t *server;
} login_t;

/* cmocka: makes a fresh login for each test, as *state. */
int login_make(void **state);
int login_drop(void **state);
#define LOGIN_TEST(name) cmocka_unit_test_setup_teardown(name, login_make, login_drop)

/* Exactly `len` bytes of hex, or the test fails. */
void login_from_hex(unsigned char *bytes, size_t len, const char *text);

/* point = -point */
void login_negate(g1_t point);

/* The group's order r. */
#define LOGIN_ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"

/* A server's look at a proof with a time permit: UT is checked as at pass1, the proof as at pass2. */
mpin_status_t judge_with_permit(const mpin_server_t *server,
                                const unsigned char hash[MPIN_HASH_BYTES],
                                const unsigned char ut[MPIN_G1_BYTES], uint32_t date,
                                const unsigned char y[MPIN_SCALAR_BYTES],
                                const unsigned char v[MPIN_G1_BYTES]);

#endif
