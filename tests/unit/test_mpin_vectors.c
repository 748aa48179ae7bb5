/* SPDX-License-Identifier: Apache-2.0 */
/* Bit for bit what MIRACL's own library computes: tests/unit/vectors/make_vectors.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include "mpin/point.h"
#include "mpin_client.h"
#include "mpin_login.h"

#define MPIN_ID_BYTES 256

static json_t *vectors;

static size_t bytes_of(const json_t *vector, const char *name, unsigned char *bytes, size_t max)
{
    const char *text = json_string_value(json_object_get(vector, name));
    assert_non_null(text);
    size_t len;
    assert_int_equal(sodium_hex2bin(bytes, max, text, strlen(text), NULL, &len, NULL), 0);
    return len;
}

static void exactly(const json_t *vector, const char *name, unsigned char *bytes, size_t len)
{
    assert_int_equal(bytes_of(vector, name, bytes, len), len);
}

static uint32_t number_of(const json_t *vector, const char *name)
{
    const json_t *number = json_object_get(vector, name);
    assert_true(json_is_integer(number));
    return (uint32_t)json_integer_value(number);
}

/* The named field holds these bytes. */
static void assert_field(const json_t *vector, const char *name, const unsigned char *bytes,
                         size_t len)
{
    unsigned char wanted[MPIN_G2_BYTES];
    exactly(vector, name, wanted, len);
    assert_memory_equal(bytes, wanted, len);
}

static void there_are_at_least_48_vectors(void **state)
{
    (void)state;
    assert_true(json_array_size(vectors) >= 48);
}

static void an_identity_hashes_to_the_same_point(void **state)
{
    (void)state;
    size_t i;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        unsigned char mpin_id[MPIN_ID_BYTES], hash[MPIN_HASH_BYTES], wire[MPIN_G1_BYTES];
        size_t len = bytes_of(vector, "mpin_id", mpin_id, sizeof mpin_id);
        crypto_hash_sha256(hash, mpin_id, len);
        assert_field(vector, "hash", hash, sizeof hash);

        blst_p1 h;
        blst_p1_affine affine;
        mpin_identity_point(&h, hash);
        blst_p1_to_affine(&affine, &h);
        mpin_g1_encode(wire, &affine);
        assert_field(vector, "h", wire, sizeof wire);
    }
}

static void a_master_share_issues_the_same_secrets(void **state)
{
    (void)state;
    size_t i;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        unsigned char master[MPIN_SCALAR_BYTES], hash[MPIN_HASH_BYTES];
        unsigned char client[MPIN_G1_BYTES], server[MPIN_G2_BYTES];
        exactly(vector, "master", master, sizeof master);
        exactly(vector, "hash", hash, sizeof hash);

        assert_int_equal(mpin_client_secret(master, hash, client), MPIN_ACCEPTED);
        assert_field(vector, "client_secret", client, sizeof client);
        assert_int_equal(mpin_server_secret(master, server), MPIN_ACCEPTED);
        assert_field(vector, "server_secret", server, sizeof server);
    }
}

static void a_client_computes_the_same_token_and_passes(void **state)
{
    (void)state;
    size_t i;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        unsigned char hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES];
        unsigned char secret[MPIN_G1_BYTES], token[MPIN_G1_BYTES], u[MPIN_G1_BYTES],
            v[MPIN_G1_BYTES];
        exactly(vector, "hash", hash, sizeof hash);
        exactly(vector, "client_secret", secret, sizeof secret);
        exactly(vector, "x", x, sizeof x);
        exactly(vector, "y", y, sizeof y);

        client_token(secret, hash, number_of(vector, "pin"), token);
        assert_field(vector, "token", token, sizeof token);
        client_pass1(hash, x, u);
        assert_field(vector, "u", u, sizeof u);
        client_pass2(token, hash, number_of(vector, "pin"), x, y, v);
        assert_field(vector, "v", v, sizeof v);
        client_pass2(token, hash, number_of(vector, "wrong_pin"), x, y, v);
        assert_field(vector, "wrong_v", v, sizeof v);
    }
}

