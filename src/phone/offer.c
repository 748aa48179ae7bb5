/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/offer.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "phone/code.h"
#include "phone/phones.h"
#include "store/refusal.h"

#define LOOK_MS 250      /* between looks at a code that a phone waits for */
#define LOOKS_FOR_MORE 3 /* after which the first word stands as the last */

/* ---- what the relying party said ------------------------------------------------------------- */

static result_t *timed_out(apr_pool_t *p)
{
    return result_error(p, 408, "phone_timeout", "Authentication timed out");
}

/* An application that gives its phones data to sign out with, and no address, means its usual
 * one. */
static json_t *logout_url_of(const phone_settings_t *settings, const json_t *said)
{
    json_t *url = json_object_get(said, "logoutURL");
    if (url)
        return json_incref(url);
    const bool usual = json_object_get(said, "logoutData") && settings->logout_path;
    return json_string(usual ? settings->logout_path : "");
}

/* The phone's answer from the word that is kept with the code. */
static result_t *result_of_word(const phone_settings_t *settings, const char *word, apr_pool_t *p)
{
    const json_t *said = json_read(p, word, strlen(word));
    const int status = (int)json_integer_value(json_object_get(said, "status"));
    const char *code = json_text(said, "code", 32), *message = json_text(said, "message", 256);
    if (status == 200) {
        json_t *data = json_object_get(said, "logoutData");
        return result_ok(p, json_pack("{s:o, s:o}", "logoutURL", logout_url_of(settings, said),
                                      "logoutData", data ? json_incref(data) : json_string("")));
    }
    return result_error(p, status, code ? code : "not_allowed", message ? message : "");
}

static bool answers_with(const code_t *code, const unsigned char auth_ott[TOKEN_BYTES])
{
    return sodium_memcmp(code->auth_ott, auth_ott, sizeof code->auth_ott) == 0;
}

typedef struct word_t {
    const unsigned char *auth_ott;
    const char *text;
    bool said;
    apr_pool_t *p;
} word_t;

/* The last word, with what the first one said of signing out. */
static const char *both_words(const char *first, const char *last, apr_pool_t *p)
{
    static const char *const kept[] = {"logoutURL", "logoutData"};
    const json_t *before = first ? json_read(p, first, strlen(first)) : NULL;
    json_t *said = json_read(p, last, strlen(last));
    for (size_t i = 0; said && i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(before, kept[i]) && !json_object_get(said, kept[i]))
            json_object_set(said, kept[i], json_object_get(before, kept[i]));
    const char *both = said ? json_write(p, said) : last;
    return strlen(both) > CODE_WORD_MAX ? last : both;
}

static bool waits_for_word(const code_t *code, const word_t *left)
{
    return code->state == CODE_ENTERED && answers_with(code, left->auth_ott);
}

static bool step_first_word(void *baton, code_t *code, const char **word)
{
    word_t *left = baton;
    left->said = waits_for_word(code, left);
    if (left->said)
        *word = left->text;
    return left->said;
}

static bool step_last_word(void *baton, code_t *code, const char **word)
{
    word_t *left = baton;
    left->said = waits_for_word(code, left);
    if (!left->said)
        return false;
    code->state = CODE_DONE;
    *word = both_words(*word, left->text, left->p);
    return true;
}

static store_status_t leave_by(code_step_t step, phones_t *phones,
                               const unsigned char wid[WID_BYTES], word_t *left, apr_time_t now,
                               apr_pool_t *p)
{
    store_status_t status = code_change(phones, wid, now, step, left, p);
    return status == STORE_OK && !left->said ? STORE_MISSING : status;
}

store_status_t phone_leave_first_word(phones_t *phones, const unsigned char wid[WID_BYTES],
                                      const unsigned char auth_ott[TOKEN_BYTES], apr_time_t now,
                                      const char *word, apr_pool_t *p)
{
    word_t left = {.auth_ott = auth_ott, .text = word, .p = p};
    return leave_by(step_first_word, phones, wid, &left, now, p);
}

