/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/attempt.h"

#include <apr_strings.h>
#include <string.h>
#include <time.h>
#include "rps/mailed.h"

#define UNRECORDED_LIFE apr_time_from_sec(86400)

static apr_time_t steady_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

/* Wrong PINs that this identity may still have. One that was unlocked with a full 30-day count gets
 * a single try at a time. */
static uint32_t tries_left(const rps_t *rps, const identity_t *identity, uint32_t consecutive,
                           apr_time_t now)
{
    uint32_t limit = rps->settings->max_failures;
    uint32_t recent = (uint32_t)people_recent_failures(identity, now);
    uint32_t left = limit > consecutive ? limit - consecutive : 0;
    uint32_t left_of_recent = recent < RECENT_FAILURES ? RECENT_FAILURES - recent : 1;
    return left < left_of_recent ? left : left_of_recent;
}

static store_status_t decide_attempt(rps_t *rps, const caller_t *caller, const inflight_t *inflight,
                                     attempt_t *attempt, apr_pool_t *p)
{
    uint32_t consecutive;
    store_status_t status = people_failures(rps->people, &attempt->identity, &consecutive, p);
    if (status != STORE_OK)
        return status;

    int wait;
    status = throttle_wait(rps->throttle, caller, NULL, attempt->identity.name, &wait, p);
    if (status != STORE_OK)
        return status;

    uint32_t left = tries_left(rps, &attempt->identity, consecutive, caller->now);
    log_debug(
        caller->log, "MPIN0764",
        "pass2: identity %s has %u tries left after %u wrong PINs in a row; %d are under way%s",
        people_label(attempt->handle, p), left, consecutive, inflight->attempts,
        wait > 0 ? "; it has to wait" : "");
    attempt->retry_after = wait > 0 ? wait : 1;
    if (left == 0)
        attempt->verdict = VERDICT_LOCKED;
    else if (wait > 0 || (uint32_t)inflight->attempts >= left || inflight->attempts == ATTEMPTS_MAX)
        attempt->verdict = VERDICT_BUSY;
    return STORE_OK;
}

static void reserve_attempt(inflight_t *inflight, const attempt_t *attempt, apr_time_t now)
{
    reservation_t *mine = &inflight->attempt[inflight->attempts++];
    memset(mine, 0, sizeof *mine);
    memcpy(mine->id, attempt->pass[0].id, sizeof mine->id);
    mine->expires = now + apr_time_from_sec(ATTEMPT_SECONDS);
}

typedef struct attempt_step_t {
    rps_t *rps;
    const caller_t *caller;
    const unsigned char *pass_id; /* NULL without */
    attempt_t *attempt;
} attempt_step_t;

/* The record of what is in flight was read before the failures are: an attempt that ended in
 * between has changed it, and then the write fails, whatever was decided. */
static store_status_t step_begin(void *baton, inflight_t *inflight, apr_pool_t *scratch)
{
    const attempt_step_t *mine = baton;
    const caller_t *caller = mine->caller;
    attempt_t *attempt = mine->attempt;
    unsigned char address[ADDRESS_BYTES];
    store_status_t status = rps_standing(mine->rps, attempt->handle, &attempt->identity,
                                         &attempt->user, &attempt->verdict, scratch);
    if (status == STORE_OK && attempt->verdict != VERDICT_NONE)
        log_debug(caller->log, "MPIN0764", "pass2: identity %s is %s",
                  people_label(attempt->handle, scratch), verdict_text(attempt->verdict));
    if (status != STORE_OK || attempt->verdict != VERDICT_NONE)
        return status;

    memcpy(attempt->point, inflight->identity, sizeof attempt->point);
    throttle_address(caller->address, address);
    attempt->passes =
        inflight_take(inflight, mine->pass_id, caller->prelogin, address, attempt->pass);
    if (!attempt->passes) {
        log_debug(caller->log, "MPIN0764", "pass2: none of the %d live pass1s of identity %s is %s",
                  inflight->passes, people_label(attempt->handle, scratch),
                  mine->pass_id      ? "the one of its passId"
                  : caller->prelogin ? "this browser's"
                                     : "of a client without a cookie");
        return STORE_MISSING;
    }
    status = decide_attempt(mine->rps, caller, inflight, attempt, scratch);
    if (status != STORE_OK)
        return status;
    if (attempt->verdict == VERDICT_NONE)
        reserve_attempt(inflight, attempt, caller->now);
    inflight->changed = true;
    return STORE_OK;
}

