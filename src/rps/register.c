/* SPDX-License-Identifier: Apache-2.0 */
/* PUT /rps/user and /rps/user/<mpinId> (docs/protocol.md, "RPS, public"). */
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/browser_name.h"
#include "rps/mailed.h"
#include "rps/places.h"
#include "rps/prove.h"
#include "rps/quota.h"
#include "rps/vouch.h"

#define USER_DATA_MAX 2048 /* bytes of JSON */

typedef struct registration_t {
    const char *name; /* canonical */
    bool mobile;
    bool shows_number; /* the pad shows a number, to be typed where the link is opened */
    const char *device;
    bool replaces_one;
    mpin_id_t replaces;
    bool forgotten;          /* this browser has lost its identity: that one is replaced */
    bool resend;             /* of an earlier registration */
    const json_t *user_data; /* for an application, NULL for none */
} registration_t;

/* ---- what is asked --------------------------------------------------------------------------- */

static bool read_optional(registration_t *wish, const json_t *body, apr_pool_t *p)
{
    const json_t *mobile = json_object_get(body, "mobile");
    const json_t *replaces = json_object_get(body, "replaces");

    wish->mobile = json_is_digit(mobile, 1);
    if (mobile && !wish->mobile && !json_is_digit(mobile, 0))
        return false;

    wish->user_data = json_object_get(body, "userData");
    if (json_dumpb(wish->user_data, NULL, 0, JSON_ENCODE_ANY) > USER_DATA_MAX)
        return false;

    if (!json_flag(body, "confirm", &wish->shows_number) ||
        !json_flag(body, "forgotten", &wish->forgotten))
        return false;
    wish->replaces_one = replaces != NULL;
    return !replaces ||
           mpin_id_read(&wish->replaces, json_text(body, "replaces", 2 * MPIN_ID_MAX), p);
}

static result_t *with_character(result_t *result, const char *character, apr_pool_t *p)
{
    if (character)
        result->json = json_tie(p, json_pack("{s:s}", "character", character));
    return result;
}

/* Says which character a name must not have here: who knows it can choose another one. */
static result_t *name_malformed(const rps_t *rps, const char *user_id, apr_pool_t *p)
{
    const char *foreign = user_id ? name_foreign(rps->settings->names, user_id, p) : NULL;
    return with_character(
        result_error(p, 400, "user_id_invalid",
                     foreign ? apr_psprintf(p, "A userId has no \"%s\" here.", foreign)
                             : "A userId is a text of 1 to 254 bytes."),
        foreign, p);
}

static bool read_device_name(registration_t *wish, const json_t *body)
{
    const json_t *device = json_object_get(body, "deviceName");
    wish->device = device ? json_text(body, "deviceName", DEVICE_MAX) : "";
    return wish->device && pending_device_ok(wish->device);
}

/* Of names that a provider gives (NAME:subject) only one's own can be registered. */
static const char *name_to_register(const rps_t *rps, const caller_t *caller, const char *user_id,
                                    apr_pool_t *p)
{
    return caller->session && strcmp(caller->session->name, user_id) == 0
               ? user_id
               : name_of_site(rps->settings->names, user_id, p);
}

/* False: `*refusal` says what is wrong. */
static bool read_wish_to_register(const rps_t *rps, const caller_t *caller, registration_t *wish,
                                  const json_t *body, result_t **refusal, apr_pool_t *p)
{
    memset(wish, 0, sizeof *wish);
    const char *user_id = json_text(body, "userId", 2 * NAME_MAX_BYTES);
    wish->name = user_id ? name_to_register(rps, caller, user_id, p) : NULL;
    if (!wish->name)
        *refusal = name_malformed(rps, user_id, p);
    else if (!read_optional(wish, body, p))
        *refusal =
            result_error(p, 400, "field_malformed",
                         "mobile is 0 or 1; replaces is an mpinId; userData is at most 2 KB.");
    else if (!read_device_name(wish, body))
        *refusal = result_error(p, 400, "device_name_invalid",
                                "A deviceName is at most 32 characters that people can read.");
    else
        return true;
    return false;
}

/* ---- the registration ------------------------------------------------------------------------ */

/* An application's users may all come from one address, an office's, so that this has so many times
 * more, and half of all at most. */
#define OF_APPLICATION 10

