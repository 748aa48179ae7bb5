#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/browser_name.h"
#include "rps/mailed.h"
#include "rps/pending.h"
#include "rps/service.h"

#define HOUR 3600
#define OPEN_EACH 60    /* open registrations an hour and address ... */
#define OPEN_ALL 5000   /* ... and in all */
#define SESSION_EACH 20 /* by a session, an hour and user */
#define SESSION_ALL 100000
#define APPLICATION_EACH 600 /* of an application's users, an hour and address: an office */
#define USER_DATA_MAX 2048   /* bytes of JSON */

typedef struct registration_t {
    const char *name; /* canonical */
    int mobile;
    bool shows_number; /* the pad shows a number, to be typed where the link is opened */
    const char *device;
    bool replaces_one;
    mpin_id_t replaces;
    bool resend;             /* of an earlier registration */
    const json_t *user_data; /* for an application, NULL for none */
} registration_t;

/* ---- what is asked --------------------------------------------------------------------------- */

static bool device_ok(const char *device)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-";
    return device[strspn(device, good)] == '\0';
}

static bool read_optional(registration_t *wish, const json_t *body, apr_pool_t *p)
{
    const json_t *mobile = json_object_get(body, "mobile");
    const json_t *device = json_object_get(body, "deviceName");
    const json_t *replaces = json_object_get(body, "replaces");

    if (mobile && (!json_is_integer(mobile) || json_integer_value(mobile) < 0 ||
                   json_integer_value(mobile) > 1))
        return false;
    wish->mobile = (int)json_integer_value(mobile);

    wish->device = device ? json_text(body, "deviceName", DEVICE_MAX) : "";
    if (!wish->device || !device_ok(wish->device))
        return false;

    wish->user_data = json_object_get(body, "userData");
    if (json_dumpb(wish->user_data, NULL, 0, JSON_ENCODE_ANY) > USER_DATA_MAX)
        return false;

    if (!json_flag(body, "confirm", &wish->shows_number))
        return false;
    wish->replaces_one = replaces != NULL;
    return !replaces ||
           mpin_id_read(&wish->replaces, json_text(body, "replaces", 2 * MPIN_ID_MAX), p);
}

/* NULL when all is well, else the refusal's code. */
static const char *read_request(registration_t *wish, const json_t *body, apr_pool_t *p)
{
    memset(wish, 0, sizeof *wish);
    const char *user_id = json_text(body, "userId", 2 * NAME_MAX_BYTES);
    wish->name = user_id ? name_canonical(user_id, p) : NULL;
    if (!wish->name)
        return "user_id_invalid";
    return read_optional(wish, body, p) ? NULL : "field_malformed";
}

static result_t *malformed(const char *code, apr_pool_t *p)
{
    return result_error(p, 400, code,
                        "userId is a name; mobile is 0 or 1; deviceName is at most 32 of "
                        "[A-Za-z0-9 _-]; replaces is an mpinId; userData is at most 2 KB.");
}

/* ---- proof of a name (identity model) -------------------------------------------------------- */

/* Signed in by password, or by another provider, as this very name. A PIN alone adds no devices. */
static bool session_proves(const session_t *session, const char *name)
{
    return session && strcmp(session->name, name) == 0 &&
           ((session->amr & AMR_PWD) || strcmp(session->provider, "local") != 0);
}

static result_t *closed(apr_pool_t *p)
{
    return result_error(p, 403, "registration_closed",
                        "Sign in first to set up a PIN for this name.");
}

static result_t *not_allowed(rps_t *rps, const char *name, apr_pool_t *p)
{
    return rps_not_allowed(rps, name,
                           rps->settings->allow == ALLOW_DOMAINS
                               ? "Only names of this site's own domains may register here."
                               : "This name may not register here.",
                           p);
}

/* The store itself is asked: the session's cookie may be older than what was decided about its
 * user. */
