/* SPDX-License-Identifier: Apache-2.0 */
/* POST /rps/getAccessNumber, /rps/getQrUrl and /rps/access (docs/protocol.md, "RPS, public"): the
 * desktop of a login by phone. */
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/browser_name.h"
#include "phone/code.h"
#include "phone/phones.h"
#include "phone/qr.h"
#include "store/refusal.h"

/* ---- a new code ------------------------------------------------------------------------------ */

typedef struct fresh_t {
    code_t code;
    unsigned char web_ott[TOKEN_BYTES], wid[WID_BYTES];
} fresh_t;

static unsigned two_digits(void)
{
    return 10 + randombytes_uniform(90);
}

/* The number that the desktop shows, among two others. */
static void draw_choices(code_t *code)
{
    unsigned char choices[3];
    choices[0] = (unsigned char)two_digits();
    do
        choices[1] = (unsigned char)two_digits();
    while (choices[1] == choices[0]);
    do
        choices[2] = (unsigned char)two_digits();
    while (choices[2] == choices[0] || choices[2] == choices[1]);
    code->match = choices[randombytes_uniform(3)];
    memcpy(code->choices, choices, sizeof choices);
}

static int seconds_of_code(const phones_t *phones)
{
    return phones->settings->code_seconds ? phones->settings->code_seconds : CODE_SECONDS;
}

static void fill_code(fresh_t *fresh, phones_t *phones, const caller_t *caller, apr_pool_t *p)
{
    code_t *code = &fresh->code;
    memset(fresh, 0, sizeof *fresh);
    randombytes_buf(fresh->web_ott, sizeof fresh->web_ott);
    code_wid_of(phones, fresh->web_ott, fresh->wid);

    code->state = CODE_NEW;
    code->expires = caller->now + apr_time_from_sec(seconds_of_code(phones));
    code->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(code->browser, caller->prelogin, sizeof code->browser);
    if (caller->known)
        code->known = *caller->known;
    apr_cpystrn(code->address, caller->address, sizeof code->address);
    apr_cpystrn(code->browser_name, browser_name(caller->user_agent, p), sizeof code->browser_name);
    draw_choices(code);
}

static result_t *too_many_codes(store_status_t status, apr_pool_t *p)
{
    return status == STORE_EXISTS
               ? result_later(p, "too_many_codes", "Too many numbers are waiting for a phone.", 60)
               : store_refusal(status, p);
}

/* NULL: it is kept, with its places. */
static result_t *keep_code(phones_t *phones, const caller_t *caller, fresh_t *fresh, apr_pool_t *p)
{
    store_status_t status = code_take_places(phones, caller, fresh->wid, &fresh->code, p);
    if (status != STORE_OK)
        return too_many_codes(status, p);
    status = code_keep(phones, &fresh->code, fresh->wid, p);
    log_debug(caller->log, "MPIN0773", "a code is shown for %d s, to %s that %s",
              seconds_of_code(phones), fresh->code.browser_name,
              caller->known ? "people have signed in from" : "nobody has signed in from");
    if (status == STORE_OK)
        return NULL;
    code_free_all(phones, fresh->wid, &fresh->code, caller->now, p);
    return store_refusal(status, p);
}

static json_t *shown_answer(const fresh_t *fresh, const caller_t *caller, apr_pool_t *p)
{
    const json_int_t now = caller->now / 1000, end = fresh->code.expires / 1000;
    return json_pack("{s:s, s:i, s:s, s:I, s:I}", "accessNumber", fresh->code.number, "ttlSeconds",
                     (int)((end - now) / 1000), "webOTT",
                     hex_encode(p, fresh->web_ott, TOKEN_BYTES), "localTimeStart", now,
                     "localTimeEnd", end);
}

result_t *phone_access_number(phones_t *phones, const caller_t *caller, apr_pool_t *p)
{
    fresh_t fresh;
    result_t *off = phone_off(phones, p);
    if (off)
        return off;
    fill_code(&fresh, phones, caller, p);
    result_t *refusal = keep_code(phones, caller, &fresh, p);
    return refusal ? refusal : result_ok(p, shown_answer(&fresh, caller, p));
}

/* Reads whom the desktop expects, a canonical name. False: it is none. */
static bool read_preroll(const phones_t *phones, code_t *code, const json_t *body, apr_pool_t *p)
{
    const json_t *value = json_object_get(body, "prerollid");
    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return true;
    const char *text = json_text(body, "prerollid", NAME_MAX_BYTES);
    const char *name = text ? name_here(phones->settings->names, text, p) : NULL;
    if (name)
        apr_cpystrn(code->preroll, name, sizeof code->preroll);
    return name != NULL;
}