static const quota_t session_quota = {
    .kind = "pending-user", .each = 20, .all = PENDING_OF_USERS, .seconds = 3600};

static quota_t strangers_quota(const throttle_rule_t *address, origin_t origin)
{
    const int seconds = (int)apr_time_sec(address->window);
    quota_t quota = {.kind = "pending",
                     .each = address->count,
                     .all = pending_of_strangers(address),
                     .seconds = 3600,
                     .each_seconds = seconds};
    const int64_t half = quota.all * seconds / (2 * 3600);
    if (origin == ORIGIN_APPLICATION)
        quota.each = OF_APPLICATION * quota.each < half ? OF_APPLICATION * quota.each : half;
    return quota;
}

/* Of a person, who has proven the name, by their name; of strangers by their address. */
static store_status_t count_registration(rps_t *rps, const caller_t *caller,
                                         const pending_t *pending, int *wait, apr_pool_t *p)
{
    if (pending->origin == ORIGIN_SESSION)
        return quota_take(rps->store, &session_quota, pending->uid, caller, wait, p);
    const quota_t quota = strangers_quota(&rps->throttle->registration, (origin_t)pending->origin);
    return quota_take_at(rps->store, &quota, caller, wait, p);
}

static result_t *too_many_registrations(rps_t *rps, const caller_t *caller,
                                        const pending_t *pending, apr_pool_t *p)
{
    int wait = 0;
    store_status_t status = count_registration(rps, caller, pending, &wait, p);
    if (status == STORE_EXISTS)
        return result_later(p, "too_many_pending", "Too many registrations. Try again later.",
                            wait);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* The mpinId in hex. A canonical name needs no escaping in JSON. */
static const char *new_mpin_id(const registration_t *wish, apr_time_t now, apr_pool_t *p)
{
    unsigned char salt[16];
    randombytes_buf(salt, sizeof salt);
    const char *json = apr_psprintf(
        p, "{\"mobile\":%d,\"issued\":\"%s\",\"userID\":\"%s\",\"salt\":\"%s\"}", wish->mobile,
        rps_time(now, ' ', p), wish->name, hex_encode(p, salt, sizeof salt));
    return hex_encode(p, (const unsigned char *)json, strlen(json));
}

/* The pad names it; one whose browser has forgotten everything has only the cookie that knows. */
static const unsigned char *replaced_handle(const rps_t *rps, const registration_t *wish,
                                            const caller_t *caller)
{
    if (wish->replaces_one)
        return wish->replaces.handle;
    return wish->forgotten && caller->known ? known_device(caller->known, rps->settings->public_url)
                                            : NULL;
}

/* An identity that a registration replaces counts only if it is the same user's; else there is
 * nothing to revoke. */
static store_status_t note_replaced(rps_t *rps, const caller_t *caller, const registration_t *wish,
                                    pending_t *pending, apr_pool_t *p)
{
    identity_t old;
    const unsigned char *replaced = replaced_handle(rps, wish, caller);
    if (!replaced || pending->origin == ORIGIN_OPEN)
        return STORE_OK;
    store_status_t status = people_identity(rps->people, replaced, &old, p);
    if (status == STORE_OK &&
        (pending->origin == ORIGIN_MAIL || pending->origin == ORIGIN_INVITATION
             ? !strcmp(old.name, wish->name)
         : pending->origin == ORIGIN_APPLICATION
             ? old.origin == ORIGIN_APPLICATION && !strcmp(old.name, wish->name)
             : memcmp(old.uid, pending->uid, sizeof old.uid) == 0))
        people_first_replaced(rps->people, &old, pending->replaces, p);
    return status == STORE_MISSING ? STORE_OK : status;
}

static const char *replaced_text(const registration_t *wish, const pending_t *pending)
{
    if (!wish->replaces_one && !wish->forgotten)
        return "";
    return sodium_is_zero(pending->replaces, sizeof pending->replaces)
               ? "; the identity that it would replace is not this user's"
               : "; it will replace another one";
}

/* The client is told all of it, the number only where it shows one. */
static result_t *registered_answer(const rps_t *rps, const caller_t *caller, const char *mpin_id,
                                   const mpin_id_t *id, const pending_t *pending, apr_pool_t *p)
{
    const apr_time_t expires = apr_time_from_sec((apr_time_t)pending->made) + pending_life(rps);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b}", "mpinId", mpin_id, "regOTT",
                             hex_encode(p, pending->reg_ott, sizeof pending->reg_ott), "expireTime",
                             rps_time(expires, 'T', p), "nowTime", rps_time(caller->now, 'T', p),
                             "active", (int)pending->active);
    if (pending->number && !pending->active)
        json_object_set_new(json, "confirm", json_string(mailed_number_text(pending->number, p)));
    return rps_audited(result_ok(p, json), "registered", pending->name, id->handle, p);
}

