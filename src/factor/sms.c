/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/sms.h"

#include "base/bytes.h"
#include "base/name.h"
#include "factor/challenge.h"
#include "factor/senders.h"
#include "store/refusal.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* data: layout 1 | the number, text */
#define LAYOUT 1

store_status_t sms_begin(factors_t *factors, own_factor_t *factor, const char *number,
                         apr_time_t now, apr_pool_t *p)
{
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put_text(&out, number);
    factor->len = bytes_written(&out);
    factor->kind = KIND_SMS;
    factor->confirmed = false;
    apr_cpystrn(factor->name, phone_masked(number, p), sizeof(factor->name));
    return factors_add(factors, factor, now, p);
}

bool sms_number(const own_factor_t *factor, char number[PHONE_SIZE])
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get_text(&in, number, PHONE_SIZE);
    return bytes_all_read(&in) && layout == LAYOUT && factor->kind == KIND_SMS;
}

const char *sms_fill(const char *text, const char *code, apr_pool_t *p)
{
    const char *mark = strstr(text, SMS_CODE_MARK);
    if (!mark)
        return text;
    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(mark - text)), code,
                       mark + strlen(SMS_CODE_MARK), NULL);
}

result_t *number_refused(apr_pool_t *p)
{
    return result_error(p, 403, "number_refused", "no SMS is sent to this number");
}

/* ---- sending ---- */

static void draw_code(char code[SMS_DIGITS + 1])
{
    uint32_t number = randombytes_uniform(1000000);
    for (int i = SMS_DIGITS - 1; i >= 0; i--, number /= 10)
        code[i] = (char)('0' + number % 10);
    code[SMS_DIGITS] = '\0';
}

/* Counted, and on record, before it leaves. NULL, or the refusal, after which nothing is counted. */
static result_t *reserve_message(const sms_t *sms, const turn_t *turn, const char *number,
                                 const char *code)
{
    int wait;
    store_status_t status = sms_limits_take(&sms->limits, turn, number, &wait);
    if (status != STORE_OK)
        return store_refusal(status, turn->p);
    if (wait)
        return result_later(turn->p, "sms_limit", "too many messages; wait", wait);
    status = challenge_begin(turn, code, CHALLENGE_AGAIN, &wait);
    if (status == STORE_OK && !wait)
        return NULL;
    sms_limits_give(&sms->limits, turn, number);
    return wait ? code_soon(turn->p, wait) : store_refusal(status, turn->p);
}

/* One that may have left counts, and can be typed if it comes. So does a number that is refused:
 * whoever sends looks at it, and somebody might name one after the other. */
static result_t *send_code(sms_t *sms, const turn_t *turn, const char *number, const char *code)
{
    bool left;
    result_t *refusal = reserve_message(sms, turn, number, code);
    if (refusal)
        return refusal;
    refusal = sms_hand_over(sms, turn, number, code, &left);
    log_debug(turn->caller->log, "MPIN0811", "a code for %s went to %s: %s",
              name_masked(turn->user->name, turn->p), phone_masked(number, turn->p),
              refusal ? refusal->code : "sent");
    if (refusal && !left)
        challenge_drop(turn, code);
    if (refusal && !left && strcmp(refusal->code, "number_refused") != 0)
        sms_limits_give(&sms->limits, turn, number);
    return refusal;
}

static result_t *sms_send(const turn_t *turn)
{
    const senders_t *senders = factors_senders(turn->factors);
    char number[PHONE_SIZE], code[SMS_DIGITS + 1];
    if (!senders || !senders->sms || !sms_number(turn->factor, number))
        return result_error(turn->p, 502, "sender_down", "this site sends no SMS");
    if (!phone_is_in(number, senders->sms->setting->countries))
        return number_refused(turn->p);
    draw_code(code);
    result_t *refusal = send_code(senders->sms, turn, number, code);
    sodium_memzero(code, sizeof(code));
    return refusal;
}

/* ---- judging ---- */

static store_status_t note_number_use(void *baton, own_factor_t *factor)
{
    const turn_t *turn = baton;
    factor->used = (uint32_t)apr_time_sec(turn->caller->now);
    factor->confirmed = true;
    return STORE_OK;
}

/* Of two at once with the right code exactly one spends it. */
static result_t *take_sms_code(const turn_t *turn, const char *code)
{
    store_status_t status = challenge_spend(turn, code);
    if (status == STORE_OK) {
        turn_t own = *turn;
        status = factors_change(turn->factors, turn->factor, note_number_use, &own, turn->p);
    }
    if (status == STORE_OK)
        return NULL;
    return status == STORE_MISSING ? code_wrong(turn->p) : store_refusal(status, turn->p);
}

static result_t *sms_judge(const turn_t *turn, const char *typed)
{
    challenge_t challenge;
    const char *code = kind_digits(typed, SMS_DIGITS, turn->p);
    const store_status_t status = challenge_get(turn, &challenge);
    if (status != STORE_OK)
        return status == STORE_MISSING ? code_expired(turn->p) : store_refusal(status, turn->p);
    const bool right = code && strlen(challenge.value) == SMS_DIGITS &&
                       sodium_memcmp(challenge.value, code, SMS_DIGITS) == 0;
    sodium_memzero(&challenge, sizeof(challenge));
    return right ? take_sms_code(turn, code) : code_wrong(turn->p);
}

const kind_ops_t sms_ops = {.word = "sms",
                            .proves = FACTOR_SMS,
                            .amr = AMR_SMS,
                            .tries = TRIES_SMS,
                            .send = sms_send,
                            .is_sent = challenge_is_live,
                            .judge = sms_judge};
