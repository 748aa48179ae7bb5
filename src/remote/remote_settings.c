/* SPDX-License-Identifier: Apache-2.0 */
/* GET /rps/clientSettings in front of an RPS elsewhere. Its settings steer every client, so nothing
 * of them is passed on as it came: what we know is read, checked and written anew, and the rest is
 * left out. Its URLs say only that there is such an endpoint: clients get its place on this site,
 * from where mod_proxy leads there. Only a second D-TA is asked by clients themselves, and only one
 * that the configuration names. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "remote/remote_ask.h"
#include "remote/remote_kept.h"
#include "rps/client_settings.h"

#define TOTAL_MS 3000
#define ANSWER_MAX 65536
#define URL_MAX 512
#define APP_ID_MAX 128
#define MILAGRO_PIN 4 /* digits, where the RPS does not say */

typedef enum { NEEDED, NEEDED_BY_MILAGRO, OPTIONAL, OF_PHONES } need_t;

static const struct {
    const char *name, *path;
    need_t need;
} endpoints[] = {
    {"registerURL", "/user", NEEDED},
    {"signatureURL", "/signature", NEEDED},
    {"mpinAuthServerURL", "", NEEDED},
    {"timePermitsURL", "/timePermit", NEEDED_BY_MILAGRO},
    {"setupDoneURL", "/setupDone", OPTIONAL},
    {"mobileAuthenticateURL", "/authenticate", OF_PHONES},
    {"accessNumberURL", "/access", OF_PHONES},
    {"getAccessNumberURL", "/getAccessNumber", OF_PHONES},
    {"getQrUrl", "/getQrUrl", OF_PHONES},
    {"codeStatusURL", "/codeStatus", OF_PHONES},
};

/* Numbers and flags, with what we tell clients where the RPS says nothing; a number that is out of
 * its range is no answer. */
static const struct {
    const char *name;
    int least, most, unsaid;
} numbers[] = {
    {"accessNumberDigits", 4, 12, 7}, {"cSum", 0, 1, 1}, {"maxFailures", 1, 20, 0}, /* 0: nothing */
};

