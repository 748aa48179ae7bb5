/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of an RPS elsewhere, and what they become. */
#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"
#include "remote_desk.h"
#include "remote/remote.h"

/* ---- clientSettings -------------------------------------------------------------------------- */

/* As the original was recorded. */
static json_t *recorded(const desk_t *desk)
{
    return desk_json(
        desk->pool,
        "{'timePermitsURL':'http://127.0.0.1:8011/rps/timePermit',"
        "'authenticateURL':'/mpinAuthenticate',"
        "'timePermitsStorageURL':'http://127.0.0.1:8002/timePermitsStorage',"
        "'certivoxURL':'/dta/','accessNumberUseCheckSum':true,"
        "'codeStatusURL':'http://127.0.0.1:8011/rps/codeStatus',"
        "'getAccessNumberURL':'http://127.0.0.1:8011/rps/getAccessNumber','setDeviceName':false,"
        "'seedValue':'0a33ba39e0d65feb','cSum':1,'mpinAuthServerURL':'http://127.0.0.1:8011/rps',"
        "'useNFC':false,'accessNumberDigits':7,'useWebSocket':false,"
        "'signatureURL':'http://127.0.0.1:8011/rps/signature','requestOTP':false,"
        "'setupDoneURL':'http://127.0.0.1:8011/rps/setupDone',"
        "'accessNumberURL':'http://127.0.0.1:8011/rps/access',"
        "'getQrUrl':'http://127.0.0.1:8011/rps/getQrUrl',"
        "'registerURL':'http://127.0.0.1:8011/rps/user',"
        "'appID':'e08ba5e1af148534ca476a71d5a86c81',"
        "'mobileAuthenticateURL':'http://127.0.0.1:8011/rps/authenticate'}");
}

/* The recorded ones with a field of another value ("" takes it away). */
static const result_t *settings_with(desk_t *desk, const char *field, const char *value)
{
    json_t *json = recorded(desk);
    caller_t caller = desk_browser(desk);
    if (field && *value)
        json_object_set_new(json, field, json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    else if (field)
        json_object_del(json, field);
    remote_desk_forget(desk);
    remote_desk_answers(desk, 200, json_write(desk->pool, json));
    return remote_client_settings(desk->remote, &caller, "who-registers", desk->pool);
}

/* Whatever the RPS says, clients are sent nowhere but to this site. */
static void assert_ours(const json_t *json)
{
    static const char *const fields[] = {"registerURL",
                                         "signatureURL",
                                         "mpinAuthServerURL",
                                         "timePermitsURL",
                                         "setupDoneURL",
                                         "mobileAuthenticateURL",
                                         "accessNumberURL",
                                         "getAccessNumberURL",
                                         "getQrUrl",
                                         "codeStatusURL",
                                         "authenticateURL",
                                         "timePermitsStorageURL",
                                         "certivoxURL",
                                         "loginURL",
                                         "passwords",
                                         "logoutURL",
                                         "accessNumberDigits",
                                         "cSum",
                                         "maxFailures",
                                         "accessNumberUseCheckSum",
                                         "setDeviceName",
                                         "secondDTA",
                                         "requestOTP",
                                         "useWebSocket",
                                         "useNFC",
                                         "appID",
                                         "suite",
                                         "pinLength",
                                         "seedValue",
                                         "serverTime",
                                         "title",
                                         "registration",
                                         "signedIn",
                                         "userData",
                                         "mobilePage",
                                         NULL};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const char *const *known = fields;
        while (*known && strcmp(*known, key) != 0)
            known++;
        if (!*known)
            fail_msg("%s is none of our fields", key);
        const size_t len = strlen(key);
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        if (len > 3 && (!strcmp(key + len - 3, "URL") || !strcmp(key + len - 3, "Url")) &&
            (text[0] != '/' || text[1] == '/'))
            fail_msg("%s leads to %s", key, text);
    }
}

static void its_settings_lead_to_this_site(void **state)
{
    desk_t *desk = *state;
    const result_t *result = settings_with(desk, NULL, "");
    assert_int_equal(result->status, 200);
    assert_ours(result->json);
    assert_string_equal(json_text(result->json, "registerURL", 99), "/rps/user");
    assert_string_equal(json_text(result->json, "getQrUrl", 99), "/rps/getQrUrl");
    assert_string_equal(json_text(result->json, "certivoxURL", 99), "/dta/");
    assert_string_equal(json_text(result->json, "timePermitsStorageURL", 99),
                        "/rps/timePermitsStorage");
    assert_string_equal(json_text(result->json, "userData", 99), "who-registers");
    assert_string_equal(json_text(result->json, "title", 99), "Wiki");
    assert_int_not_equal(strcmp(json_text(result->json, "seedValue", 999), "0a33ba39e0d65feb"), 0);
    assert_int_equal(json_integer_value(json_object_get(result->json, "pinLength")), 4);
    assert_null(json_object_get(result->json, "suite"));
    assert_int_equal(strncmp(http_peer_request(), "GET /rps/clientSettings HTTP/1.1\r\n", 34), 0);
}