result_t *phone_qr_url(phones_t *phones, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    fresh_t fresh;
    result_t *off = phone_off(phones, p);
    if (off)
        return off;
    fill_code(&fresh, phones, caller, p);
    if (!read_preroll(phones, &fresh.code, body, p))
        return result_error(p, 400, "field_malformed", "prerollid is no name");

    const char *url = apr_pstrcat(p, phones->settings->mobile_url, "#",
                                  hex_encode(p, fresh.wid, WID_BYTES), NULL);
    result_t *refusal = keep_code(phones, caller, &fresh, p);
    if (refusal)
        return refusal;
    const char *svg = qr_svg(url, p); /* dearer than all the rest: for those who are let in only */
    json_t *json = shown_answer(&fresh, caller, p);
    json_object_set_new(json, "qrUrl", json_string(url));
    if (svg)
        json_object_set_new(json, "qrSvg", json_string(svg));
    return result_ok(p, json);
}

/* ---- polls ----------------------------------------------------------------------------------- */

static const char *word_of_state(code_state_t state)
{
    switch (state) {
    case CODE_NEW:
        return "new";
    case CODE_WID:
        return "wid";
    case CODE_USER:
        return "user";
    case CODE_OFFERED:
        return "authenticate";
    case CODE_ABORTED:
        return "abort";
    case CODE_ENTERED:
    case CODE_DONE:
    case CODE_OVER:
        break;
    }
    return "expired";
}

/* It is made as text, in the protocol's order and then ours: a tree would cost more than all the
 * rest of a poll. Canonical names and hex need no escapes. */
static const char *progress_text(const code_t *code, apr_pool_t *p)
{
    const bool live = code->state <= CODE_OFFERED, offered = code->state == CODE_OFFERED;
    const char *match = "", *proven = "";
    if (live && code->pick)
        match = apr_pstrcat(p, "\",\"match\":\"", apr_itoa(p, code->match), NULL);
    if (offered && *code->announced && strcmp(code->announced, code->proven) != 0)
        proven = apr_pstrcat(p, "\",\"provenUserId\":\"", code->proven, NULL);
    return apr_pstrcat(
        p, "{\"status\":\"", word_of_state(code->state), "\",\"statusCode\":0,\"userId\":\"",
        live ? code->announced : "", "\",\"redirectURL\":\"\",\"authOTT\":\"",
        offered ? hex_encode(p, code->auth_ott, TOKEN_BYTES) : "", match, proven, "\"}", NULL);
}

/* {"webOTT":"..."} as every client writes it is read as it stands; anything else as the JSON that
 * it may be. NULL: `*refusal` says why. */
static const char *read_web_ott(const char *body, apr_size_t len, result_t **refusal, apr_pool_t *p)
{
    static const char head[] = "{\"webOTT\":\"", tail[] = "\"}";
    const apr_size_t at = sizeof head - 1, digits = 2 * TOKEN_BYTES;
    if (len == at + digits + sizeof tail - 1 && memcmp(body, head, at) == 0 &&
        strspn(body + at, "0123456789abcdef") == digits && strcmp(body + at + digits, tail) == 0)
        return apr_pstrmemdup(p, body + at, digits);

    const json_t *json = len ? json_read(p, body, len) : json_tie(p, json_object());
    const char *text = json ? json_text(json, "webOTT", digits) : NULL;
    if (!json)
        *refusal = result_error(p, 400, "body_not_json", "the body is not one JSON object");
    else if (!text)
        *refusal = result_error(p, 400, "field_missing", "webOTT is missing");
    return text;
}

/* Thousands of desktops ask every three seconds: one look-up, and nothing is written. */
result_t *phone_access(phones_t *phones, const caller_t *caller, const char *body, apr_size_t len,
                       apr_pool_t *p)
{
    unsigned char web_ott[TOKEN_BYTES], wid[WID_BYTES];
    code_t code;
    result_t *refusal = phone_off(phones, p);
    if (refusal)
        return refusal;
    const char *text = read_web_ott(body, len, &refusal, p);
    if (!text)
        return refusal;

    store_status_t status = STORE_MISSING;
    if (hex_decode(text, web_ott, sizeof web_ott)) {
        code_wid_of(phones, web_ott, wid);
        status = code_read(phones, wid, caller->now, &code, p);
    }
    if (status == STORE_MISSING)
        code = (code_t){.state = CODE_OVER};
    else if (status != STORE_OK)
        return store_refusal(status, p);
    return result_text(p, progress_text(&code, p));
}
