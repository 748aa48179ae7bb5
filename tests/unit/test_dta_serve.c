/* SPDX-License-Identifier: Apache-2.0 */
/* A D-TA that serves others. Tests that carry a name of docs/security.md test that rule. */
#include <apr_strings.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "dta/serve.h"
#include "rps_desk.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddee01"
#define OTHER "00112233445566778899aabbccddeeff00112233445566778899aabbccddee02"
#define DAY apr_time_from_sec(86400)

/* Two D-TAs: this desk's, and one of other keys and another store. */
static desk_t *here, *there;
static dta_service_t *service, *other;
static const keys_app_t *app;

static dta_service_t *serve(desk_t *desk)
{
    return dta_service_make(desk->keys, desk->store, &desk->log, apr_time_now(), desk->pool);
}

static int open_two(void **state)
{
    void *first, *second;
    if (desk_make(&first) || desk_make(&second))
        return -1;
    *state = here = first;
    there = second;
    service = serve(here);
    other = serve(there);
    app = keys_dta_app(here->keys, here->pool);
    return service && other && app ? 0 : -1;
}

static int close_two(void **state)
{
    void *second = there;
    return desk_drop(state) | desk_drop(&second);
}

/* The fields of a query, as the edge reads them. */
static dta_request_t read_query(const char *query)
{
    dta_request_t request = {false};
    char *text = apr_pstrdup(here->pool, query), *state;
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
        else if (!strcmp(pair, "count"))
            request.count = value;
    }
    return request;
}

static dta_request_t secret_request(const char *hash)
{
    return read_query(dta_sign_client_secret(app, hash, 0, apr_time_now(), here->pool));
}

/* The code of the answer, "" for 200. */
static const char *ask_secret(const dta_service_t *whom, const dta_request_t *request)
{
    result_t *result = dta_serve_client_secret(whom, request, apr_time_now(), here->pool);
    return result->code ? result->code : "";
}

static const char *sign(const char *message)
{
    unsigned char mac[32];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, app->key->bytes, app->key->len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message, strlen(message));
    crypto_auth_hmacsha256_final(&state, mac);
    return hex_encode(here->pool, mac, sizeof mac);
}

