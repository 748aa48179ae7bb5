#include <apr_general.h>
#include <apr_strings.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "dta/dta.h"
#include "mpin_client.h"

static apr_pool_t *pool;
static char dir[] = "/tmp/mpin-dta-XXXXXX";
static unsigned char hash[MPIN_HASH_BYTES] = {1, 2, 3};

static keys_t *new_keys(const char *name)
{
    keys_t *keys;
    const char *why, *path = apr_pstrcat(pool, dir, "/", name, "/mpin.keys", NULL);
    assert_int_equal(keys_create(path, NULL, pool, &why), KEYS_OK);
    assert_int_equal(keys_open(&keys, path, NULL, getuid(), pool, &why), KEYS_OK);
    return keys;
}

static void secrets_of_client_and_server_belong_together(void **state)
{
    (void)state;
    dta_t *dta = dta_local(new_keys("one"), pool);
    unsigned char client[MPIN_G1_BYTES], server[MPIN_G2_BYTES], token[MPIN_G1_BYTES];
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES], u[MPIN_G1_BYTES], v[MPIN_G1_BYTES];
    assert_int_equal(dta_client_secret(dta, hash, client), MPIN_ACCEPTED);
    assert_int_equal(dta_server_secret(dta, server), MPIN_ACCEPTED);
    mpin_server_t *verifier = mpin_server_make(server);
    mpin_random_scalar(x);
    mpin_random_scalar(y);
    client_token(client, hash, 1234, token);
    client_pass1(hash, x, u);
    client_pass2(token, hash, 1234, x, y, v);
    assert_int_equal(mpin_verify(verifier, hash, u, y, v), MPIN_ACCEPTED);
    client_pass2(token, hash, 1235, x, y, v);
    assert_int_equal(mpin_verify(verifier, hash, u, y, v), MPIN_WRONG_PIN);
    mpin_server_free(verifier);
}

static void secrets_are_those_of_the_key_files_master_share(void **state)
{
    (void)state;
    keys_t *keys = new_keys("two");
    unsigned char issued[MPIN_G1_BYTES], expected[MPIN_G1_BYTES], other[MPIN_G1_BYTES];
    assert_int_equal(dta_client_secret(dta_local(keys, pool), hash, issued), MPIN_ACCEPTED);
    assert_int_equal(mpin_client_secret(keys_master(keys)->bytes, hash, expected), MPIN_ACCEPTED);
    assert_memory_equal(issued, expected, sizeof issued);
    assert_int_equal(dta_client_secret(dta_local(new_keys("three"), pool), hash, other),
                     MPIN_ACCEPTED);
    assert_memory_not_equal(issued, other, sizeof issued);
}

static int set_up(void **state)
{
    (void)state;
    return apr_initialize() || apr_pool_create(&pool, NULL) || sodium_init() < 0 || !mkdtemp(dir);
}

static int tear_down(void **state)
{
    (void)state;
    const char *command = apr_pstrcat(pool, "rm -rf '", dir, "'", NULL);
    int failed = system(command);
    apr_pool_destroy(pool);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_of_client_and_server_belong_together),
        cmocka_unit_test(secrets_are_those_of_the_key_files_master_share),
    };
    return cmocka_run_group_tests_name("dta", tests, set_up, tear_down);
}