/* The application is asked about a registration that is kept. */
static result_t *ask_to_vouch(rps_t *rps, const caller_t *caller, const registration_t *wish,
                              const char *mpin_id, const mpin_id_t *id, pending_t *pending,
                              apr_pool_t *p)
{
    const apr_time_t expires = apr_time_from_sec((apr_time_t)pending->made) + pending_life(rps);
    const verify_t verify = {.user_id = wish->name,
                             .mpin_id = mpin_id,
                             .expire_time = rps_time(expires, 'T', p),
                             .device = wish->device,
                             .user_data = wish->user_data,
                             .mobile = wish->mobile,
                             .resend = wish->resend};
    bool active = false;
    result_t *refusal =
        vouch_registration(rps, caller, id, &verify,
                           hex_encode(p, pending->reg_ott, sizeof pending->reg_ott), &active, p);
    pending->active = active;
    return refusal;
}

/* One that the application does not want ends. */
static result_t *vouch_first(rps_t *rps, const caller_t *caller, const registration_t *wish,
                             const char *mpin_id, const mpin_id_t *id, pending_t *pending,
                             apr_pool_t *p)
{
    result_t *refusal = ask_to_vouch(rps, caller, wish, mpin_id, id, pending, p);
    if (refusal)
        pending_take(rps, id->handle, p);
    return refusal;
}

static void fill_pending(const rps_t *rps, const caller_t *caller, const registration_t *wish,
                         pending_t *pending, apr_pool_t *p)
{
    const bool by_mail = pending->origin == ORIGIN_MAIL;
    const bool ours = pending->origin != ORIGIN_APPLICATION;
    randombytes_buf(pending->reg_ott, sizeof pending->reg_ott);
    pending->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(pending->browser, caller->prelogin, sizeof pending->browser);
    apr_cpystrn(pending->device, wish->device, sizeof pending->device);
    if (ours && !*wish->device && caller->user_agent) /* to be known by */
        apr_cpystrn(pending->device, browser_name(caller->user_agent, p), sizeof pending->device);
    apr_cpystrn(pending->name, wish->name, sizeof pending->name);
    apr_cpystrn(pending->address, caller->address, sizeof pending->address);
    pending->active = !rps->settings->service && !by_mail;
    pending->made = (uint32_t)apr_time_sec(caller->now);
    if (by_mail && wish->shows_number)
        pending->number = mailed_number();
}

static result_t *begin_registration(rps_t *rps, const caller_t *caller, const registration_t *wish,
                                    pending_t *pending, apr_pool_t *p)
{
    const char *text = new_mpin_id(wish, caller->now, p);
    mpin_id_t id;
    mpin_id_read(&id, text, p);
    fill_pending(rps, caller, wish, pending, p);
    store_status_t status = note_replaced(rps, caller, wish, pending, p);
    log_debug(caller->log, "MPIN0758", "registration %s of %s begins, %s%s",
              people_label(id.handle, p), name_masked(pending->name, p),
              pending_origin_text(pending), replaced_text(wish, pending));
    result_t *refusal = status == STORE_OK && pending->origin == ORIGIN_SESSION
                            ? places_left(rps, caller, pending, p)
                            : NULL;
    if (refusal)
        return refusal;
    if (status == STORE_OK)
        status = pending_keep(rps, id.handle, pending, caller->now, p);
    if (status != STORE_OK)
        return store_refusal(status, p);

    if (pending->origin == ORIGIN_MAIL)
        refusal = mailed_send(rps, caller, &id, pending, p);
    else if (rps->settings->service)
        refusal = vouch_first(rps, caller, wish, text, &id, pending, p);
    return refusal ? refusal : registered_answer(rps, caller, text, &id, pending, p);
}

/* The application writes again to a person whose registration waits: with the same key, so that
 * what it wrote before still works. Asked as often as a registration may begin. */
