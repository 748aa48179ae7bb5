/* SPDX-License-Identifier: Apache-2.0 */
/* The two who send an SMS for us: a webhook of the administrator's, and Twilio. */
#include "factor/sms.h"

#include "base/hex.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define ANSWER_MAX 65536
#define KEY_MAX 256 /* bytes of Twilio's key as it is sent */

typedef struct message_t {
    const char *number, *text, *code;
    apr_time_t now;
} message_t;

/* ---- a webhook ------------------------------------------------------------------------------- */

static char *webhook_body(const message_t *message, apr_pool_t *p)
{
    json_t *body = json_tie(p, json_object());
    json_set_text(body, "to", message->number);
    json_set_text(body, "text", message->text);
    json_set_text(body, "code", message->code);
    return apr_pstrdup(p, json_write(p, body));
}

/* "X-MPin-Signature: t=SECONDS,v1=HEX": the HMAC-SHA-256 of "SECONDS.BODY". */
static const char *signature_header(const secret_t *secret, const char *body, apr_time_t now,
                                    apr_pool_t *p)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    const char *time = apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(now));
    crypto_auth_hmacsha256_init(&state, secret->bytes, secret->len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, strlen(time));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
    crypto_auth_hmacsha256_final(&state, mac);
    return apr_pstrcat(p, "X-MPin-Signature: t=", time, ",v1=", hex_encode(p, mac, sizeof(mac)),
                       NULL);
}

static peer_answer_t ask_webhook(const sms_t *sms, const message_t *message, const log_sink_t *log,
                                 apr_pool_t *p)
{
    char *body = webhook_body(message, p);
    const char **headers = apr_pcalloc(p, 2 * sizeof(*headers));
    if (sms->secret)
        headers[0] = signature_header(sms->secret, body, message->now, p);
    const peer_question_t question = {.method = "POST",
                                      .url = sms->setting->url,
                                      .headers = headers,
                                      .text = body,
                                      .text_type = "application/json",
                                      .once = true,
                                      .total_ms = SMS_MS,
                                      .max = ANSWER_MAX,
                                      .log = log};
    const peer_answer_t answer = peer_ask(&sms->peer, &question, p);
    sodium_memzero(body, strlen(body));
    return answer;
}

/* What it says of the number. */
static bool webhook_refuses_number(const peer_answer_t *answer)
{
    return answer->status == 400 || answer->status == 422;
}

/* ---- Twilio ---------------------------------------------------------------------------------- */

bool sms_twilio_key_ok(const secret_t *key)
{
    const char *text = (const char *)key->bytes, *colon = memchr(text, ':', key->len);
    return key->len < KEY_MAX && colon && colon - text == 34 && strncmp(text, "AC", 2) == 0 &&
           strspn(text + 2, "0123456789abcdefABCDEF") == 32 && colon[1];
}

/* What Basic authentication has: the account and its token, or a key and its secret. */
static apr_size_t twilio_basic(const secret_t *key, char basic[2 * KEY_MAX])
{
    const char *text = (const char *)key->bytes, *colon = strchr(text, ':');
    const char *user = strchr(colon + 1, ':') ? colon + 1 : text;
    sodium_bin2base64(basic, 2 * KEY_MAX, (const unsigned char *)user, strlen(user),
                      sodium_base64_VARIANT_ORIGINAL);
    return strlen(basic);
}

static const char *form_value(const char *text, apr_pool_t *p)
{
    return apr_pescape_urlencoded(p, text);
}

/* A messaging service (MG...) is named in another field than a number or a name. */
static char *twilio_form(const sms_t *sms, const message_t *message, apr_pool_t *p)
{
    const char *from = sms->setting->from;
    const bool service = strlen(from) == 34 && strncmp(from, "MG", 2) == 0;
    return apr_pstrcat(p, "To=", form_value(message->number, p),
                       service ? "&MessagingServiceSid=" : "&From=", form_value(from, p),
                       "&Body=", form_value(message->text, p), NULL);
}

