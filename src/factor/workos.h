/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_WORKOS_H
#define MPIN_FACTOR_WORKOS_H

#include "base/peer.h"
#include "factor/kind.h"
#include "factor/phone_number.h"
#include "factor/sms_limits.h"

/* WorkOS' MFA API: five calls, as its OpenAPI description has them (POST /auth/factors/enroll, GET
 * and DELETE /auth/factors/ID, POST /auth/factors/ID/challenge, POST /auth/challenges/ID/verify).
 * Its answers are read into the structures below, bounded and typed, or are none. */
#define WORKOS_URL "https://api.workos.com"
#define WORKOS_MS 6000 /* the longest that a browser waits, whatever is asked of WorkOS for it */
#define WORKOS_LEAST_MS 1000 /* ... but for a question that begins at its end */
#define WORKOS_ID_MAX 64     /* bytes of an id */
#define WORKOS_TIME_MAX 40   /* bytes of a time, as in "2026-01-15T12:00:00.000Z" */
#define WORKOS_KEY_NAME "WORKOS_API_KEY="

/* MPinWorkOS. */
typedef struct workos_setting_t {
    const char *key_file; /* one line, WORKOS_API_KEY=...; NULL = no WorkOS */
    const char *url;
    const char *text; /* of its SMS, with SMS_CODE_MARK in it; NULL: WorkOS' own */
} workos_setting_t;

typedef struct workos_t {
    const workos_setting_t *setting;
    const secret_t *key;
    const char *text;   /* of its SMS */
    const char *issuer; /* what an authenticator app calls the site, where nobody says otherwise */
    const apr_array_header_t *countries; /* MPinSMS' */
    sms_limits_t limits;
    peer_t peer;
} workos_t;

typedef enum { WORKOS_TOTP, WORKOS_SMS } workos_type_t;

typedef struct workos_factor_t {
    char id[WORKOS_ID_MAX + 1];
    workos_type_t type;
    char number[PHONE_SIZE];             /* "" but for SMS */
    char environment[WORKOS_ID_MAX + 1]; /* "" where the answer has none */
    char created[WORKOS_TIME_MAX + 1], updated[WORKOS_TIME_MAX + 1];
    /* of an enrolment of TOTP only, and then for the page that shows them once; else NULL */
    const char *secret, *uri;
} workos_factor_t;

typedef struct workos_challenge_t {
    char id[WORKOS_ID_MAX + 1];
    char factor[WORKOS_ID_MAX + 1];
    char created[WORKOS_TIME_MAX + 1];
    char expires[WORKOS_TIME_MAX + 1]; /* "" but for SMS */
} workos_challenge_t;

typedef struct workos_wish_t {
    workos_type_t type;
    const char *number;        /* SMS */
    const char *issuer, *user; /* TOTP */
} workos_wish_t;

/* The calls. NULL, or the refusal:
 *   410 workos_gone      there is no such factor at WorkOS (any more)
 *   410 code_expired     a challenge that can be answered no more: too old, used, or too often wrong
 *   422 field_malformed  what was sent is refused: a number that takes no messages, a text
 *   502 sender_refused   WorkOS takes our key for nothing (401, 403)
 *   502 sender_down      no answer, or none that is as published
 *   503 sender_busy      too many requests (429), with Retry-After; or as many workers as may are
 *                        waiting already */
result_t *workos_enroll(workos_t *workos, const turn_t *turn, const workos_wish_t *wish,
                        workos_factor_t *factor);
result_t *workos_get(workos_t *workos, const turn_t *turn, const char *id, workos_factor_t *factor);
result_t *workos_delete(workos_t *workos, const turn_t *turn, const char *id); /* gone is fine */

/* `text` NULL: for a factor without messages. A question that got no answer is asked once more, under the
 * same Idempotency-Key, so that no second message leaves. */
result_t *workos_challenge(workos_t *workos, const turn_t *turn, const char *id, const char *text,
                           workos_challenge_t *challenge);

/* Never asked again: a code counts as tried. */
result_t *workos_verify(workos_t *workos, const turn_t *turn, const char *challenge,
                        const char *factor, const char *code, bool *valid);

/* workos_read.c: an answer's body. False where it is not as published. */
bool workos_read_factor(const json_t *json, workos_factor_t *factor, apr_pool_t *p);
bool workos_read_challenge(const json_t *json, workos_challenge_t *challenge);
bool workos_read_verified(const json_t *json, workos_challenge_t *challenge, bool *valid);

/* The key in what its file holds, and its length; NULL: none. */
const char *workos_key(const secret_t *line, apr_size_t *len);

#endif
