/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_WORKOS_KINDS_H
#define MPIN_FACTOR_WORKOS_KINDS_H

#include "factor/challenge.h"
#include "factor/workos.h"

/* Factors that WorkOS keeps and users here have: an authenticator app, a number. Ours of it is the
 * id that WorkOS gives it and, of a number, the number; a secret of it never. */
extern const kind_ops_t workos_totp_ops, workos_sms_ops;

typedef struct workos_own_t {
    char id[WORKOS_ID_MAX + 1];
    char number[PHONE_SIZE]; /* "" but for SMS */
} workos_own_t;

/* Enrols one at WorkOS, and adds it as one that waits; `made` is what the page shows once. Of the
 * turn's factor uid and name are the caller's. 409 too_many_factors, 403 number_refused, or
 * workos_enroll's. */
result_t *workos_begin(const turn_t *turn, const workos_wish_t *wish, workos_factor_t *made);

/* Reads what is ours of it; false for another kind's. */
bool workos_own(const own_factor_t *factor, workos_own_t *own);

/* Asks WorkOS for a challenge, which this session may answer for ten minutes. `text` is what an SMS
 * says (NULL: as the site has it). Beside workos_challenge's: 429 code_soon, sms_limit. */
result_t *workos_send(const turn_t *turn, const char *text);

#endif
