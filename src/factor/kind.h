/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_KIND_H
#define MPIN_FACTOR_KIND_H

#include "base/result.h"
#include "factor/factors.h"
#include "factor/tries.h"
#include "session/caller.h"

/* A second step in which something is typed, as it is under way: whose, by whom. */
typedef struct turn_t {
    factors_t *factors;
    own_factor_t *factor; /* becomes what is stored of it */
    const caller_t *caller;
    const user_t *user;
    apr_pool_t *p;
} turn_t;

/* What a kind is: a table of functions. A refusal is code_wrong (401), code_expired (410: nothing
 * is there that could be judged), 429 where something is sent too often, or trouble of ours or of a
 * peer (502, 503). Only what was judged charges anybody. */
typedef struct kind_ops_t {
    const char *word; /* as MPinSecondFactor and a form's field `factor` have it: "totp" */
    factor_t proves;
    uint32_t amr; /* amr_t bits of a session that it proves */
    tries_t tries;
    /* Sends what the person will type; NULL where nothing is sent. NULL, or the refusal. */
    result_t *(*send)(const turn_t *turn);
    /* Is what was sent on its way to this session, so that it can be typed? `*again` is how many
     * seconds must pass until it may be sent anew. NULL where nothing is sent. */
    bool (*is_sent)(const turn_t *turn, int *again);
    /* Has whoever else keeps it forget it, before it is removed here; NULL where nobody does. NULL,
     * or the refusal. */
    result_t *(*forget)(const turn_t *turn);
    /* Judges what was typed, digits with spaces and dashes in them; each right code once over all
     * processes. NULL, or the refusal. */
    result_t *(*judge)(const turn_t *turn, const char *typed);
} kind_ops_t;

/* The digits of what somebody typed, without spaces and dashes; NULL where anything else is in it,
 * or there are not exactly `count`. */
const char *kind_digits(const char *typed, int count, apr_pool_t *p);

result_t *code_wrong(apr_pool_t *p);

#endif
