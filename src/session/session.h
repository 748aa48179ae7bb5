/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_SESSION_H
#define MPIN_SESSION_SESSION_H

#include <stdint.h>
#include "session/factor.h"
#include "session/revocation.h"

/* The cookie is the session: a fixed binary layout, sealed (keys/seal.h) with the cookie's name and
 * the realm as associated data. Opening one takes no heap, no lock that a writer holds for long, no
 * system call.
 *
 * Valid iff it opens, its times hold, and neither session, family, identity nor user version is
 * revoked. */
#define SESSION_ID_BYTES 16
#define SESSION_NAME_MAX 254 /* bytes of a canonical name */
#define SESSION_PROVIDER_MAX 32
#define SESSION_TEXT_MAX 700 /* bytes of the cookie's value (base64url), without a NUL */

/* amr values (RFC 8176), one bit each. A PIN login carries AMR_PIN and AMR_MFA: device token and
 * PIN. */
typedef enum {
    AMR_PWD = 1 << 0,   /* "pwd" */
    AMR_PIN = 1 << 1,   /* "pin" */
    AMR_MFA = 1 << 2,   /* "mfa" */
    AMR_OTP = 1 << 3,   /* "otp" */
    AMR_SMS = 1 << 4,   /* "sms" */
    AMR_HWK = 1 << 5,   /* "hwk" */
    AMR_SWK = 1 << 6,   /* "swk" */
    AMR_PHONE = 1 << 7, /* "phone", ours: signed in from another device */
    AMR_OPEN = 1 << 8,  /* no word: the name was proven by being the first, which some sites take */
    AMR_USER = 1 << 9,  /* "user": a key looked who used it, by a finger or a PIN of its own */
    AMR_TRUSTED = 1 << 10, /* "trusted", ours: another Apache module says who it is */
    AMR_TOKEN = 1 << 11    /* "token", ours: a program's, and nobody was there */
} amr_t;

/* Seconds since 1970 in 32 bits unsigned throughout. */
typedef struct session_t {
    unsigned char id[SESSION_ID_BYTES];
    unsigned char family[SESSION_ID_BYTES];
    unsigned char uid[SESSION_ID_BYTES];
    unsigned char identity[SESSION_ID_BYTES]; /* identity handle, all zero without one */
    uint32_t version;                         /* the user's when this was sealed */
    uint32_t started;                         /* first login of the family */
    uint32_t auth_time;                       /* last proof by the person: the newest of ... */
    uint32_t proven[FACTOR_COUNT];            /* when each factor_t was proven, 0 = not */
    uint32_t trusted; /* which trusted login FACTOR_TRUSTED was (session/mark.h), 0 = none */
    uint32_t seen;    /* last sealing: idle time counts from it */
    uint32_t expires; /* absolute end */
    uint32_t amr;     /* amr_t bits */
    char name[SESSION_NAME_MAX + 1];
    char provider[SESSION_PROVIDER_MAX +
                  1]; /* whose word the name is: "local", or a trusted login's */
    bool told;        /* a trusted login has told something of the user (people/subject.h) */
    bool superseded;  /* not sealed: a newer session has just taken its place; never renewed */
} session_t;

typedef enum {
    SESSION_OK = 0,
    SESSION_NONE, /* does not open: one answer for every malformed, forged or foreign value */
    SESSION_EXPIRED,
    SESSION_REVOKED,
    SESSION_UNKNOWN /* revocations are not loaded, so nobody can be let in: 503 */
} session_status_t;

typedef struct sessions_t sessions_t;

/* `cookie` and `realm` are bound into every seal. `idle` and `max` are MPinSession*; an idle time
 * under two minutes would end sessions in use, as a cookie is sealed anew once a minute at most.
 * Nobody is let in without `revocations` (NULL: no store could be opened). NULL when memory is
 * out. */
sessions_t *sessions_make(const keys_t *keys, const char *cookie, const char *realm,
                          apr_interval_time_t idle, apr_interval_time_t max,
                          revocations_t *revocations, apr_pool_t *p);

/* The FACTOR_BITs of what it has proven. */
uint32_t session_proven_bits(const session_t *session);

/* Fills id, times and expiry of a new session, for which `factor` has just been proven; family and
 * `started` too, unless a step-up gives them (family non-zero). */
void session_start(const sessions_t *sessions, session_t *session, factor_t factor, apr_time_t now);

/* The factor that it was started with was proven at another second than now, in the past. */
void session_date(session_t *session, factor_t factor, uint32_t seconds);

/* FACTOR_BITs of second steps that were shown together with `first`: as old as that. */
void session_add_beside(session_t *session, uint32_t steps, factor_t first);

/* A step-up: `session`, started just now, keeps what `old` had proven of the same user and version,
 * with its times, but nothing older than the longest session. With a PIN comes its identity, so
 * that revoking that ends this session, too. */
void session_step_up(const sessions_t *sessions, session_t *session, const session_t *old);

/* A new id, in the same family. */
void session_rename(session_t *session);

/* One more factor has been proven, which says these amr_t bits. */
void session_add(session_t *session, factor_t factor, uint32_t amr, apr_time_t now);

/* The cookie value, in the pool; NULL when no randomness is to be had. Sets `seen`. */
const char *session_seal(const sessions_t *sessions, session_t *session, apr_time_t now,
                         apr_pool_t *p);

/* Opens a cookie value into `session`, which the caller owns (the stack or the request's pool). */
session_status_t session_open(const sessions_t *sessions, const char *text, apr_size_t len,
                              apr_time_t now, session_t *session);

/* The same for a session that has been opened before: does it still stand at `now`? Before it is
 * sealed anew, because an answer may take long, and be the last to arrive. */
session_status_t session_judge(const sessions_t *sessions, session_t *session, apr_time_t now);

/* True when it is time to seal anew (once a minute at most). */
bool session_wants_renewal(const session_t *session, apr_time_t now);

/* "pin mfa", in the enum's order; the same in the pool; and the bit of a word, 0 for an unknown
 * one. */
#define SESSION_AMR_SIZE 97
void session_write_amr(char text[SESSION_AMR_SIZE], uint32_t amr);
const char *session_amr_text(uint32_t amr, apr_pool_t *p);
uint32_t session_amr_bit(const char *word);

/* One-way public handle of a session for applications (MPIN_SESSION): 32 hex digits. */
#define SESSION_HANDLE_SIZE 33
void session_write_handle(char text[SESSION_HANDLE_SIZE], const sessions_t *sessions,
                          const session_t *session);

#endif
