/* SPDX-License-Identifier: Apache-2.0 */
/* POST /authenticate at an RPS elsewhere (docs/protocol.md, "RPS, private"). It says who somebody
 * is, and nothing more: we see to it that they may sign in here, and that an authOTT is good
 * once. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "remote/granted.h"
#include "remote/remote_ask.h"
#include "remote/remote_id.h"
#include "rps/admission.h"
#include "rps/redeem.h"
#include "store/key.h"

#define TOTAL_MS 5000
#define WORD_MS 2000 /* for the last word: the person at the desktop waits meanwhile */
#define ANSWER_MAX 16384
#define OTT_MAX 64
#define ONCE_SECONDS 300 /* longer than any authOTT lives */

/* A good answer says this. */
typedef struct verified_t {
    const char *name; /* canonical */
    mpin_id_t id;
    bool mobile; /* the identity is a phone's */
} verified_t;

static bool is_authott_text(const char *text)
{
    const apr_size_t len = strlen(text);
    for (const char *c = text; *c; c++)
        if (!apr_isalnum(*c) && !strchr("-_", *c))
            return false;
    return len && len <= OTT_MAX;
}

/* ---- an authOTT is good once, whatever the RPS makes of it ----------------------------------- */

static const char *once_key(const char *auth_ott, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)auth_ott, strlen(auth_ott));
    return store_key("remote-ott", hash, sizeof hash, p);
}

static store_status_t once_begin(remote_t *remote, const char *key, apr_time_t now)
{
    return store_add(remote->rps->store, STORE_COMING_IN, key, "", 1,
                     now + apr_time_from_sec(ONCE_SECONDS));
}

/* Nothing was decided, or it is nobody's: it may come again, and strangers leave nothing behind. */
static bool may_come_again(const result_t *refusal)
{
    return refusal && (refusal->status >= 500 || refusal->status == 408 || refusal->status == 412);
}

/* ---- what the RPS says ----------------------------------------------------------------------- */

/* The name has to be the one that the mpinId holds, which is what the proof was about. */
static result_t *read_verified(remote_t *remote, const json_t *json, verified_t *verified,
                               apr_pool_t *p)
{
    const char *user_id = json_text(json, "userId", 2 * NAME_MAX_BYTES);
    const char *mpin_id = json_text(json, "mpinId", 2 * MPIN_ID_MAX);
    if (!user_id || !mpin_id_read(&verified->id, mpin_id, p))
        return remote_broken(remote, "a login without userId and mpinId", p);
    const char *proven = remote_user_id(mpin_id, p);
    if (!proven || strcmp(proven, user_id) != 0) {
        log_error(remote->rps->log, "MPIN0413",
                  "the RPS names another user than the mpinId of identity %s does: refused",
                  people_label(verified->id.handle, p));
        return result_error(p, 502, "rps_userid_mismatch",
                            "The RPS names another user than the mpinId does.");
    }
    json_flag(remote_mpin_id(mpin_id, p), "mobile", &verified->mobile);
    verified->name = name_of_site(remote->rps->settings->names, user_id, p);
    return verified->name ? NULL
                          : result_error(p, 403, "not_allowed", "This is no name of a user here.");
}

/* Another instance of this module says how many tries are left. */
static result_t *remote_wrong_pin(const json_t *json, apr_pool_t *p)
{
    result_t *result = result_error(p, 401, "wrong_pin", "The PIN is wrong.");
    const json_t *left = json_object_get(json, "attemptsLeft");
    const json_int_t number = json_integer_value(left);
    if (json_is_integer(left) && number > 0 && number < 100)
        result->json = json_tie(p, json_pack("{s:I}", "attemptsLeft", number));
    return result;
}

/* The table of the protocol. A refusal deletes the tokens of old clients, so it counts only when it
 * is the protocol's own. */
static result_t *refusal_of_rps(remote_t *remote, int status, const json_t *json, apr_pool_t *p)
{
    switch (status) {
    case 401:
        return rps_audited(remote_wrong_pin(json, p), "pin_wrong", NULL, NULL, p);
    case 403:
        return result_error(p, 403, "not_allowed", "The RPS refuses this user.");
    case 408:
        return redeem_unknown(p);
    case 410:
        return result_error(p, 410, "locked", "This device is locked after too many wrong PINs.");
    case 412:
        return result_error(p, 412, "code_unknown", "Unknown or expired access number.");
    default:
        return remote_broken(remote, apr_psprintf(p, "a login with status %d", status), p);
    }
}

static result_t *ask_who_it_is(remote_t *remote, const caller_t *caller, const char *auth_ott,
                               const json_t *logout_data, verified_t *verified, apr_pool_t *p)
{
    json_t *body = json_tie(p, json_pack("{s:s}", "authOTT", auth_ott));
    const question_t question = {"POST", "/authenticate", body, TOTAL_MS, ANSWER_MAX};
    const json_t *json;
    int status;
    if (logout_data) {
        json_object_set(body, "logoutData", (json_t *)(apr_uintptr_t)logout_data);
        json_set_text(body, "logoutURL", remote->rps->settings->logout_url);
    }
    result_t *refusal = remote_ask(remote, caller, &question, &status, &json, p);
    if (refusal)
        return refusal;
    const json_t *inside = json_object_get(json, "status");
    if (!json_is_integer(inside) || json_integer_value(inside) != status)
        return remote_broken(
            remote, apr_psprintf(p, "a login with status %d, and not so in its JSON", status), p);
    return status == 200 ? read_verified(remote, json, verified, p)
                         : refusal_of_rps(remote, status, json, p);
}

