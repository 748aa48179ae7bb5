/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/otp.h"

#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "base/name.h"
#include "rps/account.h"
#include "rps/standing.h"
#include "store/change.h"
#include "store/key.h"

/* The record of a user: the code, and how many wrong ones there were. A fleeting record never
 * leaves its machine, so it is this as it lies in memory. */
typedef struct otp_t {
    unsigned char version;
    unsigned char live; /* not redeemed yet */
    char code[OTP_DIGITS];
    unsigned char handle[HANDLE_BYTES]; /* the identity that signed in */
    uint32_t failures;                  /* in a row, of all codes */
    apr_time_t ends;
    apr_time_t waits_until;
} otp_t;

#define VERSION 1
#define FAILURES_LIFE apr_time_from_sec(86400)

void otp_draw(char code[OTP_DIGITS + 1])
{
    uint32_t number = randombytes_uniform(1000000);
    for (int i = OTP_DIGITS - 1; i >= 0; i--, number /= 10)
        code[i] = (char)('0' + number % 10);
    code[OTP_DIGITS] = '\0';
}

/* ---- the record ------------------------------------------------------------------------------ */

/* A name in a store is one user, but one whom an application vouched for is nobody at a site: the
 * codes of a service are apart. */
static const char *otp_key(const rps_t *rps, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key(rps->settings->service ? "otp-service" : "otp", uid, UID_BYTES, p);
}

/* All zero when there is nothing yet. */
static void decode_otp(const store_record_t *record, otp_t *otp)
{
    memset(otp, 0, sizeof *otp);
    if (record && record->len == sizeof *otp && record->data[0] == VERSION)
        memcpy(otp, record->data, sizeof *otp);
}

/* Writes `otp`, which lives longer than the step. */
static void put_otp(store_change_t *change, otp_t *otp, apr_time_t now)
{
    otp->version = VERSION;
    change->data = otp;
    change->len = sizeof *otp;
    change->expires = now + FAILURES_LIFE;
}

typedef struct otp_fresh_t {
    const identity_t *identity;
    const char *code;
    apr_time_t now;
    otp_t otp;
} otp_fresh_t;

static store_status_t step_fresh_otp(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    otp_fresh_t *fresh = baton;
    otp_t *otp = &fresh->otp;
    (void)scratch;
    decode_otp(change->seen, otp);
    otp->live = 1;
    otp->ends = fresh->now + apr_time_from_sec(OTP_SECONDS);
    memcpy(otp->code, fresh->code, OTP_DIGITS);
    memcpy(otp->handle, fresh->identity->handle, sizeof otp->handle);
    put_otp(change, otp, fresh->now);
    return STORE_OK;
}

store_status_t otp_issue(rps_t *rps, const identity_t *identity, const char *code, apr_time_t now,
                         apr_pool_t *p)
{
    otp_fresh_t fresh = {.identity = identity, .code = code, .now = now};
    return store_change(rps->store, STORE_COMING_IN, otp_key(rps, identity->uid, p), step_fresh_otp,
                        &fresh, p);
}

void rps_otp_times(json_t *json, apr_time_t now, apr_pool_t *p)
{
    const apr_time_t ends = now + apr_time_from_sec(OTP_SECONDS);
    json_set_text(json, "expireTime", rps_time(ends, 'T', p));
    json_object_set_new(json, "ttlSeconds", json_integer(OTP_SECONDS));
    json_set_text(json, "nowTime", rps_time(now, 'T', p));
}

/* ---- redemption ------------------------------------------------------------------------------ */

/* Until the next try after so many failures, in seconds. */
static int wait_after(uint32_t failures)
{
    if (failures < OTP_FREE_FAILURES)
        return 0;
    const uint32_t doublings = failures - OTP_FREE_FAILURES;
    const int wait = doublings < 8 ? OTP_FIRST_WAIT << doublings : OTP_LONGEST_WAIT;
    return wait < OTP_LONGEST_WAIT ? wait : OTP_LONGEST_WAIT;
}

static result_t *otp_over(apr_pool_t *p)
{
    return result_error(p, 410, "otp_over",
                        "No code waits for this user: there was none, or it was used or is over.");
}