static const char *time_of(apr_time_t when)
{
    apr_time_exp_t t;
    apr_time_exp_gmt(&t, when);
    return apr_psprintf(here->pool, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900,
                        t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

/* ---- what is answered ------------------------------------------------------------------------ */

static void shares_of_two_dtas_make_one_secret(void **state)
{
    (void)state;
    unsigned char client[2][MPIN_G1_BYTES], server[2][MPIN_G2_BYTES], hash[MPIN_HASH_BYTES];
    const keys_app_t *apps[] = {app, keys_dta_app(there->keys, there->pool)};
    const dta_service_t *both[] = {service, other};
    assert_true(hex_decode(HASH, hash, sizeof hash));
    for (int i = 0; i < 2; i++) {
        dta_request_t request =
            read_query(dta_sign_client_secret(apps[i], HASH, 0, apr_time_now(), here->pool));
        result_t *result = dta_serve_client_secret(both[i], &request, apr_time_now(), here->pool);
        assert_int_equal(result->status, 200);
        assert_string_equal(json_text(result->json, "message", 8), "OK");
        assert_true(hex_decode(json_text(result->json, "clientSecret", 2 * MPIN_G1_BYTES),
                               client[i], MPIN_G1_BYTES));
        request = read_query(dta_sign_server_secret(apps[i], apr_time_now(), here->pool));
        result = dta_serve_server_secret(both[i], &request, apr_time_now(), here->pool);
        assert_int_equal(result->status, 200);
        assert_int_equal(strlen(json_text(result->json, "startTime", 32)), 20);
        assert_true(hex_decode(json_text(result->json, "serverSecret", 2 * MPIN_G2_BYTES),
                               server[i], MPIN_G2_BYTES));
    }
    unsigned char secret[MPIN_G1_BYTES], sum[MPIN_G2_BYTES], token[MPIN_G1_BYTES];
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES], u[MPIN_G1_BYTES], v[MPIN_G1_BYTES];
    assert_int_equal(mpin_recombine_g1(client[0], client[1], secret), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g2(server[0], server[1], sum), MPIN_ACCEPTED);
    mpin_server_t *verifier = mpin_server_make(sum);
    mpin_random_scalar(x);
    mpin_random_scalar(y);
    client_pass1(hash, x, u);
    client_token(secret, hash, 1234, token);
    client_pass2(token, hash, 1234, x, y, v);
    assert_int_equal(mpin_verify(verifier, hash, u, y, v), MPIN_ACCEPTED);
    for (int i = 0; i < 2; i++) { /* one share alone is nobody's secret */
        client_answer(client[i], x, y, v);
        assert_int_equal(mpin_verify(verifier, hash, u, y, v), MPIN_WRONG_PIN);
    }
    mpin_server_free(verifier);
}

static void status_needs_no_signature(void **state)
{
    (void)state;
    result_t *result = dta_serve_status(service, here->pool);
    assert_int_equal(result->status, 200);
    assert_string_equal(json_text(result->json, "message", 8), "OK");
    assert_int_equal(json_array_size(json_object_get(result->json, "startTime")), 1);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void a_request_is_good_once(void **state)
{
    (void)state;
    dta_request_t request = secret_request(HASH);
    assert_string_equal(ask_secret(service, &request), "");
    assert_string_equal(ask_secret(service, &request), "dta_request_used");
    request = read_query(dta_sign_server_secret(app, apr_time_now(), here->pool));
    assert_int_equal(dta_serve_server_secret(service, &request, apr_time_now(), here->pool)->status,
                     200);
    assert_int_equal(dta_serve_server_secret(service, &request, apr_time_now(), here->pool)->status,
                     408);
}

static void an_id_gets_one_secret_ever(void **state)
{
    (void)state;
    dta_request_t request = secret_request(HASH);
    assert_string_equal(ask_secret(service, &request), "");
    const char *before = request.expires;
    do
        request = secret_request(HASH);
    while (!strcmp(request.expires, before)); /* else it is the same request once more */
    assert_string_equal(ask_secret(service, &request), "dta_secret_issued");
    request = secret_request(OTHER);
    assert_string_equal(ask_secret(service, &request), "");
}

static void params_seen_by_one_dta_are_useless_at_the_other(void **state)
{
    (void)state;
    dta_request_t request = secret_request(HASH);
    assert_string_equal(ask_secret(other, &request), "dta_signature_wrong");
    request.app_id = keys_app_id(there->keys);
    assert_string_equal(ask_secret(other, &request), "dta_signature_wrong");
    request = read_query(dta_sign_server_secret(app, apr_time_now(), here->pool));
    request.app_id = keys_app_id(there->keys);
    assert_int_equal(dta_serve_server_secret(other, &request, apr_time_now(), here->pool)->status,
                     401);
    request = read_query(apr_pstrcat(here->pool, "hash_mpin_id=" HASH "&signature=",
                                     dta_sign_time_permit(app, HASH, here->pool), NULL));
    assert_int_equal(dta_serve_time_permit(service, &request, apr_time_now(), here->pool)->status,
                     200);
    assert_int_equal(dta_serve_time_permit(other, &request, apr_time_now(), here->pool)->status,
                     401);
}

/* The MAC's fields stand side by side: what one loses the other gains, and the MAC is the same. */
static void dta_mac_field_slide_is_401(void **state)
{
    (void)state;
    const char *expires = time_of(apr_time_now() + apr_time_from_sec(30));
    const char *signature =
        sign(apr_pstrcat(here->pool, "clientSecret", app->id, HASH, OTHER, expires, NULL));
    dta_request_t request = {.app_id = app->id,
                             .hash_mpin_id = HASH,
                             .hash_user_id = OTHER,
                             .expires = expires,
                             .signature = signature};
    dta_request_t slid = request;
    slid.app_id = apr_pstrcat(here->pool, app->id, HASH, NULL); /* app | hash is the id now */
    slid.hash_mpin_id = OTHER;
    slid.hash_user_id = "";
    assert_string_equal(ask_secret(service, &slid), "dta_signature_wrong");

    for (size_t by = 1; by < 32; by++) { /* a part of the id goes into the hash, and so on down */
        slid = request;
        slid.app_id = apr_pstrmemdup(here->pool, app->id, 32 - by);
        slid.hash_mpin_id = apr_pstrcat(here->pool, app->id + 32 - by,
                                        apr_pstrmemdup(here->pool, HASH, 64 - by), NULL);
        slid.hash_user_id = apr_pstrcat(here->pool, HASH + 64 - by,
                                        apr_pstrmemdup(here->pool, OTHER, 64 - by), NULL);
        slid.expires = apr_pstrcat(here->pool, OTHER + 64 - by, expires, NULL);
        assert_string_equal(ask_secret(service, &slid), "dta_signature_wrong");
    }
    slid = request;
    slid.hash_user_id = "";
    slid.expires = apr_pstrcat(here->pool, OTHER, expires, NULL);
    assert_string_equal(ask_secret(service, &slid), "dta_request_malformed");

    /* a secret's signature is none for a permit, or for the server's secret */
    slid = (dta_request_t){.app_id = app->id, .expires = expires, .signature = signature};
    assert_int_equal(dta_serve_server_secret(service, &slid, apr_time_now(), here->pool)->status,
                     401);
    assert_string_equal(ask_secret(service, &request), "");
}

static void permit_signature_yields_today_only(void **state)
{
    (void)state;
    apr_time_t now = apr_time_now();
    uint32_t day = (uint32_t)(now / DAY);
    unsigned char hash[MPIN_HASH_BYTES], expected[MPIN_G1_BYTES];
    assert_true(hex_decode(HASH, hash, sizeof hash));
    dta_request_t request = {.hash_mpin_id = HASH,
                             .signature = dta_sign_time_permit(app, HASH, here->pool)};
    result_t *result = dta_serve_time_permit(service, &request, now, here->pool);
    assert_int_equal(result->status, 200);
    mpin_time_permit(keys_master(here->keys)->bytes, day, hash, expected);
    assert_string_equal(json_text(result->json, "timePermit", 2 * MPIN_G1_BYTES),
                        hex_encode(here->pool, expected, sizeof expected));

    request.count = "1";
    result = dta_serve_time_permits(service, &request, now, here->pool);
    assert_int_equal(result->status, 200);
    assert_int_equal(json_object_size(json_object_get(result->json, "timePermits")), 1);
    request.count = "2";
    assert_int_equal(dta_serve_time_permits(service, &request, now, here->pool)->status, 401);
    request.expires = time_of(now + apr_time_from_sec(30));
    assert_int_equal(dta_serve_time_permits(service, &request, now, here->pool)->status, 401);

    request = read_query(dta_sign_time_permits(app, HASH, 30, now, here->pool));
    dta_request_t more = request;
    more.count = "29";
    assert_int_equal(dta_serve_time_permits(service, &more, now, here->pool)->status, 401);
    result = dta_serve_time_permits(service, &request, now, here->pool);
    assert_int_equal(result->status, 200);
    json_t *permits = json_object_get(result->json, "timePermits");
    assert_int_equal(json_object_size(permits), 30);
    mpin_time_permit(keys_master(here->keys)->bytes, day + 29, hash, expected);
    assert_string_equal(json_text(permits, apr_psprintf(here->pool, "%u", day + 29), 194),
                        hex_encode(here->pool, expected, sizeof expected));
    assert_int_equal(dta_serve_time_permits(service, &request, now, here->pool)->status, 408);
}

static void counts_that_are_none_are_403(void **state)
{
    (void)state;
    static const char *const counts[] = {"",   "0",  "31", "500", "x",   "-1",
                                         "+1", "1 ", "01", "1.0", "0x1", "99999999999"};
    dta_request_t request = {.hash_mpin_id = HASH,
                             .signature = dta_sign_time_permit(app, HASH, here->pool)};
    assert_int_equal(dta_serve_time_permits(service, &request, apr_time_now(), here->pool)->status,
                     403);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        request.count = counts[i];
        assert_int_equal(
            dta_serve_time_permits(service, &request, apr_time_now(), here->pool)->status, 403);
    }
}

static void what_is_missing_or_malformed_is_403(void **state)
{
    (void)state;
    static const char *const hashes[] = {"", "00", HASH "00",
                                         "zz112233445566778899aabbccddeeff"
                                         "00112233445566778899aabbccddee01",
                                         "00112233445566778899AABBCCDDEEFF"
                                         "00112233445566778899AABBCCDDEE01"};
    static const char *const times[] = {"",
                                        "2026-11-22",
                                        "2026-11-22T01:02:36",
                                        "x",
                                        "2026-11-22 01:02:36Z",
                                        "2026-11-22T01:02:36+00:00",
                                        "2026-13-22T01:02:36Z",
                                        "2026-11-22T01:02:36.000Z",
                                        "9999-12-31T23:59:59Z"};
    dta_request_t good = secret_request(HASH), bad;
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        bad = good;
        bad.hash_mpin_id = hashes[i];
        assert_string_equal(ask_secret(service, &bad), "dta_request_malformed");
        bad = good;
        bad.hash_user_id = hashes[i];
        if (*hashes[i])
            assert_string_equal(ask_secret(service, &bad), "dta_request_malformed");
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        bad = good;
        bad.expires = times[i];
        assert_string_equal(ask_secret(service, &bad), "dta_request_malformed");
    }
    const char **fields[] = {&bad.app_id, &bad.expires, &bad.hash_mpin_id, &bad.hash_user_id,
                             &bad.signature};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        bad = good;
        *fields[i] = NULL;
        assert_string_equal(ask_secret(service, &bad), "dta_request_malformed");
    }
    bad = good;
    bad.repeated = true;
    assert_string_equal(ask_secret(service, &bad), "dta_request_malformed");
    assert_string_equal(ask_secret(service, &good), "");
}