static const struct {
    const char *name;
    bool passed_on, unsaid;
} flags[] = {
    {"accessNumberUseCheckSum", true, true},
    {"setDeviceName", true, false},
    {"secondDTA", true, false},
    {"requestOTP", false, false}, /* there is nobody here who would redeem one */
    {"useWebSocket", false, false},
    {"useNFC", false, false},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- URLs ------------------------------------------------------------------------------------ */

static bool is_clients_url(const char *text)
{
    if (!text || (strncmp(text, "http://", 7) && strncmp(text, "https://", 8) &&
                  (text[0] != '/' || text[1] == '/')))
        return false;
    for (const char *c = text; *c; c++)
        if (!apr_isalnum(*c) && !strchr("/:._~-[]", *c))
            return false;
    return !strstr(text, "/.");
}

/* The part of `url` behind `place`, where it lies there: "/" and more. */
static const char *path_within(const char *url, const char *place)
{
    const apr_size_t len = place ? strlen(place) : 0;
    return len && strncmp(url, place, len) == 0 && url[len] == '/' ? url + len : NULL;
}

/* Clients may ask a D-TA at a path of this site, or one of the configuration's. */
static const char *dta_url_for_clients(const remote_t *remote, const char *url, apr_pool_t *p)
{
    const rps_settings_t *s = remote->rps->settings;
    const char *path = *url == '/' ? url : path_within(url, s->public_url);
    if (!path && (path = path_within(url, apr_pstrcat(p, remote->settings->url, "/rps", NULL))))
        path = apr_pstrcat(p, s->base_url, path, NULL);
    if (path)
        return strstr(path, "//") ? NULL : path;
    for (const char *const *origin = remote->settings->dta_origins; origin && *origin; origin++)
        if ((path = path_within(url, *origin)))
            return strstr(path, "//") ? NULL : url;
    return NULL;
}

static result_t *settings_malformed(remote_t *remote, const char *field, apr_pool_t *p)
{
    return remote_broken(remote, apr_pstrcat(p, "clientSettings' ", field, NULL), p);
}

static result_t *add_dta_url(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    const char *text = json_text(from, "certivoxURL", URL_MAX);
    if (!json_object_get(from, "certivoxURL"))
        return NULL;
    if (!is_clients_url(text) || text[strlen(text) - 1] != '/')
        return settings_malformed(remote, "certivoxURL", p);
    const char *url = dta_url_for_clients(remote, text, p);
    if (!url) {
        log_error(remote->rps->log, "MPIN0412",
                  "the RPS sends its clients to the D-TA %s, which is neither on this site nor "
                  "named by MPinSecondDTA",
                  text);
        return settings_malformed(remote, "certivoxURL", p);
    }
    json_set_text(to, "certivoxURL", url);
    return NULL;
}

/* Permits in a store of their own; where that is nowhere that clients may ask, they find nothing at
 * a place of ours and go on to the D-TA. */
static result_t *add_permits_url(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    const rps_settings_t *s = remote->rps->settings;
    const char *text = json_text(from, "timePermitsStorageURL", URL_MAX);
    if (!json_object_get(from, "timePermitsStorageURL"))
        return NULL;
    if (text && !*text) /* a Milagro server whose D-TA names none */
        return NULL;
    if (!text || !is_clients_url(text))
        return settings_malformed(remote, "timePermitsStorageURL", p);
    const char *url = dta_url_for_clients(remote, text, p);
    json_set_text(to, "timePermitsStorageURL",
                  url ? url : apr_pstrcat(p, s->base_url, "/timePermitsStorage", NULL));
    return NULL;
}

static result_t *add_endpoints(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    const rps_settings_t *s = remote->rps->settings;
    const bool milagro = !json_object_get(from, "suite");
    for (apr_size_t i = 0; i < COUNT(endpoints); i++) {
        const char *name = endpoints[i].name;
        const bool there = json_object_get(from, name) != NULL;
        if (there ? !is_clients_url(json_text(from, name, URL_MAX))
                  : endpoints[i].need == NEEDED ||
                        (endpoints[i].need == NEEDED_BY_MILAGRO && milagro))
            return settings_malformed(remote, name, p);
        if (there && (endpoints[i].need != OF_PHONES || phone_is_on(remote->rps->phones)))
            json_set_text(to, name, apr_pstrcat(p, s->base_url, endpoints[i].path, NULL));
    }
    result_t *refusal = add_dta_url(remote, from, to, p);
    return refusal ? refusal : add_permits_url(remote, from, to, p);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static result_t *add_numbers(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    for (apr_size_t i = 0; i < COUNT(numbers); i++) {
        const json_t *value = json_object_get(from, numbers[i].name);
        json_int_t number = value ? json_integer_value(value) : numbers[i].unsaid;
        if (value &&
            (!json_is_integer(value) || number < numbers[i].least || number > numbers[i].most))
            return settings_malformed(remote, numbers[i].name, p);
        if (number || value)
            json_object_set_new(to, numbers[i].name, json_integer(number));
    }
    for (apr_size_t i = 0; i < COUNT(flags); i++) {
        bool flag = flags[i].unsaid;
        if (!json_flag(from, flags[i].name, &flag))
            return settings_malformed(remote, flags[i].name, p);
        json_object_set_new(to, flags[i].name, json_boolean(flag && flags[i].passed_on));
    }
    return NULL;
}

static bool is_app_id(const char *text)
{
    if (!text || !*text)
        return false;
    while (apr_isalnum(*text) || (*text && strchr("-_.", *text)))
        text++;
    return !*text;
}

static result_t *add_suite(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    const json_t *suite = json_object_get(from, "suite"), *pin = json_object_get(from, "pinLength");
    json_int_t digits = suite && pin ? json_integer_value(pin) : MILAGRO_PIN;
    if (suite && (!json_is_string(suite) || strcmp(json_string_value(suite), MPIN_SUITE) != 0))
        return settings_malformed(remote, "suite", p);
    if (digits < 4 || digits > 8)
        return settings_malformed(remote, "pinLength", p);
    if (suite)
        json_set_text(to, "suite", MPIN_SUITE);
    json_object_set_new(to, "pinLength", json_integer(digits));
    return NULL;
}

static result_t *rebuild_settings(remote_t *remote, const json_t *from, json_t *to, apr_pool_t *p)
{
    const char *app_id = json_text(from, "appID", APP_ID_MAX);
    if (!is_app_id(app_id))
        return settings_malformed(remote, "appID", p);
    json_set_text(to, "appID", app_id);
    json_set_text(to, "authenticateURL", remote->rps->settings->authenticate_url);
    result_t *refusal = add_suite(remote, from, to, p);
    if (!refusal)
        refusal = add_endpoints(remote, from, to, p);
    return refusal ? refusal : add_numbers(remote, from, to, p);
}

/* The RPS's settings, from memory where it was asked a moment ago. */
static result_t *fetch_settings(remote_t *remote, const caller_t *caller, json_t **json,
                                apr_pool_t *p)
{
    const question_t question = {"GET", "/rps/clientSettings", NULL, TOTAL_MS, ANSWER_MAX};
    const char *kept = remote_kept(remote->kept, apr_time_now(), p);
    const json_t *from;
    int status;
    *json = json_tie(p, kept ? json_loads(kept, 0, NULL) : json_object());
    if (kept)
        return NULL;
    result_t *refusal = remote_ask(remote, caller, &question, &status, &from, p);
    if (refusal)
        return refusal;
    if (status != 200 || !from)
        return remote_broken(
            remote, apr_psprintf(p, "clientSettings with status %d, or no JSON", status), p);
    refusal = rebuild_settings(remote, from, *json, p);
    log_debug(caller->log, "MPIN0778", "the RPS's settings were rebuilt: %s",
              refusal ? refusal->message : "they are good for 10 s");
    if (!refusal)
        remote_keep(remote->kept, json_write(p, *json), apr_time_now());
    return refusal;
}

result_t *remote_client_settings(remote_t *remote, const caller_t *caller, const char *user_data,
                                 apr_pool_t *p)
{
    json_t *json;
    result_t *refusal = fetch_settings(remote, caller, &json, p);
    if (refusal)
        return refusal;
    client_settings_add_site(json, remote->rps->settings, caller);
    if (phone_is_on(remote->rps->phones) && remote->settings->mobile_page)
        json_set_text(json, "mobilePage", remote->settings->mobile_page);
    json_set_text(json, "seedValue", client_settings_seed(p));
    json_object_set_new(json, "serverTime", json_integer(caller->now / 1000));
    if (user_data) {
        json_t *signed_in = json_object_get(json, "signedIn");
        json_set_text(json, "userData", user_data);
        if (json_is_object(signed_in))
            json_set_text(signed_in, "userData", user_data);
    }
    return result_ok(p, json_incref(json));
}