static result_t *prove_by_session(rps_t *rps, const caller_t *caller, const char *name,
                                  pending_t *pending, apr_pool_t *p)
{
    user_t user;
    identity_t *list;
    int count;
    store_status_t status = people_get(rps->people, caller->session->uid, &user, p);
    if (status == STORE_MISSING)
        return closed(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user.state != USER_ACTIVE)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (user.version != caller->session->version || strcmp(user.name, name) != 0)
        return closed(p);
    result_t *refusal = rps->settings->allow != ALLOW_NOBODY ? not_allowed(rps, name, p) : NULL;
    if (refusal)
        return refusal;

    status = people_identities(rps->people, user.uid, &list, &count, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (count >= IDENTITIES_MAX)
        return result_error(p, 403, "too_many_identities",
                            "This name has as many devices as it may have.");

    pending->origin = ORIGIN_SESSION;
    pending->user_version = user.version;
    memcpy(pending->uid, user.uid, sizeof pending->uid);
    return NULL;
}

/* A name that has a user is taken, whatever their identities: somebody has registered it, or has
 * signed in. */
static result_t *prove_by_being_first(rps_t *rps, const caller_t *caller, const char *name,
                                      pending_t *pending, apr_pool_t *p)
{
    user_t user;
    if (!rps->settings->register_open || (!caller->loopback && !rps->settings->open_to_anyone))
        return closed(p);
    result_t *refusal = not_allowed(rps, name, p);
    if (refusal)
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_OK || status == STORE_EXISTS)
        return result_error(p, 403, "name_taken",
                            "This name is taken. Sign in to add a device to it.");
    if (status != STORE_MISSING)
        return store_refusal(status, p);
    pending->origin = ORIGIN_OPEN;
    return NULL;
}

/* The application says whether it is them, once there is an mpinId to tell it. */
static result_t *prove_to_application(rps_t *rps, const char *name, pending_t *pending,
                                      apr_pool_t *p)
{
    user_t user;
    result_t *refusal = rps->settings->allow != ALLOW_NOBODY ? not_allowed(rps, name, p) : NULL;
    if (refusal)
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_OK && user.state == USER_DISABLED)
        return result_error(p, 403, "user_disabled", "This account is disabled.");
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    pending->origin = ORIGIN_APPLICATION;
    return NULL;
}

/* A mail to that very mailbox, which may be anybody's: a name that is taken is proven by it as well
 * as a free one. Who may not come in by a list or an application's word, or whose account is
 * closed, must not be told so here, or everybody could ask for everybody: nothing is sent to them.
 */
static result_t *prove_by_mailbox(rps_t *rps, const char *name, pending_t *pending, apr_pool_t *p)
{
    user_t user;
    result_t *refusal = not_allowed(rps, name, p);
    if (refusal && (refusal->status != 403 || rps->settings->allow == ALLOW_DOMAINS))
        return refusal;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status != STORE_OK && status != STORE_MISSING && status != STORE_EXISTS)
        return store_refusal(status, p);
    pending->origin = ORIGIN_MAIL;
    pending->silent =
        refusal || status == STORE_EXISTS || (status == STORE_OK && user.state != USER_ACTIVE);
    return NULL;
}

result_t *pending_prove(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                        apr_pool_t *p)
{
    if (rps->settings->service)
        return prove_to_application(rps, name, pending, p);
    if (rps->settings->register_signed_in && session_proves(caller->session, name))
        return prove_by_session(rps, caller, name, pending, p);
    if (rps->settings->register_mail && name_domain(name))
        return prove_by_mailbox(rps, name, pending, p);
    return prove_by_being_first(rps, caller, name, pending, p);
}

/* ---- the registration ------------------------------------------------------------------------ */