static void a_request_lives_at_most_a_minute(void **state)
{
    (void)state;
    apr_time_t now = apr_time_now();
    dta_request_t request = secret_request(HASH);
    result_t *result =
        dta_serve_client_secret(service, &request, now + apr_time_from_sec(61), here->pool);
    assert_string_equal(result->code, "dta_request_expired");
    assert_int_equal(result->status, 408);
    request.expires = "2020-11-22T01:02:36Z"; /* changed: as recorded from the original */
    assert_string_equal(ask_secret(service, &request), "dta_signature_wrong");

    const char *ahead = time_of(now + apr_time_from_sec(90));
    request = (dta_request_t){
        .app_id = app->id,
        .expires = ahead,
        .signature = sign(apr_pstrcat(here->pool, "serverSecret", app->id, ahead, NULL))};
    assert_int_equal(dta_serve_server_secret(service, &request, now, here->pool)->status, 403);
}

static void any_other_signature_is_401(void **state)
{
    (void)state;
    static const char *const signatures[] = {
        "", "00", "c306bd3ff85ca15f33817d8ac3416d30d2d90ec0c91ce77e62faab861c8092af"};
    dta_request_t request = secret_request(HASH);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        dta_request_t bad = request;
        bad.signature = signatures[i];
        assert_string_equal(ask_secret(service, &bad), "dta_signature_wrong");
    }
    request.app_id = "e08ba5e1af148534ca476a71d5a86c81";
    assert_string_equal(ask_secret(service, &request), "dta_signature_wrong");
}