store_status_t phone_leave_word(phones_t *phones, const unsigned char wid[WID_BYTES],
                                const unsigned char auth_ott[TOKEN_BYTES], apr_time_t now,
                                const char *word, apr_pool_t *p)
{
    word_t left = {.auth_ott = auth_ott, .text = word, .p = p};
    return leave_by(step_last_word, phones, wid, &left, now, p);
}

/* ---- the desktop ----------------------------------------------------------------------------- */

typedef struct entry_t {
    const unsigned char *auth_ott;
    const unsigned char *browser; /* that redeems; NULL: one without a cookie */
    bool vouched_for;             /* an application redeems, which knows its browsers */
    bool entered, foreign;
    code_t code;
} entry_t;

/* Only the browser that asked for the code comes in; a foreign one ends it. */
static bool step_entry(void *baton, code_t *code, const char **word)
{
    entry_t *entry = baton;
    (void)word;
    entry->entered = entry->foreign = false;
    if (!answers_with(code, entry->auth_ott) || code->state != CODE_OFFERED)
        return false;
    entry->entered = entry->vouched_for ||
                     (code->bound && entry->browser &&
                      sodium_memcmp(code->browser, entry->browser, PRELOGIN_ID_BYTES) == 0);
    entry->foreign = !entry->entered;
    code->state = entry->entered ? CODE_ENTERED : CODE_OVER;
    entry->code = *code;
    return true;
}

static store_status_t enter_with(phones_t *phones, const caller_t *caller, entry_t *entry,
                                 const unsigned char wid[WID_BYTES], apr_pool_t *p)
{
    store_status_t status = code_change(phones, wid, caller->now, step_entry, entry, p);
    if (status == STORE_OK)
        log_debug(caller->log, "MPIN0776", "what a phone offered is redeemed by %s",
                  entry->entered   ? "the browser that shows the code"
                  : entry->foreign ? "another browser than the one that shows the code: it is over"
                                   : "somebody, and it was not on offer (any more)");
    if (status != STORE_OK)
        return status;
    if (entry->entered)
        code_free_places(phones, wid, &entry->code, p);
    else if (entry->foreign)
        code_free_all(phones, wid, &entry->code, caller->now, p);
    return entry->entered ? STORE_OK : STORE_MISSING;
}

store_status_t phone_enter(phones_t *phones, const caller_t *caller,
                           const unsigned char wid[WID_BYTES],
                           const unsigned char auth_ott[TOKEN_BYTES], bool *foreign, apr_pool_t *p)
{
    entry_t entry = {.auth_ott = auth_ott, .browser = caller->prelogin};
    store_status_t status = enter_with(phones, caller, &entry, wid, p);
    *foreign = entry.foreign;
    return status;
}

store_status_t phone_enter_application(phones_t *phones, const caller_t *caller,
                                       const unsigned char wid[WID_BYTES],
                                       const unsigned char auth_ott[TOKEN_BYTES], apr_pool_t *p)
{
    entry_t entry = {.auth_ott = auth_ott, .vouched_for = true};
    return enter_with(phones, caller, &entry, wid, p);
}

/* ---- the phone ------------------------------------------------------------------------------- */

typedef struct waiting_t {
    const phone_settings_t *settings;
    const caller_t *caller;
    const offer_t *offer;
    result_t *result; /* the last answer, NULL while there is none */
    int heard;        /* looks since there was a first word */
    bool over;        /* given up just now, and `code` is what it was */
    code_t code;
    apr_pool_t *p;
} waiting_t;

/* The proof is right: is the code still this phone's to answer? A phone that lets its user pick has
 * to have said who it is. */
static bool may_offer(code_t *code, const caller_t *caller)
{
    return code->state <= CODE_USER && code_claim(code, caller) &&
           (!code->pick || code->state == CODE_USER);
}

