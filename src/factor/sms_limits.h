/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_SMS_LIMITS_H
#define MPIN_FACTOR_SMS_LIMITS_H

#include "factor/kind.h"
#include "keys/secret.h"

/* Messages cost money, and reach people who never asked for them: so many leave for one user, one
 * number, one address, and in all a day (docs/security.md, "Codes that are sent"). Fixed windows, counted before a
 * message leaves. */
#define SMS_USER_HOUR 5 /* messages */
#define SMS_USER_DAY 15
#define SMS_NUMBER_HOUR 5
#define SMS_NUMBER_DAY 15
#define SMS_ADDRESS_HOUR 30
#define SMS_DAY                                                                                    \
    1000 /* of a site, where it says nothing else; half of it for numbers that nobody has
                        confirmed yet, so that no stranger uses up what people sign in by */
#define WORKOS_USER_MINUTE 60 /* questions: WorkOS takes 6,000 a minute of a key */

typedef struct sms_limits_t {
    store_t *store;
    const secret_t *key; /* a number stands in no key of the store, only its MAC */
    int day;             /* messages of the site a day */
} sms_limits_t;

/* Counts one. `*wait` is how many seconds to wait, 0 = go on; where it is more nothing is counted,
 * and nothing either where the store cannot count. */
store_status_t sms_limits_take(const sms_limits_t *limits, const turn_t *turn, const char *number,
                               int *wait);

/* Counts one question to WorkOS for this user. */
store_status_t sms_limits_ask(const sms_limits_t *limits, const turn_t *turn, int *wait);

/* It has not left. */
void sms_limits_give(const sms_limits_t *limits, const turn_t *turn, const char *number);

#endif
