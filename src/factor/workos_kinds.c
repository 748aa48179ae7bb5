/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/workos_kinds.h"

#include "base/bytes.h"
#include "base/name.h"
#include "factor/senders.h"
#include "factor/sms.h"
#include "factor/workos_left.h"
#include "store/refusal.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* data: layout 1 | id text | number text | the last right codes, the newest first: hash 16, when 4,
 * zero = none */
#define LAYOUT 1
#define HASH 16
#define CODE_LIVES 150 /* seconds in which an app's code may be right once more */
#define CODES 6        /* that an app shows meanwhile */

typedef struct right_code_t {
    unsigned char hash[HASH];
    uint32_t at; /* seconds; 0 = none */
} right_code_t;

typedef struct workos_kept_t {
    workos_own_t own;
    right_code_t right[CODES];
} workos_kept_t;

static void write_kept(own_factor_t *factor, const workos_kept_t *kept)
{
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put_text(&out, kept->own.id);
    bytes_put_text(&out, kept->own.number);
    for (int i = 0; i < CODES; i++) {
        bytes_put(&out, kept->right[i].hash, HASH);
        bytes_put_u32(&out, kept->right[i].at);
    }
    factor->len = bytes_written(&out);
}

static bool read_kept(const own_factor_t *factor, workos_kept_t *kept)
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get_text(&in, kept->own.id, sizeof(kept->own.id));
    bytes_get_text(&in, kept->own.number, sizeof(kept->own.number));
    for (int i = 0; i < CODES; i++) {
        bytes_get(&in, kept->right[i].hash, HASH);
        kept->right[i].at = bytes_get_u32(&in);
    }
    return bytes_all_read(&in) && layout == LAYOUT &&
           (factor->kind == KIND_WORKOS_TOTP || factor->kind == KIND_WORKOS_SMS);
}

bool workos_own(const own_factor_t *factor, workos_own_t *own)
{
    workos_kept_t kept = {0};
    const bool read = read_kept(factor, &kept);
    *own = kept.own;
    return read;
}

/* The site's WorkOS, and what is ours of the turn's factor. NULL: the site asks none, or the record
 * can't be read. */
static workos_t *find_both(const turn_t *turn, workos_own_t *own)
{
    const senders_t *senders = factors_senders(turn->factors);
    return workos_own(turn->factor, own) && senders ? senders->workos : NULL;
}

static result_t *nobody_asks(const turn_t *turn)
{
    return result_error(turn->p, 502, "sender_down", "this site asks no WorkOS");
}

/* ---- enrolling ---- */

static void note_left(const turn_t *turn, const workos_t *workos, const char *id)
{
    if (!workos_left_note(factors_store(turn->factors), turn->factor, id, turn->p))
        log_warn(
            workos->peer.log, "MPIN0865",
            "what WorkOS keeps stays there if nobody confirms it: no more can be noted than %d",
            WORKOS_LEFT_MAX);
}

result_t *workos_begin(const turn_t *turn, const workos_wish_t *wish, workos_factor_t *made)
{
    const senders_t *senders = factors_senders(turn->factors);
    own_factor_t *factor = turn->factor;
    workos_kept_t kept = {.right = {{.at = 0}}};
    if (wish->type == WORKOS_SMS && !phone_is_in(wish->number, senders->workos->countries))
        return number_refused(turn->p);
    result_t *refusal = workos_enroll(senders->workos, turn, wish, made);
    if (refusal)
        return refusal;
    apr_cpystrn(kept.own.id, made->id, sizeof(kept.own.id));
    apr_cpystrn(kept.own.number, made->number, sizeof(kept.own.number));
    factor->kind = wish->type == WORKOS_SMS ? KIND_WORKOS_SMS : KIND_WORKOS_TOTP;
    factor->confirmed = false;
    write_kept(factor, &kept);
    const store_status_t status = factors_add(turn->factors, factor, turn->caller->now, turn->p);
    if (status == STORE_OK) {
        note_left(turn, senders->workos, made->id);
        workos_left_settle(turn, senders->workos);
        return NULL;
    }
    workos_delete(senders->workos, turn, made->id);
    return factors_add_refusal(status, turn->p);
}

/* ---- challenges ---- */

/* On record with no id before WorkOS is asked, so that two at once send one message. */
static result_t *reserve_challenge(const turn_t *turn, workos_t *workos, const char *number)
{
    int wait = 0;
    store_status_t status =
        *number ? sms_limits_take(&workos->limits, turn, number, &wait) : STORE_OK;
    if (status != STORE_OK)
        return store_refusal(status, turn->p);
    if (wait)
        return result_later(turn->p, "sms_limit", "too many messages; wait", wait);
    status = challenge_begin(turn, "", *number ? CHALLENGE_AGAIN : 0, &wait);
    if (status == STORE_OK && !wait)
        return NULL;
    if (*number)
        sms_limits_give(&workos->limits, turn, number);
    return wait ? code_soon(turn->p, wait) : store_refusal(status, turn->p);
}

static result_t *note_challenge(const turn_t *turn, const workos_challenge_t *made)
{
    challenge_t challenge = {.spent = false};
    apr_cpystrn(challenge.value, made->id, sizeof(challenge.value));
    apr_cpystrn(challenge.created, made->created, sizeof(challenge.created));
    apr_cpystrn(challenge.expires, made->expires, sizeof(challenge.expires));
    const store_status_t status = challenge_fill(turn, &challenge);
    if (status == STORE_OK)
        return NULL;
    return status == STORE_MISSING ? code_soon(turn->p, 1) : store_refusal(status, turn->p);
}

