/* SPDX-License-Identifier: Apache-2.0 */
#include "rps_desk.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/allowed.h"
#include "dta/local.h"

#define QUOTA ((apr_off_t)64 << 20)

/* ---- the desk -------------------------------------------------------------------------------- */

static char logged[1 << 20];
static size_t logged_len;
static pthread_mutex_t logging = PTHREAD_MUTEX_INITIALIZER;

static void log_write(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton;
    (void)level;
    pthread_mutex_lock(&logging);
    int n = snprintf(logged + logged_len, sizeof logged - logged_len, "%s %s\n", id, text);
    if (n > 0 && (size_t)n < sizeof logged - logged_len)
        logged_len += (size_t)n;
    pthread_mutex_unlock(&logging);
}

const char *desk_logged(void)
{
    return logged;
}

static store_settings_t store_settings(const desk_t *desk)
{
    return (store_settings_t){.url = apr_pstrcat(desk->pool, "lmdb:", desk->dir, "/store", NULL),
                              .quota = QUOTA,
                              .keys = desk->keys,
                              .uid = getuid(),
                              .gid = getgid(),
                              .log = &desk->log};
}

static desk_t *place(void)
{
    apr_initialize();
    if (sodium_init() < 0)
        return NULL;
    desk_t *desk = calloc(1, sizeof *desk);
    apr_pool_create(&desk->pool, NULL);
    strcpy(desk->dir, "/tmp/mpin-rps-XXXXXX");
    if (!mkdtemp(desk->dir))
        return NULL;
    logged_len = 0;
    logged[0] = '\0';
    desk->log.write = log_write;
    desk->log.most = LOG_LEVEL_DEBUG;

    const char *why = "", *file = apr_pstrcat(desk->pool, desk->dir, "/keys/mpin.keys", NULL);
    store_settings_t settings;
    if (keys_create(file, NULL, desk->pool, &why) != KEYS_OK ||
        keys_open(&desk->keys, file, NULL, getuid(), desk->pool, &why) != KEYS_OK ||
        (settings = store_settings(desk), store_prepare(&settings, desk->pool, &why)) != STORE_OK) {
        fprintf(stderr, "%s\n", why);
        return NULL;
    }
    desk->settings = (rps_settings_t){.pin_length = 4,
                                      .max_failures = 3,
                                      .register_signed_in = true,
                                      .register_open = true,
                                      .open_to_anyone = true,
                                      .allow = {.kind = ALLOW_ANY},
                                      .public_url = "https://rps.example.org",
                                      .title = "Wiki",
                                      .base_url = "/rps",
                                      .authenticate_url = "/mpinAuthenticate",
                                      .login_url = "/login",
                                      .logout_url = "/logout"};
    return desk;
}

void desk_open(desk_t *desk)
{
    const char *why = "";
    store_settings_t settings = store_settings(desk);
    if (store_open(&desk->store, &settings, desk->pool, &why) != STORE_OK ||
        revocations_make(&desk->revocations, desk->store, desk->pool) != STORE_OK) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    desk->people = people_make(desk->store, desk->revocations, apr_time_from_sec(8 * 3600),
                               &desk->log, desk->pool);
    desk->throttle = (throttle_t){.store = desk->store,
                                  .address = {100000, apr_time_from_sec(60)},
                                  .account = {100000, apr_time_from_sec(60)},
                                  .registration = {60, apr_time_from_sec(3600)}};
    desk->http = http_make(desk->pool);
    desk->seats = seats_make(2, desk->pool);
    desk->together = together_make(1, desk->pool);
    desk->phones =
        phones_make(&desk->phone_settings, desk->store, &desk->throttle, desk->keys, desk->pool);
    desk->rps = desk_rps(desk, &desk->settings, dta_local(desk->keys, desk->pool));
    if (!desk->phones || !desk->rps)
        abort();
}

rps_t *desk_rps(desk_t *desk, const rps_settings_t *settings, const dta_t *dta)
{
    const rps_means_t means = {.store = desk->store,
                               .people = desk->people,
                               .revocations = desk->revocations,
                               .dta = dta,
                               .phones = desk->phones,
                               .throttle = &desk->throttle,
                               .together = desk->together,
                               .keys = desk->keys,
                               .http = desk->http,
                               .seats = desk->seats,
                               .log = &desk->log};
    return rps_make(settings, &means, desk->pool);
}