/* Knowing what a D-TA is asked with is not enough to activate anybody. */
static void signatures_and_activation_have_keys_of_their_own(void **state)
{
    (void)state;
    const secret_t *activation = keys_derive_app(here->keys, "activation");
    assert_memory_not_equal(app->key->bytes, activation->bytes, KEY_BYTES);
    assert_memory_not_equal(app->key->bytes, keys_app(here->keys)->bytes, KEY_BYTES);
    assert_memory_equal(app->key->bytes, keys_dta_app(here->keys, here->pool)->key->bytes,
                        KEY_BYTES);
    assert_memory_not_equal(app->key->bytes, keys_dta_app(there->keys, here->pool)->key->bytes,
                            KEY_BYTES);
}

#define TWO_DTAS(name) cmocka_unit_test_setup_teardown(name, open_two, close_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_DTAS(shares_of_two_dtas_make_one_secret),
        TWO_DTAS(status_needs_no_signature),
        TWO_DTAS(a_request_is_good_once),
        TWO_DTAS(an_id_gets_one_secret_ever),
        TWO_DTAS(params_seen_by_one_dta_are_useless_at_the_other),
        TWO_DTAS(dta_mac_field_slide_is_401),
        TWO_DTAS(permit_signature_yields_today_only),
        TWO_DTAS(counts_that_are_none_are_403),
        TWO_DTAS(what_is_missing_or_malformed_is_403),
        TWO_DTAS(a_request_lives_at_most_a_minute),
        TWO_DTAS(any_other_signature_is_401),
        TWO_DTAS(signatures_and_activation_have_keys_of_their_own),
    };
    return cmocka_run_group_tests_name("dta_serve", tests, NULL, NULL);
}
