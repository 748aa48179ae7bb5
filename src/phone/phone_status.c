/* SPDX-License-Identifier: Apache-2.0 */
/* POST /rps/codeStatus (docs/protocol.md, "RPS, public"): what a phone says of a code. */
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "base/name.h"
#include "phone/code.h"
#include "phone/phones.h"
#include "store/refusal.h"

#define WORD_MAX 64 /* bytes of a status, a wid or a choice */

/* ---- what a phone says ----------------------------------------------------------------------- */

typedef enum { SAYS_WID, SAYS_USER, SAYS_ABORT } says_t;

typedef struct status_request_t {
    says_t says;
    const char *wid;
    const char *user;   /* canonical; SAYS_USER only */
    const char *choice; /* NULL without */
    bool pick, confirmed;
} status_request_t;

static const char *says_text(says_t says)
{
    return says == SAYS_WID ? "wid" : says == SAYS_USER ? "user" : "abort";
}

static bool read_status(says_t *says, const json_t *body)
{
    const char *text = json_text(body, "status", WORD_MAX);
    if (!text)
        return false;
    if (strcmp(text, "wid") == 0)
        *says = SAYS_WID;
    else if (strcmp(text, "user") == 0)
        *says = SAYS_USER;
    else if (strcmp(text, "abort") == 0 || strcmp(text, "cancel") == 0)
        *says = SAYS_ABORT;
    else
        return false;
    return true;
}

/* Somebody else is shown it later, so it is a name or nothing: no text of a stranger's. */
static bool read_announced(const phones_t *phones, status_request_t *request, const json_t *body,
                           apr_pool_t *p)
{
    const char *text = json_text(body, "userId", NAME_MAX_BYTES);
    request->user = text ? name_here(phones->settings->names, text, p) : NULL;
    return request->user != NULL;
}

/* NULL when all is well, else what is wrong. */
static const char *read_code_status(const phones_t *phones, status_request_t *request,
                                    const json_t *body, apr_pool_t *p)
{
    memset(request, 0, sizeof *request);
    if (!read_status(&request->says, body))
        return "status is missing or unknown";
    request->wid = json_text(body, "wid", WORD_MAX);
    if (!request->wid)
        return "wid is missing";
    if (request->says == SAYS_USER && !read_announced(phones, request, body, p))
        return "userId is no name";
    request->choice = json_text(body, "choice", WORD_MAX);
    if (json_object_get(body, "choice") && !request->choice)
        return "choice is no text";
    if (!json_flag(body, "pick", &request->pick) ||
        !json_flag(body, "confirmed", &request->confirmed))
        return "pick and confirmed are booleans";
    return NULL;
}

/* ---- who says it ----------------------------------------------------------------------------- */

/* Has `user`, or (while nobody has said who it will be) somebody who has signed in on the phone,
 * signed in on the desktop? */
static bool seen_before(const code_t *code, const char *user, const known_t *phone)
{
    return user ? known_for(&code->known, user) != NULL : phone && known_share(&code->known, phone);
}

static bool needs_second_tap(const code_t *code, const char *user, const caller_t *caller)
{
    return !throttle_same_network(code->address, caller->address) &&
           !seen_before(code, user, caller->known);
}

/* ---- what comes of it ------------------------------------------------------------------------ */

typedef struct saying_t {
    const status_request_t *request;
    const caller_t *caller;
    result_t *result; /* NULL: said */
    code_t code;      /* as it is then */
    bool ended;
    apr_pool_t *p;
} saying_t;

static bool refuse_saying(saying_t *saying, int status, const char *code, const char *message)
{
    saying->result = result_error(saying->p, status, code, message);
    return false;
}

static bool end_code(saying_t *saying, code_t *code, code_state_t state)
{
    code->state = (unsigned char)state;
    saying->ended = true;
    return true;
}

static bool picked_right(const code_t *code, const char *choice, apr_pool_t *p)
{
    return strcmp(choice, apr_itoa(p, code->match)) == 0;
}

/* "user": after the right pick and, for a desktop that nobody knows, a second tap. */
static bool say_user(saying_t *saying, code_t *code)
{
    const status_request_t *request = saying->request;
    if (code->pick && !request->choice)
        return refuse_saying(saying, 400, "field_missing", "choice is missing");
    if (code->pick && !picked_right(code, request->choice, saying->p)) {
        refuse_saying(saying, 403, "wrong_pick",
                      "That is not the number on the computer's screen.");
        return end_code(saying, code, CODE_OVER);
    }
    const bool far = code->pick && needs_second_tap(code, request->user, saying->caller);
    if (code->pick)
        log_debug(saying->caller->log, "MPIN0774", "%s picked right%s",
                  name_masked(request->user, saying->p),
                  far ? "; the computer is on another network, and they have not signed in from it"
                      : "");
    if (!request->confirmed && far)
        return refuse_saying(saying, 403, "second_tap",
                             "That computer is unknown and on another network: confirm it.");
    apr_cpystrn(code->announced, request->user, sizeof code->announced);
    code->state = CODE_USER;
    return true;
}

