/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/phone_word.h"

#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "phone/code.h"
#include "phone/offer.h"
#include "rps/authott.h"

static void say_word(const caller_t *caller, store_status_t status)
{
    log_debug(caller->log, "MPIN0771", "the phone %s",
              status == STORE_OK ? "is told how its login went" : "waits no longer");
}

static void leave_word(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                       const json_t *said, apr_pool_t *p)
{
    const char *word = json_write(p, said);
    if (strlen(word) <= CODE_WORD_MAX)
        say_word(caller, phone_leave_word(rps->phones, redemption->wid, redemption->auth_ott,
                                          caller->now, word, p));
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
    leave_word(rps, caller, redemption, said, p);
}

void phone_word_refused(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                        apr_pool_t *p)
{
    const result_t *refusal = redemption->refusal;
    json_t *said = json_tie(p, json_pack("{s:i, s:s, s:s}", "status", refusal->status, "code",
                                         refusal->code, "message", refusal->message));
    leave_word(rps, caller, redemption, said, p);
}

/* ---- an application's ------------------------------------------------------------------------ */

static json_t *word_of_application(const json_t *body, int status, apr_pool_t *p)
{
    static const char *const passed_on[] = {"message", "logoutURL", "logoutData"};
    json_t *said = json_tie(p, json_pack("{s:i}", "status", status));
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        if (json_object_get(body, passed_on[i]))
            json_object_set(said, passed_on[i], json_object_get(body, passed_on[i]));
    return said;
}

void phone_word_first(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                      const json_t *body, apr_pool_t *p)
{
    const char *word = json_write(p, word_of_application(body, 200, p));
    if (strlen(word) > CODE_WORD_MAX)
        word = json_write(p, word_of_application(NULL, 200, p));
    say_word(caller, phone_leave_first_word(rps->phones, redemption->wid, redemption->auth_ott,
                                            caller->now, word, p));
}

/* POST /loginResult (docs/protocol.md, "RPS, private"). */
result_t *rps_login_result(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    authott_t record;
    unsigned char token[TOKEN_BYTES];
    const char *text = json_text(body, "authOTT", AUTHOTT_TEXT_MAX);
    const json_int_t status = json_integer_value(json_object_get(body, "status"));
    if (!text)
        return result_error(p, 400, "field_missing", "authOTT is missing");
    if (status != 200 && (status < 400 || status > 599))
        return result_error(p, 400, "field_malformed", "status is none of 200 and 400 to 599");

    store_status_t found = authott_phone(rps, text, &record, p);
    if (found == STORE_MISSING)
        return result_error(p, 408, "authott_unknown", "Unknown, used or expired authOTT.");
    const char *word = json_write(p, word_of_application(body, (int)status, p));
    if (strlen(word) > CODE_WORD_MAX)
        return result_error(p, 400, "field_malformed", "message and logout data are too long");
    if (found == STORE_OK && hex_decode(text, token, sizeof token))
        found = phone_leave_word(rps->phones, record.wid, token, caller->now, word, p);
    if (found == STORE_MISSING)
        return result_error(p, 404, "not_found", "Nobody waits for this.");
    return found == STORE_OK ? result_ok(p, NULL) : store_refusal(found, p);
}
