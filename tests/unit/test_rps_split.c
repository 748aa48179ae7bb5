/* SPDX-License-Identifier: Apache-2.0 */
/* One D-TA for clients that always ask two: the halves of a secret and of a permit. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "keys/keys_app.h"
#include "dta/halves.h"
#include "dta/serve.h"
#include "rps_desk.h"

static dta_request_t read_query(apr_pool_t *p, const char *query)
{
    dta_request_t request = {false};
    char *state, *text = apr_pstrdup(p, query);
    for (char *pair = apr_strtok(text, "&", &state); pair; pair = apr_strtok(NULL, "&", &state)) {
        char *value = strchr(pair, '=');
        *value++ = '\0';
        for (char *colon; (colon = strstr(value, "%3A"));)
            memmove(colon + 1, colon + 3, strlen(colon + 3) + 1), *colon = ':';
        if (!strcmp(pair, "app_id"))
            request.app_id = value;
        else if (!strcmp(pair, "expires"))
            request.expires = value;
        else if (!strcmp(pair, "hash_mpin_id"))
            request.hash_mpin_id = value;
        else if (!strcmp(pair, "hash_user_id"))
            request.hash_user_id = value;
        else if (!strcmp(pair, "signature"))
            request.signature = value;
    }
    return request;
}

static void point_of(const result_t *result, const char *field, unsigned char point[MPIN_G1_BYTES])
{
    assert_int_equal(result->status, 200);
    const char *text = json_text(result->json, field, 2 * MPIN_G1_BYTES);
    assert_true(text && hex_decode(text, point, MPIN_G1_BYTES));
}

/* A registration as an old client does it, up to its first half; `more` is what it asks next. */
static dta_request_t first_half(desk_t *desk, const char *name, device_t *device,
                                unsigned char half[MPIN_G1_BYTES])
{
    caller_t caller = desk_browser(desk);
    assert_int_equal(desk_register(desk, &caller, name, device), 200);
    result_t *result =
        rps_signature_in_two(desk->rps, &caller, device->mpin_id, device->reg_ott, desk->pool);
    point_of(result, "clientSecretShare", half);
    return read_query(desk->pool, json_text(result->json, "params", 1024));
}

static result_t *second_half(desk_t *desk, const dta_request_t *request)
{
    caller_t caller = desk_browser(desk);
    return rps_half_client_secret(desk->rps, &caller, request, desk->pool);
}

static void a_client_that_asks_two_gets_its_secret_in_halves(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    unsigned char one[MPIN_G1_BYTES], other[MPIN_G1_BYTES], secret[MPIN_G1_BYTES],
        expected[MPIN_G1_BYTES];
    dta_request_t request = first_half(desk, "anna", &device, one);
    point_of(second_half(desk, &request), "clientSecret", other);
    assert_int_equal(mpin_recombine_g1(one, other, secret), MPIN_ACCEPTED);
    mpin_client_secret(keys_master(desk->keys)->bytes, device.hash, expected);
    assert_memory_equal(secret, expected, sizeof secret);
    assert_memory_not_equal(one, expected, sizeof one);
    assert_memory_not_equal(other, expected, sizeof other);
    client_token(secret, device.hash, DESK_PIN, device.token);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void one_half_is_a_wrong_pin(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    unsigned char half[2][MPIN_G1_BYTES];
    dta_request_t request = first_half(desk, "anna", &device, half[0]);
    point_of(second_half(desk, &request), "clientSecret", half[1]);
    for (int i = 0; i < 2; i++) {
        client_token(half[i], device.hash, DESK_PIN, device.token);
        assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 401);
    }
}

static void the_second_half_is_given_once_and_soon(void **state)
{
    desk_t *desk = *state;
    device_t device;
    unsigned char half[MPIN_G1_BYTES];
    dta_request_t request = first_half(desk, "anna", &device, half);
    assert_int_equal(second_half(desk, &request)->status, 200);
    result_t *result = second_half(desk, &request);
    assert_int_equal(result->status, 408);
    assert_string_equal(result->code, "dta_request_used");

    request = first_half(desk, "bert", &device, half);
    desk->shift += apr_time_from_sec(61);
    assert_string_equal(second_half(desk, &request)->code, "dta_request_expired");
}

/* A signature alone gives nothing: there must be a registration that waits for its second half. */
static void no_registration_no_half(void **state)
{
    desk_t *desk = *state;
    device_t device;
    const halves_t *halves = halves_make(desk->keys, desk->pool);
    desk_enrol(desk, "anna", &device); /* by a client of ours, that took it whole */
    const char *hash = hex_encode(desk->pool, device.hash, sizeof device.hash);
    dta_request_t request =
        read_query(desk->pool,
                   dta_sign_client_secret(halves_app(halves), hash, 0, apr_time_now(), desk->pool));
    assert_string_equal(second_half(desk, &request)->code, "dta_request_used");

    unsigned char half[MPIN_G1_BYTES];
    request = first_half(desk, "bert", &device, half);
    request.hash_mpin_id = hash;
    assert_string_equal(second_half(desk, &request)->code, "dta_signature_wrong");
}

