/* SPDX-License-Identifier: Apache-2.0 */
/* What every D-TA promises (dta/dta.h), whatever it is made of. */
#include <apr_strings.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "dta/local.h"
#include "dta/second.h"
#include "http_peer.h"
#include "mpin_client.h"
#include "mpin_login.h"
#include "rps_desk.h"

#define DAY 20000

static const unsigned char hash[MPIN_HASH_BYTES] = {1, 2, 3};

/* A D-TA, and the master share of the other one where a client has to ask that, too. */
static desk_t *desk, *there;
static dta_t *dta;
static const secret_t *other;

static int begin_local(void **state)
{
    if (desk_make(state))
        return -1;
    desk = *state;
    other = NULL;
    dta = dta_local(desk->keys, desk->pool);
    return 0;
}

/* The second D-TA has the keys of another desk, and answers once. */
static int begin_with_second(void **state)
{
    void *second;
    unsigned char share[MPIN_G2_BYTES];
    if (begin_local(state) || desk_make(&second))
        return -1;
    there = second;
    other = keys_master(there->keys);
    mpin_server_secret(other->bytes, share);
    const char *body = apr_psprintf(desk->pool, "{\"serverSecret\": \"%s\"}",
                                    hex_encode(desk->pool, share, sizeof share));
    http_peer_start(apr_psprintf(desk->pool,
                                 "HTTP/1.1 200 OK\r\nContent-Length: %" APR_SIZE_T_FMT "\r\n\r\n%s",
                                 strlen(body), body),
                    0);
    dta = dta_with_second(http_peer_url(), keys_dta_app(there->keys, desk->pool), dta, desk->store,
                          http_make(desk->pool), seats_make(1, desk->pool), &desk->log, desk->pool);
    return dta ? 0 : -1;
}

static int end(void **state)
{
    void *second = there;
    there = NULL;
    http_peer_stop(NULL);
    return desk_drop(state) | (second ? desk_drop(&second) : 0);
}

/* ---- a client of it -------------------------------------------------------------------------- */

static void whole_secret(unsigned char secret[MPIN_G1_BYTES])
{
    unsigned char theirs[MPIN_G1_BYTES];
    assert_int_equal(dta_client_secret(dta, hash, secret), MPIN_ACCEPTED);
    if (!other)
        return;
    assert_int_equal(mpin_client_secret(other->bytes, hash, theirs), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(secret, theirs, secret), MPIN_ACCEPTED);
}

static void whole_permit(unsigned char permit[MPIN_G1_BYTES])
{
    unsigned char theirs[MPIN_G1_BYTES];
    assert_int_equal(dta_time_permit(dta, DAY, hash, permit), MPIN_ACCEPTED);
    if (!other)
        return;
    assert_int_equal(mpin_time_permit(other->bytes, DAY, hash, theirs), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(permit, theirs, permit), MPIN_ACCEPTED);
}

static mpin_server_t *verifier(void)
{
    unsigned char secret[MPIN_G2_BYTES];
    assert_int_equal(dta_server_secret(dta, apr_time_now(), secret, desk->pool), DTA_OK);
    return mpin_server_make(secret);
}

static mpin_status_t proof(mpin_server_t *server, const unsigned char token[MPIN_G1_BYTES],
                           uint32_t pin)
{
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES], u[MPIN_G1_BYTES], v[MPIN_G1_BYTES];
    mpin_random_scalar(x);
    mpin_random_scalar(y);
    client_pass1(hash, x, u);
    client_pass2(token, hash, pin, x, y, v);
    return mpin_verify(server, hash, u, y, v);
}

/* ---- promises -------------------------------------------------------------------------------- */

static void secrets_of_client_and_server_belong_together(void **state)
{
    (void)state;
    unsigned char secret[MPIN_G1_BYTES], token[MPIN_G1_BYTES];
    mpin_server_t *server = verifier();
    whole_secret(secret);
    client_token(secret, hash, 1234, token);
    assert_int_equal(proof(server, token, 1234), MPIN_ACCEPTED);
    assert_int_equal(proof(server, token, 1235), MPIN_WRONG_PIN);
    mpin_server_free(server);
}