/* Who may make how many: a person by their name, a stranger by their address. */
static result_t *make_room(rps_t *rps, const caller_t *caller, const pending_t *pending,
                           apr_pool_t *p)
{
    unsigned char address[ADDRESS_BYTES];
    const int64_t each = pending->origin == ORIGIN_APPLICATION ? APPLICATION_EACH : OPEN_EACH;
    throttle_address(caller->address, address);
    store_status_t status =
        pending->origin == ORIGIN_SESSION
            ? rps_count_made(rps, "pending-user", pending->uid, SESSION_EACH, SESSION_ALL, HOUR,
                             caller->now, p)
            : rps_count_made(rps, "pending", address, each, OPEN_ALL, HOUR, caller->now, p);
    if (status == STORE_FULL)
        return result_later(p, "too_many_pending", "Too many registrations. Try again later.", 600);
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

/* What a registration replaces counts only if it is the same user's; else there is nothing to
 * revoke. */
static store_status_t note_replaced(rps_t *rps, const registration_t *wish, pending_t *pending,
                                    apr_pool_t *p)
{
    identity_t old;
    if (!wish->replaces_one || pending->origin == ORIGIN_OPEN)
        return STORE_OK;
    store_status_t status = people_identity(rps->people, wish->replaces.handle, &old, p);
    if (status == STORE_OK &&
        (pending->origin == ORIGIN_MAIL ? !strcmp(old.name, wish->name)
         : pending->origin == ORIGIN_APPLICATION
             ? old.origin == ORIGIN_APPLICATION && !strcmp(old.name, wish->name)
             : memcmp(old.uid, pending->uid, sizeof old.uid) == 0))
        memcpy(pending->replaces, old.handle, sizeof pending->replaces);
    return status == STORE_MISSING ? STORE_OK : status;
}

/* What the client is told; the number only to one that shows it. */
static result_t *told(const caller_t *caller, const char *mpin_id, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p)
{
    const apr_time_t expires =
        apr_time_from_sec((apr_time_t)pending->made) + apr_time_from_sec(PENDING_SECONDS);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b}", "mpinId", mpin_id, "regOTT",
                             hex_encode(p, pending->reg_ott, sizeof pending->reg_ott), "expireTime",
                             rps_time(expires, 'T', p), "nowTime", rps_time(caller->now, 'T', p),
                             "active", (int)pending->active);
    if (pending->number && !pending->active)
        json_object_set_new(json, "confirm", json_string(mailed_number_text(pending->number, p)));
    return rps_audited(result_ok(p, json), "registered", pending->name, id->handle, p);
}

/* The application is asked about a registration that is kept. */
static result_t *ask_application(rps_t *rps, const registration_t *wish, const char *mpin_id,
                                 const mpin_id_t *id, pending_t *pending, apr_pool_t *p)
{
    const apr_time_t expires =
        apr_time_from_sec((apr_time_t)pending->made) + apr_time_from_sec(PENDING_SECONDS);
    const verify_t verify = {.user_id = wish->name,
                             .mpin_id = mpin_id,
                             .expire_time = rps_time(expires, 'T', p),
                             .device = wish->device,
                             .user_data = wish->user_data,
                             .mobile = wish->mobile,
                             .resend = wish->resend};
    bool active = false;
    result_t *refusal = service_vouch(
        rps, id, &verify, hex_encode(p, pending->reg_ott, sizeof pending->reg_ott), &active, p);
    pending->active = active;
    return refusal;
}