static peer_answer_t ask_twilio(const sms_t *sms, const message_t *message, const log_sink_t *log,
                                apr_pool_t *p)
{
    char basic[2 * KEY_MAX];
    char *form = twilio_form(sms, message, p);
    const char *account = apr_pstrmemdup(p, (const char *)sms->secret->bytes, 34);
    const peer_question_t question = {.method = "POST",
                                      .url =
                                          apr_pstrcat(p, sms->setting->url, "/2010-04-01/Accounts/",
                                                      account, "/Messages.json", NULL),
                                      .text = form,
                                      .text_type = "application/x-www-form-urlencoded",
                                      .scheme = "Basic",
                                      .bearer = (const unsigned char *)basic,
                                      .bearer_len = twilio_basic(sms->secret, basic),
                                      .once = true,
                                      .total_ms = SMS_MS,
                                      .max = ANSWER_MAX,
                                      .log = log};
    const peer_answer_t answer = peer_ask(&sms->peer, &question, p);
    sodium_memzero(basic, sizeof(basic));
    sodium_memzero(form, strlen(form));
    return answer;
}

static int twilio_code(const peer_answer_t *answer, const char *field)
{
    const json_t *code = answer->json ? json_object_get(answer->json, field) : NULL;
    const json_int_t number = json_is_integer(code) ? json_integer_value(code) : 0;
    return number > 0 && number < 1000000 ? (int)number : 0;
}

/* No number, not one that takes messages, in no country that the account sends to, or one that has
 * written STOP. */
static bool twilio_refuses_number(const peer_answer_t *answer)
{
    static const int codes[] = {21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635, 0};
    const int code = twilio_code(answer, answer->status / 100 == 2 ? "error_code" : "code");
    for (const int *each = codes; *each; each++)
        if (code == *each)
            return true;
    return false;
}

/* A message that it takes has an id, and no error yet. */
static const char *twilio_fault(const peer_answer_t *answer, apr_pool_t *p)
{
    const int code = twilio_code(answer, answer->status / 100 == 2 ? "error_code" : "code");
    if (answer->status / 100 != 2 || code)
        return apr_psprintf(p, "status %d, error %d", answer->status, code);
    return answer->json && json_text(answer->json, "sid", 64) ? NULL
                                                              : "a success that names no message";
}

static const char *webhook_fault(const peer_answer_t *answer, apr_pool_t *p)
{
    return answer->status / 100 == 2 ? NULL : apr_psprintf(p, "status %d", answer->status);
}

/* ---- both ------------------------------------------------------------------------------------ */

static const struct sender_t {
    peer_answer_t (*ask)(const sms_t *sms, const message_t *message, const log_sink_t *log,
                         apr_pool_t *p);
    bool (*refuses_number)(const peer_answer_t *answer);
    const char *(*fault)(const peer_answer_t *answer, apr_pool_t *p); /* NULL: it was sent */
} senders[] = {{ask_webhook, webhook_refuses_number, webhook_fault},
               {ask_twilio, twilio_refuses_number, twilio_fault}};

static result_t *sms_later(apr_pool_t *p, int seconds)
{
    result_t *refusal = result_error(p, 503, "sender_busy", "no SMS can be sent just now");
    refusal->retry_after = seconds ? seconds : 1;
    return refusal;
}

/* Where nobody answered in time, or with nonsense, it may have been sent. */
static result_t *not_answered(sms_t *sms, const peer_answer_t *answer, bool *left, apr_pool_t *p)
{
    if (answer->outcome == PEER_BUSY)
        return sms_later(p, 0);
    *left = answer->outcome != PEER_UNREACHABLE;
    peer_complain(&sms->peer, answer->why);
    return result_error(p, 502, "sender_down", "whoever sends our SMS gives no answer");
}

result_t *sms_hand_over(sms_t *sms, const turn_t *turn, const char *number, const char *code,
                        bool *left)
{
    apr_pool_t *p = turn->p;
    const struct sender_t *sender = &senders[sms->setting->twilio];
    char *text = apr_pstrdup(p, sms_fill(sms->setting->text, code, p));
    const message_t message = {number, text, code, turn->caller->now};
    const peer_answer_t answer = sender->ask(sms, &message, turn->caller->log, p);
    sodium_memzero(text, strlen(text));
    *left = false;
    if (answer.outcome != PEER_OK)
        return not_answered(sms, &answer, left, p);
    const char *fault = sender->fault(&answer, p);
    if (!fault || sender->refuses_number(&answer)) {
        *left = !fault;
        return fault ? number_refused(p) : NULL;
    }
    peer_complain(&sms->peer, fault);
    *left = answer.status / 100 == 2;
    if (answer.status == 429)
        return sms_later(p, answer.retry_after);
    return answer.status == 401 || answer.status == 403
               ? result_error(p, 502, "sender_refused", "whoever sends our SMS refuses our key")
               : result_error(p, 502, "sender_down", "whoever sends our SMS does not take it");
}