store_status_t attempt_begin(rps_t *rps, const caller_t *caller,
                             const unsigned char handle[HANDLE_BYTES], const unsigned char *pass_id,
                             attempt_t *attempt, apr_pool_t *p)
{
    memset(attempt, 0, sizeof *attempt);
    memcpy(attempt->handle, handle, sizeof attempt->handle);
    attempt->began = steady_clock();
    attempt_step_t mine = {rps, caller, pass_id, attempt};
    store_status_t status = inflight_change(rps, handle, caller->now, step_begin, &mine, p);
    if (status != STORE_CHANGED)
        return status;
    attempt->verdict = VERDICT_BUSY;
    attempt->retry_after = 1;
    return STORE_OK;
}

/* The attempt is reserved, and may wait here for its turn. */
static mpin_status_t judge_proof_for(const rps_t *rps, const caller_t *caller, const pass1_t *pass,
                                     const unsigned char identity[MPIN_G1_BYTES],
                                     const unsigned char v[MPIN_G1_BYTES])
{
    mpin_proof_t proof = {.identity = identity, .u = pass->u, .y = pass->y, .v = v};
    const company_t company = together_judge(rps->together, rps->server, &proof);
    if (company.proofs)
        log_debug(caller->log, "MPIN0993",
                  "%d proofs were judged in one at place %d; %d are in line", company.proofs,
                  company.place + 1, together_waiting(rps->together));
    return proof.status;
}

static mpin_status_t judge_with_permit(const rps_t *rps, const caller_t *caller,
                                       const pass1_t *pass,
                                       const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                       const unsigned char v[MPIN_G1_BYTES])
{
    unsigned char identity[MPIN_G1_BYTES];
    const uint32_t day = rps_day(caller->now);
    const bool first_hour = apr_time_sec(caller->now) % 86400 < 3600;
    mpin_identity_on(day, hash_mpin_id, identity);
    mpin_status_t outcome = judge_proof_for(rps, caller, pass, identity, v);
    if (outcome != MPIN_WRONG_PIN || !first_hour)
        return outcome;
    mpin_identity_on(day - 1, hash_mpin_id, identity);
    return judge_proof_for(rps, caller, pass, identity, v);
}

/* A pass1 from before MPinTimePermits was switched is no proof of anything, and no wrong PIN. */
static mpin_status_t judge_one(const rps_t *rps, const caller_t *caller, const pass1_t *pass,
                               attempt_t *attempt,
                               const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                               const unsigned char v[MPIN_G1_BYTES])
{
    if (pass->permit != rps->settings->time_permits)
        return MPIN_REFUSED;
    if (pass->permit)
        return judge_with_permit(rps, caller, pass, hash_mpin_id, v);
    if (!attempt->point[0])
        mpin_identity(hash_mpin_id, attempt->point);
    return judge_proof_for(rps, caller, pass, attempt->point, v);
}

mpin_status_t attempt_judge(const rps_t *rps, const caller_t *caller, attempt_t *attempt,
                            const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                            const unsigned char v[MPIN_G1_BYTES])
{
    mpin_status_t outcome = MPIN_WRONG_PIN;
    for (int i = 0; i < attempt->passes && outcome == MPIN_WRONG_PIN; i++)
        outcome = judge_one(rps, caller, &attempt->pass[i], attempt, hash_mpin_id, v);
    return outcome;
}

typedef struct settling_t {
    const attempt_t *attempt;
    apr_time_t until; /* the reservation stands so long; 0: it is given back */
} settling_t;