static result_t *vouch_again(rps_t *rps, const caller_t *caller, const registration_t *wish,
                             const char *mpin_id, const json_t *body, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t old;
    if (!mpin_id_read(&id, mpin_id, p) ||
        pending_find(rps, caller, id.handle, json_text(body, "regOTT", 2 * TOKEN_BYTES), &old, p) !=
            STORE_OK ||
        old.origin != ORIGIN_APPLICATION || strcmp(old.name, wish->name) != 0)
        return NULL;
    result_t *refusal = too_many_registrations(rps, caller, &old, p);
    if (!refusal && !old.active)
        refusal = ask_to_vouch(rps, caller, wish, mpin_id, &id, &old, p);
    return refusal ? refusal : registered_answer(rps, caller, mpin_id, &id, &old, p);
}

static result_t *mail_again(rps_t *rps, const caller_t *caller, const registration_t *wish,
                            const char *mpin_id, const json_t *body, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t old;
    if (!mpin_id_read(&id, mpin_id, p))
        return NULL; /* end_earlier says so */
    result_t *result = mailed_again(rps, caller, &id, wish->name,
                                    json_text(body, "regOTT", 2 * TOKEN_BYTES), &old, p);
    return !result || result->code ? result : registered_answer(rps, caller, mpin_id, &id, &old, p);
}

/* The id, the regOTT and the number stay, and so each mail that was written works. NULL where
 * nothing waits for it. */
static result_t *send_again(rps_t *rps, const caller_t *caller, const registration_t *wish,
                            const char *mpin_id, const pending_t *pending, const json_t *body,
                            apr_pool_t *p)
{
    if (pending->origin == ORIGIN_MAIL)
        return mail_again(rps, caller, wish, mpin_id, body, p);
    return pending->origin == ORIGIN_APPLICATION ? vouch_again(rps, caller, wish, mpin_id, body, p)
                                                 : NULL;
}

/* PUT /rps/user/<mpinId>: the registration that it names ends here and a new one begins. One that
 * is gone needs no regOTT, as with the original. */
static result_t *end_earlier(rps_t *rps, const caller_t *caller, const char *mpin_id,
                             const json_t *body, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t old;
    if (!mpin_id_read(&id, mpin_id, p))
        return result_error(p, 400, "field_malformed", "The mpinId is not lower-case hex.");
    store_status_t status =
        pending_find(rps, caller, id.handle, json_text(body, "regOTT", 2 * TOKEN_BYTES), &old, p);
    if (status == STORE_OK) {
        log_debug(caller->log, "MPIN0758", "registration %s ends: another one takes its place",
                  people_label(id.handle, p));
        status = pending_take(rps, id.handle, p);
    } else if (status == STORE_MISSING && pending_get(rps, id.handle, &old, p) == STORE_OK)
        return result_error(p, 400, "registration_unknown", "regOTT does not match.");
    return status == STORE_OK || status == STORE_MISSING ? NULL : store_refusal(status, p);
}

/* A try is charged to its address unless it is one of the registrations that may begin there: a
 * refusal that cost nothing would be a free question who is registered here. */
result_t *rps_register(rps_t *rps, const caller_t *caller, const char *mpin_id, const json_t *body,
                       apr_pool_t *p)
{
    registration_t wish;
    pending_t pending;
    memset(&pending, 0, sizeof pending);
    result_t *malformed;
    if (!read_wish_to_register(rps, caller, &wish, body, &malformed, p))
        return malformed;
    wish.resend = mpin_id != NULL;

    int wait;
    store_status_t counted = throttle_reserve(rps->throttle, caller, NULL, wish.name, &wait, p);
    if (counted != STORE_OK)
        return store_refusal(counted, p);
    if (wait > 0)
        return result_later(p, "throttled", "Too many tries from this address.", wait);

    result_t *refusal = prove_name(rps, caller, wish.name, &pending, p);
    if (!refusal && mpin_id) {
        result_t *again = send_again(rps, caller, &wish, mpin_id, &pending, body, p);
        if (again)
            return again;
    }
    if (!refusal && mpin_id)
        refusal = end_earlier(rps, caller, mpin_id, body, p);
    if (!refusal)
        refusal = too_many_registrations(rps, caller, &pending, p);
    if (refusal)
        return refusal;
    throttle_release(rps->throttle, caller, NULL, wish.name, p);
    return begin_registration(rps, caller, &wish, &pending, p);
}