static void miracls_right_pin_is_accepted_and_its_wrong_pin_is_not(void **state)
{
    (void)state;
    size_t i;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        unsigned char hash[MPIN_HASH_BYTES], y[MPIN_SCALAR_BYTES], server_secret[MPIN_G2_BYTES];
        unsigned char u[MPIN_G1_BYTES], v[MPIN_G1_BYTES], wrong_v[MPIN_G1_BYTES];
        exactly(vector, "hash", hash, sizeof hash);
        exactly(vector, "y", y, sizeof y);
        exactly(vector, "server_secret", server_secret, sizeof server_secret);
        exactly(vector, "u", u, sizeof u);
        exactly(vector, "v", v, sizeof v);
        exactly(vector, "wrong_v", wrong_v, sizeof wrong_v);

        mpin_server_t *server = mpin_server_make(server_secret);
        assert_non_null(server);
        assert_int_equal(mpin_verify(server, hash, u, y, v), MPIN_ACCEPTED);
        assert_int_equal(mpin_verify(server, hash, u, y, wrong_v), MPIN_WRONG_PIN);
        mpin_server_free(server);
    }
}

static void two_dtas_shares_add_up_to_the_same_secrets(void **state)
{
    (void)state;
    size_t i, seen = 0;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        const json_t *second = json_object_get(vector, "second_dta");
        if (!second)
            continue;
        unsigned char client[MPIN_G1_BYTES], client2[MPIN_G1_BYTES];
        unsigned char server[MPIN_G2_BYTES], server2[MPIN_G2_BYTES];
        exactly(vector, "client_secret", client, sizeof client);
        exactly(second, "client_share", client2, sizeof client2);
        exactly(vector, "server_secret", server, sizeof server);
        exactly(second, "server_share", server2, sizeof server2);

        assert_int_equal(mpin_recombine_g1(client, client2, client), MPIN_ACCEPTED);
        assert_field(second, "client_sum", client, sizeof client);
        assert_int_equal(mpin_recombine_g2(server, server2, server), MPIN_ACCEPTED);
        assert_field(second, "server_sum", server, sizeof server);
        seen++;
    }
    assert_true(seen > 0);
}

static void a_time_permit_is_the_same_and_its_proof_is_accepted(void **state)
{
    (void)state;
    size_t i, seen = 0;
    json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        const json_t *issued = json_object_get(vector, "permit");
        if (!issued)
            continue;
        unsigned char hash[MPIN_HASH_BYTES], master[MPIN_SCALAR_BYTES], x[MPIN_SCALAR_BYTES];
        unsigned char y[MPIN_SCALAR_BYTES], secret[MPIN_G1_BYTES], permit[MPIN_G1_BYTES];
        unsigned char ut[MPIN_G1_BYTES], v[MPIN_G1_BYTES], server_secret[MPIN_G2_BYTES];
        exactly(vector, "hash", hash, sizeof hash);
        exactly(vector, "master", master, sizeof master);
        exactly(vector, "x", x, sizeof x);
        exactly(vector, "y", y, sizeof y);
        exactly(vector, "client_secret", secret, sizeof secret);
        exactly(vector, "server_secret", server_secret, sizeof server_secret);
        uint32_t date = number_of(issued, "date");

        assert_int_equal(mpin_time_permit(master, date, hash, permit), MPIN_ACCEPTED);
        assert_field(issued, "permit", permit, sizeof permit);
        client_pass1_permit(hash, date, x, ut);
        assert_field(issued, "ut", ut, sizeof ut);
        assert_int_equal(mpin_recombine_g1(secret, permit, secret), MPIN_ACCEPTED);
        client_answer(secret, x, y, v);
        assert_field(issued, "v", v, sizeof v);

        mpin_server_t *server = mpin_server_make(server_secret);
        assert_int_equal(judge_with_permit(server, hash, ut, date, y, v), MPIN_ACCEPTED);
        mpin_server_free(server);
        seen++;
    }
    assert_true(seen > 0);
}

int main(void)
{
    vectors = json_load_file("tests/unit/vectors/mpin.json", JSON_REJECT_DUPLICATES, NULL);
    if (sodium_init() < 0 || !json_is_array(vectors))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_at_least_48_vectors),
        cmocka_unit_test(an_identity_hashes_to_the_same_point),
        cmocka_unit_test(a_master_share_issues_the_same_secrets),
        cmocka_unit_test(a_client_computes_the_same_token_and_passes),
        cmocka_unit_test(miracls_right_pin_is_accepted_and_its_wrong_pin_is_not),
        cmocka_unit_test(two_dtas_shares_add_up_to_the_same_secrets),
        cmocka_unit_test(a_time_permit_is_the_same_and_its_proof_is_accepted),
    };
    int failed = cmocka_run_group_tests_name("mpin_vectors", tests, NULL, NULL);
    json_decref(vectors);
    return failed;
}