static void a_d_ta_without_a_storage_for_permits_is_none_less(void **state)
{
    desk_t *desk = *state;
    const result_t *result = settings_with(desk, "timePermitsStorageURL", "\"\"");
    assert_int_equal(result->status, 200);
    assert_ours(result->json);
    assert_null(json_object_get(result->json, "timePermitsStorageURL"));
}

static void they_are_asked_for_once_in_a_while(void **state)
{
    desk_t *desk = *state;
    caller_t caller = desk_browser(desk);
    const int before = http_peer_requests();
    const result_t *first = settings_with(desk, NULL, "");
    const result_t *second = remote_client_settings(desk->remote, &caller, "other", desk->pool);
    assert_int_equal(http_peer_requests(), before + 1);
    assert_string_equal(json_text(second->json, "userData", 99), "other");
    assert_int_not_equal(
        strcmp(json_text(first->json, "seedValue", 999), json_text(second->json, "seedValue", 999)),
        0);
}

static void clientsettings_hostile_corpus(void **state)
{
    desk_t *desk = *state;
    static const char *const urls[] = {"registerURL",    "signatureURL",  "mpinAuthServerURL",
                                       "timePermitsURL", "setupDoneURL",  "certivoxURL",
                                       "getQrUrl",       "codeStatusURL", "accessNumberURL"};
    static const char *const bad_urls[] = {"17",
                                           "null",
                                           "true",
                                           "[]",
                                           "{}",
                                           "[\"/rps/user\"]",
                                           "\"\"",
                                           "\"javascript:alert(1)\"",
                                           "\"data:text/html,x\"",
                                           "\"//evil.example/\"",
                                           "\"/\\\\evil.example/\"",
                                           "\"\\\\\\\\evil.example/\"",
                                           "\"rps/user\"",
                                           "\"http:evil.example/\"",
                                           "\"https://user@evil.example/\"",
                                           "\"https://evil.example/\\\"><script>/\"",
                                           "\"/rps/user\\u0000/\"",
                                           "\"/rps/user\\r\\nX: y/\"",
                                           "\"/rps/../../\"",
                                           "\"/rps/./x/\"",
                                           "\" /rps/user/\"",
                                           "\"/rps/us\u00e9r/\"",
                                           "\"/rps/user?x=/\"",
                                           "\"/rps/user#/\"",
                                           "\"/rps/%2e%2e/\"",
                                           "\"ftp://evil.example/\""};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        for (size_t j = 0; j < sizeof bad_urls / sizeof *bad_urls; j++) {
            const result_t *result = settings_with(desk, urls[i], bad_urls[j]);
            if (result->status != 502 || strcmp(result->code, "rps_broken") != 0)
                fail_msg("%s %s: %d", urls[i], bad_urls[j], result->status);
        }

    static const struct {
        const char *field, *value;
    } refused[] = {
        {"appID", "\"\""},
        {"appID", "17"},
        {"appID", "\"../x\""},
        {"appID", "\"a b\""},
        {"appID", ""},
        {"registerURL", ""},
        {"mpinAuthServerURL", ""},
        {"signatureURL", ""},
        {"timePermitsURL", ""},
        {"accessNumberDigits", "\"7\""},
        {"accessNumberDigits", "700"},
        {"accessNumberDigits", "-1"},
        {"accessNumberDigits", "7.5"},
        {"cSum", "2"},
        {"cSum", "null"},
        {"maxFailures", "0"},
        {"accessNumberUseCheckSum", "\"yes\""},
        {"setDeviceName", "2"},
        {"setDeviceName", "[]"},
        {"useWebSocket", "\"ws://evil\""},
        {"requestOTP", "{}"},
        {"suite", "\"BN254CX\""},
        {"suite", "null"},
        {"suite", "1"},
        {"certivoxURL", "\"https://evil.example/\""},
        {"certivoxURL", "\"/dta\""},
        {"certivoxURL", "\"http://127.0.0.1:8002/\""},
        {"certivoxURL", "\"/dta//evil.example/\""},
        {"certivoxURL", "\"https://rps.example.org.evil.example/\""},
        {"timePermitsStorageURL", "\"javascript:x\""},
        {"timePermitsStorageURL", "{}"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const result_t *result = settings_with(desk, refused[i].field, refused[i].value);
        if (result->status != 502)
            fail_msg("%s %s: %d", refused[i].field, refused[i].value, result->status);
    }

    static const struct {
        const char *field, *value;
    } harmless[] = {
        {"registerURL", "\"https://evil.example/rps/user\""}, /* only that there is one counts */
        {"mpinAuthServerURL", "\"//rps\""},                   /* refused */
        {"authenticateURL", "\"https://evil.example/\""},
        {"loginURL", "\"https://evil.example/\""},
        {"logoutURL", "\"javascript:x\""},
        {"successLoginURL", "\"https://evil.example/\""},
        {"signedIn", "{\"user\": \"root\", \"userData\": \"x\"}"},
        {"registration", "[\"open\"]"},
        {"title", "\"<script>\""},
        {"userData", "\"x\""},
        {"__proto__", "{\"suite\": \"x\"}"},
        {"useWebSocket", "true"},
        {"requestOTP", "true"},
        {"timePermitsStorageURL", "\"https://evil.example/permits\""},
        {"supportedProtocols", "[\"<b>\"]"},
    };
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        const result_t *result = settings_with(desk, harmless[i].field, harmless[i].value);
        if (result->status == 502)
            continue;
        assert_int_equal(result->status, 200);
        assert_ours(result->json);
        assert_string_equal(json_text(result->json, "title", 99), "Wiki");
        assert_string_equal(json_text(result->json, "loginURL", 99), "/login");
        assert_true(json_is_null(json_object_get(result->json, "signedIn")));
        assert_true(json_is_false(json_object_get(result->json, "useWebSocket")));
        assert_true(json_is_false(json_object_get(result->json, "requestOTP")));
    }
}

