#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/phone.h"
#include "phone/phone_code.h"
#include "rps/redeem.h"

#define LOOK_MS 250 /* between looks at a code that a phone waits for */
#define OTT_MAX 64  /* bytes of an authOTT, as clients send it */

/* ---- what the relying party said ------------------------------------------------------------- */

static result_t *timed_out(apr_pool_t *p)
{
    return result_error(p, 408, "phone_timeout", "Authentication timed out");
}

/* The phone's answer from the word that is kept with the code. */
static result_t *result_of(const char *word, apr_pool_t *p)
{
    const json_t *said = json_read(p, word, strlen(word));
    const int status = (int)json_integer_value(json_object_get(said, "status"));
    const char *code = json_text(said, "code", 32), *message = json_text(said, "message", 256);
    if (status == 200) {
        json_t *url = json_object_get(said, "logoutURL"),
               *data = json_object_get(said, "logoutData");
        return result_ok(p, json_pack("{s:o, s:o}", "logoutURL",
                                      url ? json_incref(url) : json_string(""), "logoutData",
                                      data ? json_incref(data) : json_string("")));
    }
    return result_error(p, status, code ? code : "not_allowed", message ? message : "");
}

typedef struct word_t {
    const unsigned char *auth_ott;
    const char *text;
    bool said;
} word_t;

static bool leave_word(void *baton, code_t *code, const char **word)
{
    word_t *left = baton;
    left->said = code->state == CODE_ENTERED &&
                 sodium_memcmp(code->auth_ott, left->auth_ott, sizeof code->auth_ott) == 0;
    if (!left->said)
        return false;
    code->state = CODE_DONE;
    *word = left->text;
    return true;
}

/* The relying party's last word on a code that its desktop has redeemed. STORE_MISSING: nobody
 * waits for it. */
static store_status_t leave(rps_t *rps, const unsigned char wid[WID_BYTES],
                            const unsigned char auth_ott[TOKEN_BYTES], apr_time_t now,
                            const json_t *said, apr_pool_t *p)
{
    word_t left = {.auth_ott = auth_ott, .text = json_write(p, said)};
    store_status_t status = code_change(rps, wid, now, leave_word, &left, p);
    return status == STORE_OK && !left.said ? STORE_MISSING : status;
}

void rps_phone_done(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                    json_t *logout_data, apr_pool_t *p)
{
    const char *url = rps->settings->logout_url; /* NULL: nobody signs out here */
    if (!redemption->by_phone)
        return;
    json_t *said = json_tie(p, url ? json_pack("{s:i, s:s, s:O}", "status", 200, "logoutURL", url,
                                               "logoutData", logout_data)
                                   : json_pack("{s:i}", "status", 200));
    leave(rps, redemption->wid, redemption->auth_ott, caller->now, said, p);
}

void phone_refused(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                   apr_pool_t *p)
{
    const result_t *refusal = redemption->refusal;
    json_t *said = json_tie(p, json_pack("{s:i, s:s, s:s}", "status", refusal->status, "code",
                                         refusal->code, "message", refusal->message));
    leave(rps, redemption->wid, redemption->auth_ott, caller->now, said, p);
}

static json_t *word_of_application(const json_t *body, int status, apr_pool_t *p)
{
    static const char *const passed_on[] = {"message", "logoutURL", "logoutData"};
    json_t *said = json_tie(p, json_pack("{s:i}", "status", status));
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        if (json_object_get(body, passed_on[i]))
            json_object_set(said, passed_on[i], json_object_get(body, passed_on[i]));
    return said;
}

void rps_phone_told(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                    const json_t *body, apr_pool_t *p)
{
    const json_t *said = word_of_application(body, 200, p);
    if (redemption->by_phone && strlen(json_write(p, said)) <= CODE_WORD_MAX)
        leave(rps, redemption->wid, redemption->auth_ott, caller->now, said, p);
}

/* POST /loginResult (protocol: RPS, private): an application says how the login that it redeemed
 * went on, and what its phone can sign out with. */
result_t *rps_login_result(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    authott_t record;
    unsigned char token[TOKEN_BYTES];
    const char *text = json_text(body, "authOTT", OTT_MAX);
    const json_int_t status = json_integer_value(json_object_get(body, "status"));
    if (!text)
        return result_error(p, 400, "field_missing", "authOTT is missing");
    if (status != 200 && (status < 400 || status > 599))
        return result_error(p, 400, "field_malformed", "status is none of 200 and 400 to 599");

    store_status_t found = authott_phone(rps, text, &record, p);
    if (found == STORE_MISSING)
        return result_error(p, 408, "authott_unknown", "Unknown, used or expired authOTT.");
    const json_t *said = word_of_application(body, (int)status, p);
    if (strlen(json_write(p, said)) > CODE_WORD_MAX)
        return result_error(p, 400, "field_malformed", "message and logout data are too long");
    if (found == STORE_OK && hex_decode(text, token, sizeof token))
        found = leave(rps, record.wid, token, caller->now, said, p);
    if (found == STORE_MISSING)
        return result_error(p, 404, "not_found", "Nobody waits for this.");
    return found == STORE_OK ? result_ok(p, NULL) : store_refusal(found, p);
}