/* Of an answer that never came nobody knows whether a message left: then it counts. */
static void take_message_back(const turn_t *turn, workos_t *workos, const char *number,
                              const result_t *refusal)
{
    if (*number && strcmp(refusal->code, "sender_down") != 0)
        sms_limits_give(&workos->limits, turn, number);
    challenge_drop(turn, "");
}

result_t *workos_send(const turn_t *turn, const char *text)
{
    workos_own_t own;
    workos_challenge_t made;
    workos_t *workos = find_both(turn, &own);
    if (!workos)
        return nobody_asks(turn);
    result_t *refusal = reserve_challenge(turn, workos, own.number);
    if (refusal)
        return refusal;
    const char *says = text ? text : workos->text;
    refusal = workos_challenge(workos, turn, own.id, *own.number ? says : NULL, &made);
    log_debug(turn->caller->log, "MPIN0813", "WorkOS was asked for a challenge of %s: %s",
              name_masked(turn->user->name, turn->p), refusal ? refusal->code : "made");
    if (!refusal)
        return note_challenge(turn, &made);
    take_message_back(turn, workos, own.number, refusal);
    return refusal;
}

static result_t *send_as_usual(const turn_t *turn)
{
    return workos_send(turn, NULL);
}

/* ---- judging ---- */

/* For a code that an app shows: answered at once, and on no record of ours. */
static result_t *challenge_for_app(const turn_t *turn, workos_t *workos, const char *id,
                                   challenge_t *challenge)
{
    workos_challenge_t made;
    result_t *refusal = workos_challenge(workos, turn, id, NULL, &made);
    *challenge = (challenge_t){.sent = 0};
    if (!refusal)
        apr_cpystrn(challenge->value, made.id, sizeof(challenge->value));
    return refusal;
}

static result_t *challenge_to_answer(const turn_t *turn, workos_t *workos, const char *id,
                                     challenge_t *challenge)
{
    const store_status_t status = challenge_get(turn, challenge);
    if (status == STORE_MISSING && turn->factor->kind == KIND_WORKOS_TOTP)
        return challenge_for_app(turn, workos, id, challenge);
    if (status == STORE_OK)
        return NULL;
    return status == STORE_MISSING ? code_expired(turn->p) : store_refusal(status, turn->p);
}

static bool was_right(const workos_kept_t *kept, const right_code_t *taking)
{
    bool was = false;
    for (const right_code_t *each = kept->right; each < kept->right + CODES; each++)
        was |= each->at && taking->at < each->at + CODE_LIVES &&
               sodium_memcmp(each->hash, taking->hash, HASH) == 0;
    return was;
}

/* A code that was right is right once, whatever challenge it answers, and whichever came after it. */
static store_status_t take_right_code(void *baton, own_factor_t *factor)
{
    const right_code_t *taking = baton;
    workos_kept_t kept = {0};
    if (!read_kept(factor, &kept))
        return STORE_DOWN;
    if (was_right(&kept, taking))
        return STORE_EXISTS;
    memmove(kept.right + 1, kept.right, (CODES - 1) * sizeof(*kept.right));
    kept.right[0] = *taking;
    write_kept(factor, &kept);
    factor->used = taking->at;
    factor->confirmed = true;
    return STORE_OK;
}

static result_t *take_verified(const turn_t *turn, const challenge_t *challenge, const char *code)
{
    right_code_t taking = {.at = (uint32_t)apr_time_sec(turn->caller->now)};
    crypto_generichash(taking.hash, HASH, (const unsigned char *)code, strlen(code),
                       turn->factor->id, FACTOR_ID_BYTES);
    store_status_t status = challenge->sent ? challenge_spend(turn, challenge->value) : STORE_OK;
    if (status == STORE_OK)
        status = factors_change(turn->factors, turn->factor, take_right_code, &taking, turn->p);
    if (status == STORE_OK)
        return NULL;
    return status == STORE_MISSING || status == STORE_EXISTS ? code_wrong(turn->p)
                                                             : store_refusal(status, turn->p);
}

static result_t *workos_judge(const turn_t *turn, const char *typed)
{
    workos_own_t own;
    challenge_t challenge;
    bool valid = false;
    const char *code = kind_digits(typed, SMS_DIGITS, turn->p);
    workos_t *workos = find_both(turn, &own);
    if (!code)
        return code_wrong(turn->p);
    if (!workos)
        return nobody_asks(turn);
    result_t *refusal = challenge_to_answer(turn, workos, own.id, &challenge);
    if (refusal)
        return refusal;
    refusal = workos_verify(workos, turn, challenge.value, own.id, code, &valid);
    if (refusal && refusal->status == 410)
        challenge_drop(turn, challenge.value);
    if (refusal)
        return refusal;
    return valid ? take_verified(turn, &challenge, code) : code_wrong(turn->p);
}

/* Where the site asks WorkOS no more it is told when it does again. */
static result_t *workos_forget(const turn_t *turn)
{
    workos_own_t own;
    workos_t *workos = find_both(turn, &own);
    if (workos)
        return workos_delete(workos, turn, own.id);
    workos_left_note(factors_store(turn->factors), turn->factor, own.id, turn->p);
    return NULL;
}

const kind_ops_t workos_totp_ops = {.word = "totp",
                                    .proves = FACTOR_TOTP,
                                    .amr = AMR_OTP,
                                    .tries = TRIES_WORKOS,
                                    .judge = workos_judge,
                                    .forget = workos_forget};

const kind_ops_t workos_sms_ops = {.word = "sms",
                                   .proves = FACTOR_SMS,
                                   .amr = AMR_SMS,
                                   .tries = TRIES_WORKOS,
                                   .send = send_as_usual,
                                   .is_sent = challenge_is_live,
                                   .judge = workos_judge,
                                   .forget = workos_forget};