static store_status_t step_settle(void *baton, inflight_t *inflight, apr_pool_t *scratch)
{
    const settling_t *settling = baton;
    const attempt_t *attempt = settling->attempt;
    reservation_t *mine = inflight_attempt(inflight, attempt->pass[0].id);
    (void)scratch;
    if (!mine)
        return STORE_OK;
    memcpy(inflight->identity, attempt->point, sizeof inflight->identity);
    if (settling->until)
        mine->expires = settling->until;
    else
        *mine = inflight->attempt[--inflight->attempts];
    inflight->changed = true;
    return STORE_OK;
}

/* Gives the reservation back, or lets it stand until `until`; H(ID) stays for the next login. It
 * ends by itself if this fails. */
static void settle_attempt(rps_t *rps, const caller_t *caller, const attempt_t *attempt,
                           apr_time_t until, apr_pool_t *p)
{
    settling_t settling = {attempt, until};
    inflight_change(rps, attempt->handle, caller->now, step_settle, &settling, p);
}

static store_status_t record_failure(rps_t *rps, const caller_t *caller, attempt_t *attempt,
                                     apr_pool_t *p)
{
    identity_t *identity = &attempt->identity;
    int wait;
    uint32_t consecutive;
    store_status_t status = people_failed(rps->people, identity, rps->settings->max_failures,
                                          caller->now, &consecutive, p);
    if (status != STORE_OK) {
        log_error(rps->log, "MPIN0305", "a wrong PIN of identity %s could not be recorded",
                  people_label(attempt->handle, p));
        settle_attempt(rps, caller, attempt, caller->now + UNRECORDED_LIFE, p);
        return status;
    }
    throttle_reserve(rps->throttle, caller, NULL, identity->name, &wait, p);
    attempt->failed = true;
    attempt->left = tries_left(rps, identity, consecutive, caller->now);
    attempt->verdict =
        identity->state == IDENTITY_ACTIVE && attempt->left ? VERDICT_WRONG : VERDICT_LOCKED;
    if (attempt->verdict == VERDICT_LOCKED)
        mailed_tell(rps, caller, NOTICE_LOCKED, identity, p);
    else if (people_recent_failures(identity, caller->now) == TELL_FAILURES)
        mailed_tell(rps, caller, NOTICE_FAILURES, identity, p);
    settle_attempt(rps, caller, attempt, 0, p);
    return STORE_OK;
}

static store_status_t settle_outcome(rps_t *rps, const caller_t *caller, attempt_t *attempt,
                                     mpin_status_t outcome, apr_pool_t *p)
{
    store_status_t status = STORE_OK;
    if (steady_clock() - attempt->began >= apr_time_from_sec(JUDGE_SECONDS)) {
        log_warn(rps->log, "MPIN0306", "judging a PIN took longer than %d s: not counted",
                 JUDGE_SECONDS);
        attempt->verdict = VERDICT_BUSY;
        attempt->retry_after = 1;
    } else if (outcome == MPIN_WRONG_PIN) {
        return record_failure(rps, caller, attempt, p);
    } else if (outcome == MPIN_ACCEPTED) {
        attempt->verdict = VERDICT_RIGHT;
        status = people_succeeded(rps->people, &attempt->identity, caller->now, p);
        people_note_use(rps->people, attempt->handle, caller->now, p);
    }
    settle_attempt(rps, caller, attempt, 0, p);
    return status;
}

static const char *outcome_text(const attempt_t *attempt, mpin_status_t outcome, apr_pool_t *p)
{
    if (attempt->verdict == VERDICT_BUSY)
        return "was not judged in time";
    if (attempt->failed)
        return apr_psprintf(p, "was wrong, and %u tries are left", attempt->left);
    if (outcome == MPIN_WRONG_PIN)
        return "was wrong, and that is not on record";
    return outcome == MPIN_ACCEPTED ? "was right" : "was no proof, and counts nothing";
}

store_status_t attempt_end(rps_t *rps, const caller_t *caller, attempt_t *attempt,
                           mpin_status_t outcome, apr_pool_t *p)
{
    store_status_t status = settle_outcome(rps, caller, attempt, outcome, p);
    log_debug(caller->log, "MPIN0765", "the PIN of identity %s %s; that took %d ms",
              people_label(attempt->handle, p), outcome_text(attempt, outcome, p),
              (int)apr_time_as_msec(steady_clock() - attempt->began));
    return status;
}