/* ---- who may sign in here -------------------------------------------------------------------- */

static result_t *admit_verified(remote_t *remote, const caller_t *caller,
                                const verified_t *verified, redemption_t *redemption, apr_pool_t *p)
{
    result_t *refusal = granted_become(remote->rps, caller, &verified->id, verified->name, p);
    if (refusal)
        return refusal;
    refusal = rps_admit(remote->rps, caller, verified->id.handle, &redemption->identity,
                        &redemption->user, p);
    if (!refusal && strcmp(redemption->identity.name, verified->name) != 0)
        refusal = remote_broken(remote, "an mpinId of another user", p);
    return refusal;
}

static result_t *redeem_once(remote_t *remote, const caller_t *caller, const char *auth_ott,
                             const json_t *logout_data, redemption_t *redemption, apr_pool_t *p)
{
    verified_t verified = {NULL, {{0}, {0}}, false};
    result_t *refusal = ask_who_it_is(remote, caller, auth_ott, logout_data, &verified, p);
    if (!verified.name) {
        log_debug(caller->log, "MPIN0779", "the RPS names nobody: %d %s", refusal->status,
                  refusal->code);
        return refusal;
    }
    log_debug(caller->log, "MPIN0779", "the RPS says that identity %s of %s has proven itself",
              people_label(verified.id.handle, p), name_masked(verified.name, p));
    redemption->wants_word = verified.mobile || logout_data;
    refusal = admit_verified(remote, caller, &verified, redemption, p);
    return refusal ? rps_audited(refusal, "login_refused", verified.name, verified.id.handle, p)
                   : NULL;
}

void remote_redeem(remote_t *remote, const caller_t *caller, const char *auth_ott,
                   const json_t *logout_data, redemption_t *redemption, apr_pool_t *p)
{
    int wait;
    memset(redemption, 0, sizeof *redemption);
    if (!caller->prelogin || !is_authott_text(auth_ott)) {
        log_debug(caller->log, "MPIN0779", "the RPS is not asked: %s",
                  caller->prelogin ? "this is no authOTT" : "no pre-login cookie came");
        redemption->refusal = redeem_unknown(p);
        return;
    }
    store_status_t status =
        throttle_reserve(remote->rps->throttle, caller, NULL, THROTTLE_ANYBODY, &wait, p);
    if (status != STORE_OK || wait) {
        redemption->refusal = status != STORE_OK
                                  ? store_refusal(status, p)
                                  : result_later(p, "throttled", "Too many tries.", wait);
        return;
    }
    const char *key = once_key(auth_ott, p);
    status = once_begin(remote, key, caller->now);
    if (status != STORE_OK) {
        log_debug(caller->log, "MPIN0779", "the RPS is not asked: %s",
                  status == STORE_EXISTS ? "this authOTT came before" : "the store is not there");
        redemption->refusal = status == STORE_EXISTS ? redeem_unknown(p) : store_refusal(status, p);
        return;
    }
    redemption->refusal = redeem_once(remote, caller, auth_ott, logout_data, redemption, p);
    if (may_come_again(redemption->refusal))
        store_delete(remote->rps->store, STORE_FLEETING, key);
    if (!redemption->refusal || redemption->refusal->status >= 500)
        throttle_release(remote->rps->throttle, caller, NULL, THROTTLE_ANYBODY, p);
}

/* ---- the last word --------------------------------------------------------------------------- */

static void leave_remote_word(remote_t *remote, const caller_t *caller, const json_t *body,
                              apr_pool_t *p)
{
    const question_t question = {"POST", "/loginResult", body, WORD_MS, ANSWER_MAX};
    const json_t *json;
    int status;
    result_t *lost = remote_ask(remote, caller, &question, &status, &json, p);
    log_debug(caller->log, "MPIN0779", "the RPS %s how this login went",
              lost ? "does not hear" : "hears");
}

void remote_signed_in(remote_t *remote, const caller_t *caller, const char *auth_ott,
                      const json_t *logout_data, apr_pool_t *p)
{
    json_t *body =
        json_pack("{s:s, s:i, s:s, s:s}", "authOTT", auth_ott, "status", 200, "message",
                  "Authentication successful", "logoutURL", remote->rps->settings->logout_url);
    json_object_set(body, "logoutData", (json_t *)(apr_uintptr_t)logout_data);
    leave_remote_word(remote, caller, json_tie(p, body), p);
}

void remote_refused(remote_t *remote, const caller_t *caller, const char *auth_ott,
                    const result_t *refusal, apr_pool_t *p)
{
    leave_remote_word(remote, caller,
                      json_tie(p, json_pack("{s:s, s:i, s:s}", "authOTT", auth_ott, "status",
                                            refusal->status, "message", refusal->message)),
                      p);
}
