/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_FACTOR_H
#define MPIN_SESSION_FACTOR_H

/* What a person can prove, one by one. Each has a time of its own in a session: a fresh password
 * makes no old PIN fresh. Their numbers stand in sealed cookies, as bits: none is ever given anew,
 * and a cookie that names the first seven alone is a byte shorter than others. */
typedef enum {
    FACTOR_PIN = 0,
    FACTOR_PASSWORD,
    FACTOR_PASSKEY,
    FACTOR_TOTP,
    FACTOR_SMS,
    FACTOR_SECURITY_KEY, /* a passkey that did not look who used it: a second step only */
    FACTOR_TRUSTED,      /* a login through another Apache module */
    FACTOR_RECOVERY,
    FACTOR_REMEMBERED,     /* a browser that was remembered ... */
    FACTOR_REMEMBERED_SMS, /* ... after a code by SMS, which is worth no more than that */
    FACTOR_TOKEN,          /* a program's (people/tokens.h): in no cookie, and never at a login */
    FACTOR_COUNT
} factor_t;

#define FACTOR_BIT(factor) (1u << (factor))

/* The bits of what alone can sign somebody in. */
#define FACTORS_FIRST                                                                              \
    (FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_PASSWORD) | FACTOR_BIT(FACTOR_PASSKEY) |           \
     FACTOR_BIT(FACTOR_TRUSTED))

#endif
