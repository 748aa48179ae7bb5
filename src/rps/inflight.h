/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_INFLIGHT_H
#define MPIN_RPS_INFLIGHT_H

#include "rps/room.h"

/* All that is in flight for one identity: its live pass1s, the attempts that are being judged, and
 * the last U; and H(ID), which is the same at every login and costs a twentieth of one. One
 * fleeting record, changed by compare-and-set, so that a pass1 is consumed and its attempt reserved
 * in one step, and so that a decision stands only if nothing has moved since it was made. */
#define PASS1_LIVE 4 /* at a time and identity */
#define PASS1_SECONDS 15
#define ATTEMPT_SECONDS 15 /* life of a reservation, from the clock of the request */
#define JUDGE_SECONDS 10   /* ... which may be a little old when the judging begins */
#define ATTEMPTS_MAX 32

typedef struct pass1_t {
    apr_time_t expires;
    unsigned char id[TOKEN_BYTES];            /* passId */
    unsigned char browser[PRELOGIN_ID_BYTES]; /* when has_browser */
    unsigned char address[ADDRESS_BYTES];
    unsigned char u[MPIN_G1_BYTES]; /* UT where `permit` is set */
    unsigned char y[MPIN_SCALAR_BYTES];
    unsigned char has_browser;
    unsigned char known;  /* the browser has signed in as this user before */
    unsigned char permit; /* made while time permits were on */
} pass1_t;

typedef struct reservation_t {
    apr_time_t expires;
    unsigned char id[TOKEN_BYTES]; /* the passId that it judges */
} reservation_t;

typedef struct inflight_t {
    unsigned char last_u[16]; /* first bytes of SHA-256(U) of the latest pass1, zero = none */
    unsigned char identity[MPIN_G1_BYTES]; /* H(ID); begins with zero before the first pass2 */
    int passes, attempts;
    pass1_t pass[PASS1_LIVE];
    reservation_t attempt[ATTEMPTS_MAX];
    bool changed; /* a step sets it: this is to be written */
} inflight_t;

/* Reads what is in flight without what has expired (nothing at first), lets `step` decide, and
 * writes what it changed; again when somebody was quicker (store/change.h). A status that is not
 * STORE_OK ends it and is the outcome. STORE_CHANGED: too often. */
typedef store_status_t (*inflight_step_t)(void *baton, inflight_t *inflight, apr_pool_t *scratch);
store_status_t inflight_change(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                               inflight_step_t step, void *baton, apr_pool_t *p);

/* True when `pass` repeats the last U, or one that is live. */
bool inflight_repeats(const inflight_t *inflight, const pass1_t *pass);

/* Adds a pass1. With four live ones, one gives way: a browser's that is known to the user last, one
 * of the newcomer's own address first, the oldest among equals. So a stranger's flood displaces the
 * stranger's. */
void inflight_add(inflight_t *inflight, const pass1_t *pass);

/* Takes out what a pass2 may answer and returns how many there are: the one of `pass_id`; without
 * (NULL) those of this browser; without a pre-login cookie (NULL) those that were made without one,
 * of this address, else of any. */
int inflight_take(inflight_t *inflight, const unsigned char *pass_id, const unsigned char *browser,
                  const unsigned char address[ADDRESS_BYTES], pass1_t taken[PASS1_LIVE]);

/* The reservation of `id`, or NULL. */
reservation_t *inflight_attempt(inflight_t *inflight, const unsigned char id[TOKEN_BYTES]);

#endif