/* Offers the authOTT to the desktop, or sees what has become of that. */
static bool step_offer(void *baton, code_t *code, const char **word)
{
    waiting_t *mine = baton;
    const offer_t *offer = mine->offer;
    mine->result = NULL;
    if (may_offer(code, mine->caller)) {
        memcpy(code->auth_ott, offer->auth_ott, sizeof code->auth_ott);
        apr_cpystrn(code->proven, offer->name, sizeof code->proven);
        code->expires = offer->until;
        code->state = CODE_OFFERED;
        return true;
    }
    if (!answers_with(code, offer->auth_ott) || code->state == CODE_OVER ||
        code->state == CODE_ABORTED)
        mine->result = code_unknown(mine->p);
    else if (*word && (code->state == CODE_DONE || mine->heard++ >= LOOKS_FOR_MORE))
        mine->result = result_of_word(mine->settings, *word, mine->p);
    return false;
}

/* The desktop has not come in in time: now it cannot any more. */
static bool step_give_up(void *baton, code_t *code, const char **word)
{
    waiting_t *mine = baton;
    mine->over = false;
    mine->result = *word ? result_of_word(mine->settings, *word, mine->p) : timed_out(mine->p);
    if (code->state != CODE_OFFERED || !answers_with(code, mine->offer->auth_ott))
        return false;
    code->state = CODE_OVER;
    mine->over = true;
    mine->code = *code;
    return true;
}

/* One look at the code by `step`; what keeps it from that is an answer too. */
static result_t *look_at_code(phones_t *phones, code_step_t step, waiting_t *mine, apr_pool_t *p)
{
    store_status_t status = code_change(phones, mine->offer->wid, mine->caller->now, step, mine, p);
    if (status == STORE_MISSING)
        return code_unknown(mine->p);
    if (status == STORE_CHANGED)
        return result_later(mine->p, "busy", "Too many phones at this code at once.", 1);
    return status == STORE_OK ? mine->result : store_refusal(status, mine->p);
}

static result_t *give_up_code(phones_t *phones, waiting_t *mine, apr_pool_t *p)
{
    result_t *result = look_at_code(phones, step_give_up, mine, p);
    if (mine->over)
        code_free_all(phones, mine->offer->wid, &mine->code, mine->caller->now, p);
    return result;
}

/* Until the desktop is in or the wait is over, a few looks a second. */
static result_t *wait_for_desktop(phones_t *phones, waiting_t *mine, apr_pool_t *p)
{
    const int looks = phones->settings->wait * 1000 / LOOK_MS;
    result_t *result = NULL;
    apr_pool_t *scratch;
    apr_pool_create(&scratch, p);
    for (int i = 0; i < looks && !result; i++) {
        apr_sleep(apr_time_from_msec(LOOK_MS));
        result = look_at_code(phones, step_offer, mine, scratch);
        apr_pool_clear(scratch);
    }
    if (!result)
        result = give_up_code(phones, mine, scratch);
    apr_pool_destroy(scratch);
    return result;
}

static result_t *no_seat(const caller_t *caller, apr_pool_t *p)
{
    log_debug(caller->log, "MPIN0775", "the phone has no seat to wait on: it asks again");
    return result_later(p, "busy", "Too many phones are waiting: ask again.", 1);
}

static const char *offer_end_text(const result_t *result)
{
    return result->code ? result->code : "the computer is in";
}

result_t *phone_offer(phones_t *phones, seats_t *seats, const caller_t *caller,
                      const offer_t *offer, apr_pool_t *p)
{
    seat_t seat;
    waiting_t mine = {.settings = phones->settings, .caller = caller, .offer = offer, .p = p};
    result_t *result = look_at_code(phones, step_offer, &mine, p);
    log_debug(caller->log, "MPIN0775", "a right PIN of %s is offered to the computer: %s",
              name_masked(offer->name, p), result ? offer_end_text(result) : "the phone waits");
    if (result)
        return result;
    if (!seats_take(seats, (phones->settings->wait + 1) * 1000, &seat))
        return no_seat(caller, p);
    result = wait_for_desktop(phones, &mine, p);
    log_debug(caller->log, "MPIN0775", "the phone has waited: %s", offer_end_text(result));
    seats_give(seats, &seat);
    return result;
}
