/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/client_settings.h"

#include <apr_strings.h>
#include <sodium.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/invited.h"
#include "rps/prove.h"
#include "rps/split.h"

#define SEED_BYTES 100 /* as many as the original sends */

/* The ways in which this caller could prove a name, for our pad. */
static json_t *registration_ways(const rps_settings_t *settings, const caller_t *caller)
{
    json_t *ways = json_array();
    if (settings->register_signed_in)
        json_array_append_new(ways, json_string("signed-in"));
    if (settings->register_mail)
        json_array_append_new(ways, json_string("mail"));
    if (settings->register_open && (settings->open_to_anyone || caller->loopback))
        json_array_append_new(ways, json_string("open"));
    if (settings->verify_url)
        json_array_append_new(ways, json_string("application"));
    return ways;
}

/* `fresh`: a device may be set up by this session. The pad leads to another proof where it may not;
 * a session that never proved its name is told so when it tries. */
static json_t *signed_in_user(const rps_settings_t *settings, const caller_t *caller)
{
    const session_t *session = caller->session;
    return session ? json_pack("{s:s, s:b}", "user", session->name, "fresh",
                               prove_weigh_session(settings, session, session->name, caller->now) !=
                                   SESSION_PROVED_ONCE)
                   : json_null();
}

const char *client_settings_seed(apr_pool_t *p)
{
    unsigned char bytes[SEED_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    return hex_encode(p, bytes, sizeof bytes);
}

/* The time is ours: by it our pad knows which day's permit counts, whatever its own clock says. */
static void add_permits(json_t *json, const rps_settings_t *s, const caller_t *caller,
                        apr_pool_t *p)
{
    json_set_text(json, "timePermitsURL", apr_pstrcat(p, s->base_url, "/timePermit", NULL));
    json_set_text(json, "timePermitsStorageURL",
                  apr_pstrcat(p, s->base_url, "/timePermitsStorage", NULL));
    json_object_set_new(json, "serverTime", json_integer(caller->now / 1000));
}

/* Without phone login its URLs are left out, and what old clients read without asking stays. */
static void add_phone(json_t *json, const rps_t *rps, apr_pool_t *p)
{
    const rps_settings_t *s = rps->settings;
    json_object_set_new(json, "accessNumberDigits", json_integer(7));
    json_object_set_new(json, "accessNumberUseCheckSum", json_true());
    json_object_set_new(json, "cSum", json_integer(1));
    json_object_set_new(json, "useWebSocket", json_false());
    json_object_set_new(json, "useNFC", json_false());
    if (!phone_is_on(rps->phones))
        return;
    json_set_text(json, "mobileAuthenticateURL",
                  apr_pstrcat(p, s->base_url, "/authenticate", NULL));
    json_set_text(json, "accessNumberURL", apr_pstrcat(p, s->base_url, "/access", NULL));
    json_set_text(json, "getAccessNumberURL",
                  apr_pstrcat(p, s->base_url, "/getAccessNumber", NULL));
    json_set_text(json, "getQrUrl", apr_pstrcat(p, s->base_url, "/getQrUrl", NULL));
    json_set_text(json, "codeStatusURL", apr_pstrcat(p, s->base_url, "/codeStatus", NULL));
}

/* The protocol's fields. */
static void add_protocol(json_t *json, rps_t *rps, apr_pool_t *p)
{
    const rps_settings_t *s = rps->settings;
    json_set_text(json, "registerURL", apr_pstrcat(p, s->base_url, "/user", NULL));
    json_set_text(json, "signatureURL", apr_pstrcat(p, s->base_url, "/signature", NULL));
    json_set_text(json, "certivoxURL", split_url(rps, p));
    json_set_text(json, "setupDoneURL", apr_pstrcat(p, s->base_url, "/setupDone", NULL));
    json_set_text(json, "mpinAuthServerURL", s->base_url);
    json_set_text(json, "authenticateURL", s->authenticate_url);
    json_set_text(json, "appID", keys_app_id(rps->keys));
    json_set_text(json, "seedValue", client_settings_seed(p));
    json_object_set_new(json, "requestOTP", json_boolean(s->issue_otp));
    json_object_set_new(json, "setDeviceName", json_boolean(s->set_device_name));
    add_phone(json, rps, p);
}

void client_settings_add_site(json_t *json, const rps_settings_t *s, const caller_t *caller)
{
    json_set_text(json, "title", s->title);
    if (s->contact)
        json_set_text(json, "contact", s->contact);
    json_object_set_new(json, "registration", registration_ways(s, caller));
    json_object_set_new(json, "signedIn", signed_in_user(s, caller));
    json_set_text(json, "loginURL", s->login_url);
    json_object_set_new(json, "passwords", json_boolean(s->passwords));
    json_set_text(json, "logoutURL", s->logout_url);
}

/* To the pad an invited browser is as one that is signed in: it offers to set up that name's PIN. */
static void add_invited(json_t *json, rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    const char *name = caller->session ? NULL : invited_name(rps, caller, p);
    if (!name)
        return;
    json_object_set_new(json, "signedIn", json_pack("{s:s, s:b}", "user", name, "fresh", 1));
    json_array_append_new(json_object_get(json, "registration"), json_string("invite"));
}

static void add_pad_fields(json_t *json, const rps_settings_t *s, const caller_t *caller)
{
    json_set_text(json, "suite", MPIN_SUITE);
    if (!s->service) /* whose pages are its applications' */
        json_set_text(json, "siteURL", s->public_url);
    json_object_set_new(json, "pinLength", json_integer(s->pin_length));
    json_object_set_new(json, "maxFailures", json_integer(s->max_failures));
    if (s->account_url)
        json_set_text(json, "accountURL", s->account_url);
    client_settings_add_site(json, s, caller);
}

result_t *rps_client_settings(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    json_t *json = json_object();
    add_protocol(json, rps, p);
    add_pad_fields(json, rps->settings, caller);
    add_invited(json, rps, caller, p);
    rps_add_forgotten(rps, caller, json, p);
    if (dta_other_url(rps->dta))
        json_object_set_new(json, "secondDTA", json_true());
    if (rps->settings->time_permits)
        add_permits(json, rps->settings, caller, p);
    return result_ok(p, json);
}