bool desk_allows(const desk_t *desk, const char *name, apr_pool_t *p)
{
    const caller_t caller = desk_browser(desk);
    return rps_not_allowed(desk->rps, &caller, name, "no", p) == NULL;
}

int desk_place(void **state)
{
    *state = place();
    return *state ? 0 : -1;
}

int desk_make(void **state)
{
    if (desk_place(state))
        return -1;
    desk_open(*state);
    return 0;
}

int desk_make_with_mail(void **state)
{
    if (desk_place(state))
        return -1;
    desk_t *desk = *state;
    desk->settings.register_mail = true;
    desk->settings.mail_site = DESK_SITE;
    desk->settings.activate_url = DESK_SITE "/mpinActivate";
    desk->settings.allow.kind = ALLOW_ANY;
    desk_open(desk);
    return 0;
}

int desk_drop(void **state)
{
    desk_t *desk = *state;
    char command[128];
    apr_pool_destroy(desk->pool);
    snprintf(command, sizeof command, "rm -rf '%s'", desk->dir);
    int failed = system(command);
    free(desk);
    return failed;
}

/* ---- who asks -------------------------------------------------------------------------------- */

caller_t desk_caller(const desk_t *desk, const char *address, unsigned char cookie)
{
    static unsigned char cookies[256][PRELOGIN_ID_BYTES];
    memset(cookies[cookie], cookie, PRELOGIN_ID_BYTES);
    return (caller_t){.now = apr_time_now() + desk->shift,
                      .address = address,
                      .prelogin = cookie ? cookies[cookie] : NULL,
                      .log = &desk->log};
}

caller_t desk_browser(const desk_t *desk)
{
    return desk_caller(desk, "192.0.2.1", 1);
}

session_t desk_session(const desk_t *desk, const char *name)
{
    user_t user;
    session_t session = {.amr = AMR_PWD};
    assert_int_equal(people_claim(desk->people, name, apr_time_now(), &user, desk->pool), STORE_OK);
    memcpy(session.uid, user.uid, sizeof session.uid);
    session.version = user.version;
    apr_cpystrn(session.name, name, sizeof session.name);
    apr_cpystrn(session.provider, "local", sizeof session.provider);
    session.id[0] = session.family[0] = 1;
    session.seen = session.auth_time = session.proven[FACTOR_PASSWORD] =
        (uint32_t)apr_time_sec(apr_time_now() + desk->shift);
    session.expires = session.seen + 8 * 3600;
    return session;
}

