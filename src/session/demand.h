/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_DEMAND_H
#define MPIN_SESSION_DEMAND_H

#include "session/session.h"

/* What a place asks of a session, and what a login page on the way there accepts. */
typedef struct demand_t {
    uint32_t first;          /* FACTOR_BITs: one of these must have been proven ... */
    uint32_t second;         /* ... and one of these, too; 0 = none */
    uint32_t max_age;        /* not longer ago than so many seconds, 0 = ever */
    const uint32_t *trusted; /* of trusted logins these (session/mark.h), NULL = all */
} demand_t;

/* Any first factor, ever: where no place is known. */
extern const demand_t demand_any;

/* A place's, of what its directives say: MPinLoginMethods (-1: whatever the site offers),
 * MPinSecondFactor (-1: none), and MPinReauthAfter in seconds (-1: none). */
static inline demand_t demand_of(int methods, uint32_t offered, int second, int reauth_after)
{
    return (demand_t){.first = methods < 0 ? offered : (uint32_t)methods,
                      .second = second < 0 ? 0 : (uint32_t)second,
                      .max_age = reauth_after < 0 ? 0 : (uint32_t)reauth_after};
}

bool demand_is_same(const demand_t *one, const demand_t *other);

/* Does the session meet it at `now`? Each factor counts by its own time: a fresh password makes no
 * old PIN fresh. */
bool demand_is_met(const demand_t *demand, const session_t *session, apr_time_t now);

/* The FACTOR_BITs that are lacking: those of the first factor, or where that is there, the second
 * step's. 0: it is met. */
uint32_t demand_lacks(const demand_t *demand, const session_t *session, apr_time_t now);

/* Is what is lacking a second step, which has a page of its own? */
bool demand_lacks_step(const demand_t *demand, const session_t *session, apr_time_t now);

/* A word for what is lacking: one of MPinSecondFactor's for a second step, else "login". `session`
 * is NULL where nobody is signed in. */
const char *demand_need(const demand_t *demand, const session_t *session, apr_time_t now);

/* The FACTOR_BITs that would add one of these amr_t bits to a session (Require mpin-amr). A browser
 * that is remembered adds none. */
uint32_t demand_of_amr(uint32_t amr);

/* MPinSecondFactor's words and their FACTOR_BITs: none; any (two factors, of which a PIN login or a
 * passkey is two already); totp, sms, passkey (that one); strong (what cannot be phished, which is a
 * passkey). -1 for another word; of several for the same bits the first, NULL where there is none. */
int demand_second(const char *word);
const char *demand_second_word(uint32_t second);

/* What outlives the session is made only with a proof that is not older than so many seconds
 * (docs/security.md, "A proof has an age"). True where one of these FACTOR_BITs is. */
#define DEMAND_LASTING_AGE 600
bool demand_lasting(const session_t *session, uint32_t factors, apr_time_t now);

/* The names of FACTOR_BITs, as in "pin,password"; and the bits of such names, without those that
 * there are not. */
const char *demand_names(uint32_t factors, apr_pool_t *p);
uint32_t demand_named(const char *names, apr_pool_t *p);

/* Both sides in words, for debug lines, in the pool: "pin or password, at most 300 s ago", and
 * "password 412 s ago" ("nothing" where nothing was proven). */
const char *demand_text(const demand_t *demand, apr_pool_t *p);
const char *demand_proven_text(const session_t *session, apr_time_t now, apr_pool_t *p);

#endif