static void a_d_ta_is_asked_on_this_site_or_where_the_configuration_says(void **state)
{
    desk_t *desk = *state;
    static const char *const origins[] = {"https://dta.example.net", NULL};
    desk->remote_settings.dta_origins = origins;
    static const struct {
        const char *says;
        const char *becomes; /* NULL: 502 */
    } cases[] = {{"\"https://dta.example.net/\"", "https://dta.example.net/"},
                 {"\"https://dta.example.net/x/\"", "https://dta.example.net/x/"},
                 {"\"https://dta.example.net.evil.example/\"", NULL},
                 {"\"https://dta.example.net:444/\"", NULL},
                 {"\"http://dta.example.net/\"", NULL},
                 {"\"https://rps.example.org/dta/\"", "/dta/"},
                 {"\"/dta/\"", "/dta/"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const result_t *result = settings_with(desk, "certivoxURL", cases[i].says);
        assert_int_equal(result->status, cases[i].becomes ? 200 : 502);
        if (cases[i].becomes)
            assert_string_equal(json_text(result->json, "certivoxURL", 99), cases[i].becomes);
    }
    /* On the RPS itself, under what mod_proxy hands on. */
    const char *own = apr_psprintf(desk->pool, "\"%srps/dta/\"", http_peer_url());
    assert_string_equal(json_text(settings_with(desk, "certivoxURL", own)->json, "certivoxURL", 99),
                        "/rps/dta/");
    assert_int_equal(settings_with(desk, "certivoxURL", "")->status, 200);
}

static void another_instance_of_this_module_says_its_suite(void **state)
{
    desk_t *desk = *state;
    const result_t *result = settings_with(desk, "suite", "\"BLS12381-MPIN-NU\"");
    assert_int_equal(result->status, 200);
    assert_string_equal(json_text(result->json, "suite", 99), "BLS12381-MPIN-NU");
}

static void it_hears_our_secret_where_there_is_one(void **state)
{
    desk_t *desk = *state;
    secret_t *secret = secret_make(desk->pool, 16);
    memcpy(secret->bytes, "sixteen-of-bytes", 16);
    desk->remote_settings.secret = secret;
    settings_with(desk, NULL, "");
    assert_non_null(strstr(http_peer_request(), "\r\nAuthorization: Bearer sixteen-of-bytes\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMOTE_TEST(its_settings_lead_to_this_site),
        REMOTE_TEST(a_d_ta_without_a_storage_for_permits_is_none_less),
        REMOTE_TEST(they_are_asked_for_once_in_a_while),
        REMOTE_TEST(clientsettings_hostile_corpus),
        REMOTE_TEST(a_d_ta_is_asked_on_this_site_or_where_the_configuration_says),
        REMOTE_TEST(another_instance_of_this_module_says_its_suite),
        REMOTE_TEST(it_hears_our_secret_where_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