json_t *desk_json(apr_pool_t *p, const char *text)
{
    char *copy = apr_pstrdup(p, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return json_read(p, copy, strlen(copy));
}

/* ---- a device -------------------------------------------------------------------------------- */

int desk_register(desk_t *desk, const caller_t *caller, const char *name, device_t *device)
{
    json_t *body = json_tie(desk->pool, json_pack("{s:s, s:i}", "userId", name, "mobile", 0));
    result_t *result = rps_register(desk->rps, caller, NULL, body, desk->pool);
    memset(device, 0, sizeof *device);
    return result->status == 200 && !desk_registered(result, device) ? 0 : result->status;
}

bool desk_registered(const result_t *result, device_t *device)
{
    unsigned char decoded[512];
    apr_size_t len;
    memset(device, 0, sizeof *device);
    apr_cpystrn(device->mpin_id, json_text(result->json, "mpinId", 1024), sizeof device->mpin_id);
    apr_cpystrn(device->reg_ott, json_text(result->json, "regOTT", 32), sizeof device->reg_ott);
    if (!hex_decode_upto(device->mpin_id, decoded, sizeof decoded, &len))
        return false;
    crypto_hash_sha256(device->hash, decoded, len);
    people_handle(device->hash, device->handle);
    return true;
}

int desk_sign(desk_t *desk, const caller_t *caller, device_t *device)
{
    apr_pool_t *p;
    unsigned char secret[MPIN_G1_BYTES];
    apr_pool_create(&p, NULL);
    result_t *result = rps_signature(desk->rps, caller, device->mpin_id, device->reg_ott, p);
    int status = result->status;
    if (status == 200) {
        const char *share = json_text(result->json, "clientSecretShare", 2 * MPIN_G1_BYTES);
        if (share && hex_decode(share, secret, sizeof secret))
            client_token(secret, device->hash, DESK_PIN, device->token);
        else
            status = 0;
    }
    apr_pool_destroy(p);
    return status;
}

void desk_enrol(desk_t *desk, const char *name, device_t *device)
{
    caller_t caller = desk_browser(desk);
    assert_int_equal(desk_register(desk, &caller, name, device), 200);
    assert_int_equal(desk_sign(desk, &caller, device), 200);
}

identity_t desk_identity(desk_t *desk, const device_t *device)
{
    identity_t identity;
    assert_int_equal(people_identity(desk->people, device->handle, &identity, desk->pool),
                     STORE_OK);
    return identity;
}

json_t *desk_pass1_body(const device_t *device, talk_t *talk, apr_pool_t *p)
{
    memset(talk, 0, sizeof *talk);
    mpin_random_scalar(talk->x);
    client_pass1(device->hash, talk->x, talk->u);
    return json_tie(p,
                    json_pack("{s:s, s:s, s:s, s:i}", "mpin_id", device->mpin_id, "U",
                              hex_encode(p, talk->u, sizeof talk->u), "UT", "ignored", "pass", 1));
}

int desk_pass1(desk_t *desk, const caller_t *caller, const device_t *device, talk_t *talk,
               apr_pool_t *p)
{
    json_t *body = desk_pass1_body(device, talk, p);
    result_t *result = rps_pass1(desk->rps, caller, body, p);
    unsigned char wire[MPIN_WIRE_SCALAR_BYTES];
    if (result->status != 200)
        return result->status;
    const char *y = json_text(result->json, "y", 2 * sizeof wire);
    const char *id = json_text(result->json, "passId", 32);
    if (!y || !id || !hex_decode(y, wire, sizeof wire))
        return 0;
    memcpy(talk->y, wire + sizeof wire - sizeof talk->y, sizeof talk->y);
    apr_cpystrn(talk->pass_id, id, sizeof talk->pass_id);
    return 200;
}

json_t *desk_pass2_body(const device_t *device, const talk_t *talk, uint32_t pin, apr_pool_t *p)
{
    unsigned char v[MPIN_G1_BYTES];
    client_pass2(device->token, device->hash, pin, talk->x, talk->y, v);
    json_t *body =
        json_tie(p, json_pack("{s:s, s:s, s:s, s:b, s:i}", "mpin_id", device->mpin_id, "V",
                              hex_encode(p, v, sizeof v), "WID", "0", "OTP", 0, "pass", 2));
    if (talk->pass_id[0])
        json_object_set_new(body, "passId", json_string(talk->pass_id));
    return body;
}

int desk_pass2(desk_t *desk, const caller_t *caller, const device_t *device, const talk_t *talk,
               uint32_t pin, const char **auth_ott, apr_pool_t *p)
{
    result_t *result = rps_pass2(desk->rps, caller, desk_pass2_body(device, talk, pin, p), p);
    *auth_ott = result->status == 200 ? json_text(result->json, "authOTT", 32) : NULL;
    return result->status;
}

int desk_redeem(desk_t *desk, const caller_t *caller, const char *auth_ott, apr_pool_t *p)
{
    redemption_t redemption;
    rps_redeem(desk->rps, caller, auth_ott, &redemption, p);
    return redemption.refusal ? redemption.refusal->status : 200;
}

int desk_sign_in(desk_t *desk, const caller_t *caller, const device_t *device, uint32_t pin)
{
    apr_pool_t *p;
    talk_t talk;
    const char *auth_ott;
    apr_pool_create(&p, NULL);
    int status = desk_pass1(desk, caller, device, &talk, p);
    if (status == 200)
        status = desk_pass2(desk, caller, device, &talk, pin, &auth_ott, p);
    if (status == 200)
        status = desk_redeem(desk, caller, auth_ott, p);
    apr_pool_destroy(p);
    return status;
}