/* "wid": begins, or begins again, with the same numbers. */
static bool say_wid(saying_t *saying, code_t *code)
{
    code->pick = code->pick || saying->request->pick;
    code->announced[0] = '\0';
    code->state = CODE_WID;
    return true;
}

/* The desktop itself takes its code back, whichever phone has it. */
static bool withdraws(const saying_t *saying, const code_t *code)
{
    const unsigned char *browser = saying->caller->prelogin;
    return saying->request->says == SAYS_ABORT && code->bound && browser &&
           sodium_memcmp(code->browser, browser, sizeof code->browser) == 0;
}

static bool step_say(void *baton, code_t *code, const char **word)
{
    saying_t *saying = baton;
    (void)word;
    saying->result = NULL;
    saying->ended = false;
    const code_state_t last = saying->request->says == SAYS_ABORT ? CODE_OFFERED : CODE_USER;
    if (code->state > last) {
        saying->result = code_unknown(saying->p);
        return false;
    }
    if (!withdraws(saying, code) && !code_claim(code, saying->caller))
        return refuse_saying(saying, 403, "code_taken", "Another phone has taken this code.");

    bool write = saying->request->says == SAYS_WID    ? say_wid(saying, code)
                 : saying->request->says == SAYS_USER ? say_user(saying, code)
                                                      : end_code(saying, code, CODE_ABORTED);
    saying->code = *code;
    return write;
}

/* ---- answers --------------------------------------------------------------------------------- */

static json_t *desktop_shown(const saying_t *saying)
{
    const code_t *code = &saying->code;
    const caller_t *caller = saying->caller;
    return json_pack("{s:s, s:s, s:b, s:b}", "browser", code->browser_name, "address",
                     code->address, "sameNetwork",
                     throttle_same_network(code->address, caller->address), "seen",
                     seen_before(code, saying->request->user, caller->known));
}

static json_t *choices_shown(const code_t *code, apr_pool_t *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof code->choices; i++)
        json_array_append_new(list, json_string(apr_itoa(p, code->choices[i])));
    return list;
}

/* The phone shows it before it signs in. */
static json_t *context_shown(const phones_t *phones, const saying_t *saying)
{
    const code_t *code = &saying->code;
    json_t *json = json_object();
    json_set_text(json, "PrerollId", code->preroll);
    json_set_text(json, "AppName", phones->settings->title);
    json_set_text(json, "AppLogoUrl", phones->settings->logo_url);
    json_set_text(json, "origin", phones->settings->host);
    json_object_set_new(json, "desktop", desktop_shown(saying));
    if (code->pick) {
        json_object_set_new(json, "choices", choices_shown(code, saying->p));
        json_object_set_new(
            json, "secondTap",
            json_boolean(needs_second_tap(code, saying->request->user, saying->caller)));
    }
    return json;
}

static result_t *status_answer(phones_t *phones, const saying_t *saying, apr_pool_t *p)
{
    if (saying->result)
        return saying->result;
    return saying->request->says == SAYS_WID ? result_ok(p, context_shown(phones, saying))
                                             : result_ok(p, json_pack("{s:s}", "Status", "OK"));
}

static result_t *say_to_code(phones_t *phones, const caller_t *caller,
                             const unsigned char wid[WID_BYTES], const status_request_t *request,
                             apr_pool_t *p)
{
    saying_t saying = {.request = request, .caller = caller, .p = p};
    store_status_t status = code_change(phones, wid, caller->now, step_say, &saying, p);
    if (status == STORE_MISSING)
        return code_unknown(p);
    if (status == STORE_CHANGED)
        return result_later(p, "busy", "Too many phones at this code at once.", 1);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (saying.ended)
        code_free_all(phones, wid, &saying.code, caller->now, p);
    log_debug(caller->log, "MPIN0774", "a phone says %s of a code: %s", says_text(request->says),
              saying.result ? saying.result->code : "done");
    result_t *result = status_answer(phones, &saying, p);
    if (saying.ended && saying.result)
        result->event = "wrong_pick";
    return result;
}

/* An address that guesses numbers is throttled as one that guesses passwords; a hit costs nothing.
 * */
result_t *phone_code_status(phones_t *phones, const caller_t *caller, const json_t *body,
                            apr_pool_t *p)
{
    status_request_t request;
    result_t *off = phone_off(phones, p);
    if (off)
        return off;
    const char *wrong = read_code_status(phones, &request, body, p);
    if (wrong)
        return result_error(p, 400, "field_malformed", wrong);

    int wait;
    store_status_t status = throttle_reserve(phones->throttle, caller, NULL, NULL, &wait, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (wait > 0)
        return result_later(p, "throttled", "Too many failures.", wait);

    unsigned char wid[WID_BYTES];
    status = code_find(phones, request.wid, caller->now, wid, p);
    if (status == STORE_MISSING)
        log_debug(caller->log, "MPIN0774",
                  "a phone names a number that is not live: that is a guess");
    result_t *result = status == STORE_OK        ? say_to_code(phones, caller, wid, &request, p)
                       : status == STORE_MISSING ? code_unknown(p)
                                                 : store_refusal(status, p);
    if (!result->code || (result->status != 412 && strcmp(result->code, "wrong_pick") != 0))
        throttle_release(phones->throttle, caller, NULL, NULL, p);
    return result;
}