/* ---- the desktop ----------------------------------------------------------------------------- */

typedef struct entry_t {
    const caller_t *caller;
    const unsigned char *auth_ott;
    bool any; /* an application asks, which knows its browsers */
    bool entered, foreign;
    code_t code;
} entry_t;

/* Only the browser that asked for the code comes in; a foreign one ends it. */
static bool enter(void *baton, code_t *code, const char **word)
{
    entry_t *entry = baton;
    const unsigned char *browser = entry->caller->prelogin;
    (void)word;
    entry->entered = entry->foreign = false;
    if (sodium_memcmp(code->auth_ott, entry->auth_ott, sizeof code->auth_ott) != 0 ||
        code->state != CODE_OFFERED)
        return false;
    entry->entered =
        entry->any || (code->bound && browser &&
                       sodium_memcmp(code->browser, browser, sizeof code->browser) == 0);
    entry->foreign = !entry->entered;
    code->state = entry->entered ? CODE_ENTERED : CODE_OVER;
    entry->code = *code;
    return true;
}

store_status_t phone_enter(rps_t *rps, const caller_t *caller, const unsigned char wid[WID_BYTES],
                           const unsigned char auth_ott[TOKEN_BYTES], bool *foreign, apr_pool_t *p)
{
    entry_t entry = {.caller = caller, .auth_ott = auth_ott, .any = rps->settings->service};
    store_status_t status = code_change(rps, wid, caller->now, enter, &entry, p);
    *foreign = entry.foreign;
    if (status != STORE_OK)
        return status;
    if (entry.entered || entry.foreign)
        code_free_place(rps, wid, &entry.code, p);
    return entry.entered ? STORE_OK : STORE_MISSING;
}

/* ---- the phone ------------------------------------------------------------------------------- */

typedef struct offer_t {
    const caller_t *caller;
    const unsigned char *auth_ott;
    const char *name;
    result_t *result; /* the last answer, NULL while there is none */
    apr_pool_t *p;
} offer_t;

static result_t *unknown_code(apr_pool_t *p)
{
    return result_error(p, 412, "code_unknown", "Invalid or expired access number");
}

/* The proof is right: is the code still this phone's to answer? A phone that lets its user pick has
 * to have said who it is. */
static bool may_offer(code_t *code, const caller_t *caller)
{
    return code->state <= CODE_USER && code_claim(code, caller) &&
           (!code->pick || code->state == CODE_USER);
}

/* Offers the authOTT to the desktop, or sees what has become of that. */
static bool offer(void *baton, code_t *code, const char **word)
{
    offer_t *mine = baton;
    mine->result = NULL;
    if (may_offer(code, mine->caller)) {
        memcpy(code->auth_ott, mine->auth_ott, sizeof code->auth_ott);
        apr_cpystrn(code->proven, mine->name, sizeof code->proven);
        code->expires = mine->caller->now + apr_time_from_sec(AUTHOTT_SECONDS);
        code->state = CODE_OFFERED;
        return true;
    }
    if (sodium_memcmp(code->auth_ott, mine->auth_ott, sizeof code->auth_ott) != 0 ||
        code->state == CODE_OVER || code->state == CODE_ABORTED)
        mine->result = unknown_code(mine->p);
    else if (code->state == CODE_DONE && *word)
        mine->result = result_of(*word, mine->p);
    return false;
}

/* The desktop has not come in in time: now it cannot any more. */
static bool give_up(void *baton, code_t *code, const char **word)
{
    offer_t *mine = baton;
    mine->result =
        code->state == CODE_DONE && *word ? result_of(*word, mine->p) : timed_out(mine->p);
    if (code->state != CODE_OFFERED ||
        sodium_memcmp(code->auth_ott, mine->auth_ott, sizeof code->auth_ott) != 0)
        return false;
    code->state = CODE_OVER;
    return true;
}

/* One look at the code by `step`; what keeps it from that is an answer too. */
static result_t *look(rps_t *rps, const authott_t *record, code_step_t step, offer_t *mine,
                      apr_pool_t *p)
{
    store_status_t status = code_change(rps, record->wid, mine->caller->now, step, mine, p);
    if (status == STORE_MISSING)
        return unknown_code(mine->p);
    if (status == STORE_CHANGED)
        return result_later(mine->p, "busy", "Too many phones at this code at once.", 1);
    return status == STORE_OK ? mine->result : store_refusal(status, mine->p);
}