static result_t *otp_wait(apr_time_t left, apr_pool_t *p)
{
    return result_later(p, "otp_wait", "Too many wrong codes for this user.",
                        (int)((left - 1) / APR_USEC_PER_SEC + 1));
}

static result_t *otp_wrong(const user_t *user, const otp_t *otp, apr_pool_t *p)
{
    return rps_audited(result_error(p, 401, "otp_wrong", "This is not the user's code."),
                       "otp_wrong", user->name, otp->handle, p);
}

/* Somebody redeems a code. */
typedef struct otp_try_t {
    const user_t *user;
    const char *code;
    apr_time_t now;
    otp_t otp;         /* as it stands afterwards */
    result_t *refusal; /* NULL: it was right */
    apr_pool_t *p;
} otp_try_t;

/* The code and its failure are settled in one step, before anybody hears what came of it. */
static store_status_t step_try_otp(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    otp_try_t *mine = baton;
    otp_t *otp = &mine->otp;
    (void)scratch;
    decode_otp(change->seen, otp);
    mine->refusal = NULL;
    if (!otp->live || otp->ends <= mine->now) {
        mine->refusal = otp_over(mine->p);
        return STORE_OK;
    }
    if (otp->waits_until > mine->now) {
        mine->refusal = otp_wait(otp->waits_until - mine->now, mine->p);
        return STORE_OK;
    }
    if (sodium_memcmp(otp->code, mine->code, OTP_DIGITS) == 0) {
        otp->live = 0;
        otp->failures = 0;
    } else {
        otp->failures++;
        otp->waits_until = mine->now + apr_time_from_sec(wait_after(otp->failures));
        mine->refusal = otp_wrong(mine->user, otp, mine->p);
    }
    put_otp(change, otp, mine->now);
    return STORE_OK;
}

/* An identity that was refused since the code was shown is refused here, too. */
static result_t *admit_by_otp(rps_t *rps, const caller_t *caller, const otp_t *otp, apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    verdict_t standing;
    store_status_t status = rps_standing(rps, otp->handle, &identity, &user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (standing != VERDICT_NONE || account_is_theirs(rps, caller, &identity, p))
        return rps_audited(otp_over(p), "otp_refused", identity.name[0] ? identity.name : NULL,
                           otp->handle, p);
    result_t *result =
        result_ok(p, json_pack("{s:s, s:s}", "userId", identity.name, "message", "OK"));
    return rps_audited(result, "otp_redeemed", identity.name, otp->handle, p);
}

static bool is_otp(const char *text)
{
    return text && strlen(text) == OTP_DIGITS && strspn(text, "0123456789") == OTP_DIGITS;
}

/* POST /rps/otp (for applications): exactly one caller gets 200 for a code. */
result_t *rps_otp(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    const char *name = json_text(body, "userId", NAME_MAX_BYTES);
    if (!rps->settings->issue_otp)
        return result_error(p, 404, "not_found", "no one-time codes are issued here");
    const char *code = json_text(body, "otp", OTP_DIGITS);
    if (!name || !(name = name_here(rps->settings->names, name, p)) || !is_otp(code))
        return result_error(p, 400, "field_malformed",
                            "userId is no name, or otp is not six digits");
    user_t user;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_MISSING)
        return otp_over(p);
    if (status != STORE_OK)
        return store_refusal(status, p);

    otp_try_t mine = {.user = &user, .code = code, .now = caller->now, .p = p};
    status =
        store_change(rps->store, STORE_FLEETING, otp_key(rps, user.uid, p), step_try_otp, &mine, p);
    if (status == STORE_CHANGED)
        return result_later(p, "busy", "Too many at once.", 1);
    if (status != STORE_OK)
        return store_refusal(status, p);
    log_debug(caller->log, "MPIN0768", "a one-time code for %s: %s; %u wrong ones in a row",
              name_masked(name, p), mine.refusal ? mine.refusal->code : "right", mine.otp.failures);
    return mine.refusal ? mine.refusal : admit_by_otp(rps, caller, &mine.otp, p);
}