static result_t *answer(rps_t *rps, const caller_t *caller, const registration_t *wish,
                        pending_t *pending, apr_pool_t *p)
{
    const char *text = new_mpin_id(wish, caller->now, p);
    mpin_id_t id;
    mpin_id_read(&id, text, p);
    randombytes_buf(pending->reg_ott, sizeof pending->reg_ott);
    pending->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(pending->browser, caller->prelogin, sizeof pending->browser);
    apr_cpystrn(pending->device, wish->device, sizeof pending->device);
    apr_cpystrn(pending->name, wish->name, sizeof pending->name);
    pending->active = !rps->settings->service && pending->origin != ORIGIN_MAIL;
    if (pending->origin == ORIGIN_MAIL && !*wish->device && caller->user_agent) /* to be known by */
        apr_cpystrn(pending->device, browser_name(caller->user_agent, p), sizeof pending->device);
    pending->made = (uint32_t)apr_time_sec(caller->now);
    apr_cpystrn(pending->address, caller->address, sizeof pending->address);
    if (pending->origin == ORIGIN_MAIL && wish->shows_number)
        pending->number = mailed_number();

    store_status_t status = note_replaced(rps, wish, pending, p);
    if (status == STORE_OK)
        status = pending_keep(rps, id.handle, pending, caller->now, p);
    if (status != STORE_OK)
        return store_refusal(status, p);

    result_t *refusal = NULL;
    if (pending->origin == ORIGIN_MAIL)
        refusal = mailed_send(rps, caller, &id, pending, p);
    else if (rps->settings->service)
        refusal = ask_application(rps, wish, text, &id, pending, p);
    return refusal ? refusal : told(caller, text, &id, pending, p);
}

static result_t *send_again(rps_t *rps, const caller_t *caller, const registration_t *wish,
                            const char *mpin_id, const json_t *body, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t old;
    if (!mpin_id_read(&id, mpin_id, p))
        return NULL; /* end_old says so */
    result_t *result = mailed_again(rps, caller, &id, wish->name,
                                    json_text(body, "regOTT", 2 * TOKEN_BYTES), &old, p);
    return !result || result->code ? result : told(caller, mpin_id, &id, &old, p);
}

/* PUT /rps/user/<mpinId>: the registration that it names ends here and a new one begins. One that
 * is gone needs no regOTT, as with the original. */
static result_t *end_old(rps_t *rps, const caller_t *caller, const char *mpin_id,
                         const json_t *body, apr_pool_t *p)
{
    mpin_id_t id;
    pending_t old;
    if (!mpin_id_read(&id, mpin_id, p))
        return result_error(p, 400, "field_malformed", "The mpinId is not lower-case hex.");
    store_status_t status =
        pending_find(rps, caller, id.handle, json_text(body, "regOTT", 2 * TOKEN_BYTES), &old, p);
    if (status == STORE_OK)
        status = pending_take(rps, id.handle, p);
    else if (status == STORE_MISSING && pending_get(rps, id.handle, &old, p) == STORE_OK)
        return result_error(p, 400, "registration_unknown", "regOTT does not match.");
    return status == STORE_OK || status == STORE_MISSING ? NULL : store_refusal(status, p);
}

/* PUT /rps/user (protocol: RPS, public). Every try is charged to its address, also one that is
 * refused: otherwise it would be a free question who is registered here. */
result_t *rps_register(rps_t *rps, const caller_t *caller, const char *mpin_id, const json_t *body,
                       apr_pool_t *p)
{
    registration_t wish;
    pending_t pending;
    memset(&pending, 0, sizeof pending);
    const char *wrong = read_request(&wish, body, p);
    if (wrong)
        return malformed(wrong, p);
    wish.resend = mpin_id != NULL;

    int wait;
    store_status_t counted = throttle_reserve(rps->throttle, caller, NULL, wish.name, &wait, p);
    if (counted != STORE_OK)
        return store_refusal(counted, p);
    if (wait > 0)
        return result_later(p, "throttled", "Too many tries from this address.", wait);

    result_t *refusal = pending_prove(rps, caller, wish.name, &pending, p);
    if (!refusal && mpin_id && pending.origin == ORIGIN_MAIL) {
        result_t *again = send_again(rps, caller, &wish, mpin_id, body, p);
        if (again)
            return again;
    }
    if (!refusal && mpin_id)
        refusal = end_old(rps, caller, mpin_id, body, p);
    if (!refusal)
        refusal = make_room(rps, caller, &pending, p);
    return refusal ? refusal : answer(rps, caller, &wish, &pending, p);
}