/* Until the desktop is in or `phone_wait` is over, a few looks a second. */
static result_t *wait_for_desktop(rps_t *rps, const authott_t *record, offer_t *mine, apr_pool_t *p)
{
    const int looks = rps->settings->phone_wait * 1000 / LOOK_MS;
    result_t *result = NULL;
    apr_pool_t *scratch;
    apr_pool_create(&scratch, p);
    for (int i = 0; i < looks && !result; i++) {
        apr_sleep(apr_time_from_msec(LOOK_MS));
        result = look(rps, record, offer, mine, scratch);
        apr_pool_clear(scratch);
    }
    if (!result)
        result = look(rps, record, give_up, mine, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static result_t *offer_and_wait(rps_t *rps, seats_t *seats, const authott_t *record, offer_t *mine,
                                apr_pool_t *p)
{
    seat_t seat;
    result_t *result = look(rps, record, offer, mine, p);
    if (result)
        return result;
    if (!seats_take(seats, (rps->settings->phone_wait + 1) * 1000, &seat))
        return result_later(p, "busy", "Too many phones are waiting: ask again.", 1);
    result = wait_for_desktop(rps, record, mine, p);
    seats_give(seats, &seat);
    return result;
}

/* NULL, or the refusal of an address that has guessed too many codes: the same for a code that is
 * live and for one that is none. A known browser guesses as strangers do, for whoever has a PIN can
 * make itself known. */
static result_t *too_many_guesses(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    const int wait = throttle_wait(rps->throttle, caller->address, NULL, NULL, caller->now, p);
    if (wait == THROTTLE_DOWN)
        return store_refusal(STORE_DOWN, p);
    return wait ? result_later(p, "throttled", "Too many failures.", wait) : NULL;
}

/* A verdict, or the desktop's way in. */
static result_t *judge(rps_t *rps, seats_t *seats, const caller_t *caller, const authott_t *record,
                       const unsigned char auth_ott[TOKEN_BYTES], apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    if (record->verdict != VERDICT_RIGHT)
        return redeem_refusal(record, p);
    result_t *refusal = too_many_guesses(rps, caller, p);
    if (refusal)
        return refusal;
    if (sodium_is_zero(record->wid, sizeof record->wid))
        return unknown_code(p);
    refusal = redeem_admit(rps, record, &identity, &user, p);
    if (refusal)
        return refusal;
    offer_t mine = {.caller = caller, .auth_ott = auth_ott, .name = identity.name, .p = p};
    result_t *result = offer_and_wait(rps, seats, record, &mine, p);
    result->user = apr_pstrdup(p, identity.name);
    return result;
}

/* Everything but "ask again" is the last answer, and one request gets it. Who answers codes that
 * are none is throttled as who guesses passwords. */
static result_t *last_answer(rps_t *rps, const caller_t *caller, const authott_t *record,
                             const char *text, result_t *result, apr_pool_t *p)
{
    authott_t taken;
    if (result->status == 412)
        throttle_reserve(rps->throttle, caller->address, NULL, NULL, caller->now, p);
    if (result->status == 503 || (result->status == 429 && record->verdict == VERDICT_RIGHT))
        return result;
    store_status_t status = authott_phone_take(rps, text, &taken, p);
    if (status == STORE_OK)
        return result;
    return status == STORE_MISSING ? redeem_unknown(p) : store_refusal(status, p);
}

/* POST /rps/authenticate (protocol: RPS, public). The desktop is told before anybody waits, so that
 * it gets in whether there is a seat or not. */
result_t *rps_phone_authenticate(rps_t *rps, seats_t *seats, const caller_t *caller,
                                 const json_t *body, apr_pool_t *p)
{
    authott_t record;
    unsigned char auth_ott[TOKEN_BYTES];
    if (!rps->settings->phone_login)
        return result_error(p, 404, "not_found", "Phone login is off here.");
    const char *text = json_text(json_object_get(body, "mpinResponse"), "authOTT", OTT_MAX);
    if (!text)
        return result_error(p, 400, "field_missing", "mpinResponse.authOTT is missing");

    if (!hex_decode(text, auth_ott, sizeof auth_ott))
        return redeem_unknown(p);
    store_status_t status = authott_phone(rps, text, &record, p);
    if (status == STORE_MISSING)
        return authott_idle_read(rps, caller, text, &record) == STORE_OK
                   ? redeem_refusal(&record, p)
                   : redeem_unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *result = record.bound && !redeem_is_of(&record, caller)
                           ? redeem_foreign(rps, &record, p)
                           : judge(rps, seats, caller, &record, auth_ott, p);
    return last_answer(rps, caller, &record, text, result, p);
}