static void a_half_s_signature_is_none_for_a_D_TA(void **state)
{
    desk_t *desk = *state;
    device_t device;
    unsigned char half[MPIN_G1_BYTES];
    dta_request_t request = first_half(desk, "anna", &device, half);
    dta_service_t *service =
        dta_service_make(desk->keys, desk->store, &desk->log, apr_time_now(), desk->pool);
    result_t *result = dta_serve_client_secret(service, &request, apr_time_now(), desk->pool);
    assert_string_equal(result->code, "dta_signature_wrong");
    request = read_query(desk->pool, dta_sign_client_secret(keys_dta_app(desk->keys, desk->pool),
                                                            request.hash_mpin_id, 0, apr_time_now(),
                                                            desk->pool));
    assert_string_equal(second_half(desk, &request)->code, "dta_signature_wrong");
}

static void permits_come_in_halves_too(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    unsigned char one[MPIN_G1_BYTES], other[MPIN_G1_BYTES], whole[MPIN_G1_BYTES];
    desk->settings.time_permits = true;
    desk_enrol(desk, "anna", &device);
    result_t *result = rps_time_permit_in_two(desk->rps, &caller, device.mpin_id, desk->pool);
    dta_request_t request = {.hash_mpin_id = json_text(result->json, "storageId", 64),
                             .signature = json_text(result->json, "signature", 64)};
    point_of(result, "timePermit", one);
    point_of(rps_half_time_permit(desk->rps, &caller, &request, desk->pool), "timePermit", other);
    point_of(rps_time_permit(desk->rps, &caller, device.mpin_id, desk->pool), "timePermit", whole);
    assert_int_equal(mpin_recombine_g1(one, other, one), MPIN_ACCEPTED);
    assert_memory_equal(one, whole, sizeof one);

    people_revoke_identity(desk->people, device.handle, apr_time_now(), desk->pool);
    result = rps_half_time_permit(desk->rps, &caller, &request, desk->pool);
    assert_string_equal(result->code, "identity_revoked");
    request.signature = "00";
    result = rps_half_time_permit(desk->rps, &caller, &request, desk->pool);
    assert_string_equal(result->code, "dta_signature_wrong");
}

static void our_own_client_gets_all_at_once(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "anna", &device), 200);
    result_t *result =
        rps_signature(desk->rps, &caller, device.mpin_id, device.reg_ott, desk->pool);
    assert_string_equal(json_text(result->json, "params", 1), "");
    result = rps_client_settings(desk->rps, &caller, desk->pool);
    assert_string_equal(json_text(result->json, "certivoxURL", 64), "/rps/dta/");
    assert_null(json_object_get(result->json, "secondDTA"));
}

/* ---- the file that an RPS and its D-TA share ------------------------------------------------- */

static const char *put_file(desk_t *desk, const char *text)
{
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/app.key", NULL);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
    return path;
}

static void a_key_file_is_read_as_it_was_written(void **state)
{
    desk_t *desk = *state;
    bool made;
    const char *why = "", *path = apr_pstrcat(desk->pool, desk->dir, "/keys/mpin.keys.dta", NULL);
    const keys_app_t *app = keys_dta_app(desk->keys, desk->pool);
    assert_true(keys_app_write(app, path, &made, desk->pool, &why));
    assert_true(made);
    assert_true(keys_app_write(app, path, &made, desk->pool, &why));
    assert_false(made);
    const keys_app_t *read = keys_app_open(path, desk->pool, &why);
    assert_non_null(read);
    assert_string_equal(read->id, keys_app_id(desk->keys));
    assert_memory_equal(read->key->bytes, app->key->bytes, KEY_BYTES);

    assert_int_equal(chmod(path, 0644), 0);
    assert_null(keys_app_open(path, desk->pool, &why));
    assert_non_null(strstr(why, "chmod 600"));
}

static void what_is_no_key_file_is_refused(void **state)
{
    desk_t *desk = *state;
    static const char id[] = "00112233445566778899aabbccddeeff",
                      key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee01";
    const char *good = apr_pstrcat(desk->pool, id, ":", key, "\n", NULL), *why = "";
    assert_non_null(keys_app_open(put_file(desk, good), desk->pool, &why));
    const char *bad[] = {"",
                         "\n",
                         id,
                         apr_pstrcat(desk->pool, id, ":", id, NULL),
                         apr_pstrcat(desk->pool, id, " ", key, NULL),
                         apr_pstrcat(desk->pool, id, "_", key, NULL),
                         apr_pstrcat(desk->pool, id, ":", key, "00", NULL),
                         apr_pstrcat(desk->pool, "X", id + 1, ":", key, NULL),
                         apr_pstrcat(desk->pool, id, ":X", key + 1, NULL)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(keys_app_open(put_file(desk, bad[i]), desk->pool, &why));
    assert_null(keys_app_open("/nothing/here", desk->pool, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_client_that_asks_two_gets_its_secret_in_halves),
        DESK_TEST(one_half_is_a_wrong_pin),
        DESK_TEST(the_second_half_is_given_once_and_soon),
        DESK_TEST(no_registration_no_half),
        DESK_TEST(a_half_s_signature_is_none_for_a_D_TA),
        DESK_TEST(permits_come_in_halves_too),
        DESK_TEST(our_own_client_gets_all_at_once),
        DESK_TEST(a_key_file_is_read_as_it_was_written),
        DESK_TEST(what_is_no_key_file_is_refused),
    };
    return cmocka_run_group_tests_name("rps_split", tests, NULL, NULL);
}
