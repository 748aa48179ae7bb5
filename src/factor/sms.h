/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_SMS_H
#define MPIN_FACTOR_SMS_H

#include "base/peer.h"
#include "factor/kind.h"
#include "factor/phone_number.h"
#include "factor/sms_limits.h"

/* Codes by SMS: six digits, good for ten minutes and once, for the session that asked for them. */
#define SMS_DIGITS 6
#define SMS_MS 5000 /* the longest that a browser waits for whoever sends */
#define SMS_TEXT_MAX 320
#define SMS_CODE_MARK "{{code}}"

extern const kind_ops_t sms_ops;

/* MPinSMS. */
typedef struct sms_setting_t {
    const char *url; /* the webhook's, or where Twilio's API is; NULL = no SMS */
    bool twilio;
    const char *secret_file; /* the webhook's secret (NULL = none), or Twilio's key */
    const char *from;        /* Twilio: the sender's number, name or messaging service */
    const char *text;        /* with SMS_CODE_MARK in it */
    const apr_array_header_t *countries; /* of const char *, "+49"; NULL = all */
    int day;                             /* messages that may leave a day */
} sms_setting_t;

typedef struct sms_t {
    const sms_setting_t *setting;
    const secret_t *secret; /* of secret_file; NULL = none */
    sms_limits_t limits;
    peer_t peer;
} sms_t;

/* A new number of a user's, which waits for its first code. STORE_EXISTS: the user has FACTORS_MAX. */
store_status_t sms_begin(factors_t *factors, own_factor_t *factor, const char *number,
                         apr_time_t now, apr_pool_t *p);

/* The number of a KIND_SMS factor. */
bool sms_number(const own_factor_t *factor, char number[PHONE_SIZE]);

/* The text with the code in it, in the pool. */
const char *sms_fill(const char *text, const char *code, apr_pool_t *p);

/* 403 for a number that nothing is sent to. */
result_t *number_refused(apr_pool_t *p);

/* sms_senders.c: hands a message to the webhook or to Twilio. `*left` says whether it may have left
 * whatever came of it. NULL, or the refusal: 403 number_refused, 502 sender_down or sender_refused, 503
 * sender_busy. */
result_t *sms_hand_over(sms_t *sms, const turn_t *turn, const char *number, const char *code,
                        bool *left);

/* Twilio's key as it stands in its file: "ACCOUNT:TOKEN", or "ACCOUNT:KEY:SECRET". False: none. */
bool sms_twilio_key_ok(const secret_t *key);

#endif