static void a_permit_belongs_to_them_for_its_day(void **state)
{
    (void)state;
    unsigned char secret[MPIN_G1_BYTES], permit[MPIN_G1_BYTES], u[MPIN_G1_BYTES], v[MPIN_G1_BYTES];
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES];
    mpin_server_t *server = verifier();
    whole_secret(secret);
    whole_permit(permit);
    assert_int_equal(mpin_recombine_g1(secret, permit, secret), MPIN_ACCEPTED);
    mpin_random_scalar(x);
    mpin_random_scalar(y);
    client_pass1_permit(hash, DAY, x, u);
    client_answer(secret, x, y, v);
    assert_int_equal(judge_with_permit(server, hash, u, DAY, y, v), MPIN_ACCEPTED);
    assert_int_equal(judge_with_permit(server, hash, u, DAY + 1, y, v), MPIN_WRONG_PIN);
    mpin_server_free(server);
}

static void each_id_has_a_share_of_its_own_and_always_the_same(void **state)
{
    (void)state;
    static const unsigned char another[MPIN_HASH_BYTES] = {3, 2, 1};
    unsigned char one[MPIN_G1_BYTES], again[MPIN_G1_BYTES], two[MPIN_G1_BYTES];
    assert_int_equal(dta_client_secret(dta, hash, one), MPIN_ACCEPTED);
    assert_int_equal(dta_client_secret(dta, hash, again), MPIN_ACCEPTED);
    assert_int_equal(dta_client_secret(dta, another, two), MPIN_ACCEPTED);
    assert_memory_equal(one, again, sizeof one);
    assert_memory_not_equal(one, two, sizeof one);
}

static void the_share_is_of_the_key_files_master(void **state)
{
    (void)state;
    unsigned char issued[MPIN_G1_BYTES], expected[MPIN_G1_BYTES];
    assert_int_equal(dta_client_secret(dta, hash, issued), MPIN_ACCEPTED);
    assert_int_equal(mpin_client_secret(keys_master(desk->keys)->bytes, hash, expected),
                     MPIN_ACCEPTED);
    assert_memory_equal(issued, expected, sizeof issued);
}

static void the_servers_secret_stays_the_same(void **state)
{
    (void)state;
    unsigned char first[MPIN_G2_BYTES], later[MPIN_G2_BYTES];
    const apr_time_t now = apr_time_now();
    assert_int_equal(dta_server_secret(dta, now, first, desk->pool), DTA_OK);
    assert_int_equal(dta_check(dta, now, desk->pool), DTA_OK);
    assert_int_equal(dta_server_secret(dta, now + apr_time_from_sec(3600), later, desk->pool),
                     DTA_OK);
    assert_memory_equal(first, later, sizeof first);
}

static void a_client_is_told_where_the_other_share_is_or_that_there_is_none(void **state)
{
    (void)state;
    const char *query = dta_client_query(dta, hash, apr_time_now(), desk->pool);
    const char *signature = dta_permit_signature(dta, hash, desk->pool);
    if (!other) {
        assert_null(dta_other_url(dta));
        assert_string_equal(query, "");
        assert_string_equal(signature, "");
        assert_string_equal(dta_made_of(dta), "one D-TA"); /* as stores have it on record */
        return;
    }
    assert_string_equal(dta_other_url(dta), http_peer_url());
    assert_non_null(strstr(query, keys_app_id(there->keys)));
    assert_non_null(strstr(query, hex_encode(desk->pool, hash, sizeof hash)));
    assert_int_equal(strlen(signature), 64);
    assert_string_equal(dta_made_of(dta), keys_app_id(there->keys));
}

int main(void)
{
#define PROMISE(name)                                                                              \
    {"local: " #name, name, begin_local, end, NULL},                                               \
    {                                                                                              \
        "with a second one: " #name, name, begin_with_second, end, NULL                            \
    }
    const struct CMUnitTest promises[] = {
        PROMISE(secrets_of_client_and_server_belong_together),
        PROMISE(a_permit_belongs_to_them_for_its_day),
        PROMISE(each_id_has_a_share_of_its_own_and_always_the_same),
        PROMISE(the_share_is_of_the_key_files_master),
        PROMISE(the_servers_secret_stays_the_same),
        PROMISE(a_client_is_told_where_the_other_share_is_or_that_there_is_none),
    };
    return cmocka_run_group_tests_name("dta", promises, NULL, NULL);
}
