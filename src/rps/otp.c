#include "rps/otp.h"

#include <sodium.h>
#include <string.h>
#include "base/json.h"
#include "base/name.h"
#include "store/key.h"
#include "rps/standing.h"

/* What stands for a user: the code, and how many wrong ones there were. A fleeting record never
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
#define ROUNDS 100 /* compare-and-set tries before the answer is "busy" */

void otp_draw(char code[OTP_DIGITS + 1])
{
    uint32_t number = randombytes_uniform(1000000);
    for (int i = OTP_DIGITS - 1; i >= 0; i--, number /= 10)
        code[i] = (char)('0' + number % 10);
    code[OTP_DIGITS] = '\0';
}

/* ---- the record ------------------------------------------------------------------------------ */

typedef struct kept_t {
    otp_t otp;
    bool stored;
    store_record_t seen;
} kept_t;

/* A name in a store is one user, but one whom an application vouched for is nobody at a site: the
 * codes of a service are apart. */
static const char *key_of(const rps_t *rps, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key(rps->settings->service ? "otp-service" : "otp", uid, UID_BYTES, p);
}

/* STORE_OK also when there is nothing yet. */
static store_status_t read_kept(rps_t *rps, const unsigned char uid[UID_BYTES], kept_t *kept,
                                apr_pool_t *p)
{
    memset(kept, 0, sizeof *kept);
    store_status_t status =
        store_get(rps->store, STORE_FLEETING, key_of(rps, uid, p), p, &kept->seen);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK)
        return status;
    kept->stored = true;
    if (kept->seen.len == sizeof kept->otp && kept->seen.data[0] == VERSION)
        memcpy(&kept->otp, kept->seen.data, sizeof kept->otp);
    return STORE_OK;
}

/* STORE_CHANGED when somebody else was quicker: read again. */
static store_status_t write_kept(rps_t *rps, const unsigned char uid[UID_BYTES], kept_t *kept,
                                 apr_time_t now, apr_pool_t *p)
{
    const otp_t *otp = &kept->otp;
    const apr_time_t expires = now + FAILURES_LIFE;
    const char *key = key_of(rps, uid, p);
    kept->otp.version = VERSION;
    store_status_t status =
        kept->stored
            ? store_swap(rps->store, STORE_FLEETING, key, &kept->seen, otp, sizeof *otp, expires)
            : store_add(rps->store, STORE_FLEETING, key, otp, sizeof *otp, expires);
    return status == STORE_EXISTS || status == STORE_MISSING ? STORE_CHANGED : status;
}

store_status_t otp_issue(rps_t *rps, const identity_t *identity, const char *code, apr_time_t now,
                         apr_pool_t *p)
{
    store_status_t status = STORE_CHANGED;
    for (int round = 0; round < ROUNDS && status == STORE_CHANGED; round++) {
        kept_t kept;
        status = read_kept(rps, identity->uid, &kept, p);
        if (status != STORE_OK)
            return status;
        kept.otp.live = 1;
        kept.otp.ends = now + apr_time_from_sec(OTP_SECONDS);
        memcpy(kept.otp.code, code, OTP_DIGITS);
        memcpy(kept.otp.handle, identity->handle, sizeof kept.otp.handle);
        status = write_kept(rps, identity->uid, &kept, now, p);
    }
    return status;
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

static result_t *over(apr_pool_t *p)
{
    return result_error(p, 410, "otp_over",
                        "No code waits for this user: there was none, or it was used or is over.");
}

static result_t *later(apr_time_t left, apr_pool_t *p)
{
    return result_later(p, "otp_wait", "Too many wrong codes for this user.",
                        (int)((left - 1) / APR_USEC_PER_SEC + 1));
}

/* The code and its failure are settled in one step, before anybody hears what came of it. */
static store_status_t settle(rps_t *rps, const user_t *user, const char *code, apr_time_t now,
                             otp_t *otp, result_t **refusal, apr_pool_t *p)
{
    kept_t kept;
    store_status_t status = read_kept(rps, user->uid, &kept, p);
    *otp = kept.otp;
    if (status != STORE_OK)
        return status;
    if (!otp->live || otp->ends <= now) {
        *refusal = over(p);
        return STORE_OK;
    }
    if (otp->waits_until > now) {
        *refusal = later(otp->waits_until - now, p);
        return STORE_OK;
    }
    if (sodium_memcmp(otp->code, code, OTP_DIGITS) == 0) {
        kept.otp.live = 0;
        kept.otp.failures = 0;
        *refusal = NULL;
    } else {
        kept.otp.failures = otp->failures + 1;
        kept.otp.waits_until = now + apr_time_from_sec(wait_after(kept.otp.failures));
        *refusal = rps_audited(result_error(p, 401, "otp_wrong", "This is not the user's code."),
                               "otp_wrong", user->name, otp->handle, p);
    }
    return write_kept(rps, user->uid, &kept, now, p);
}

/* Who has been refused since the code was shown is refused here, too. */
static result_t *admit(rps_t *rps, const otp_t *otp, apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    verdict_t standing;
    store_status_t status = rps_standing(rps, otp->handle, &identity, &user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (standing != VERDICT_NONE)
        return rps_audited(over(p), "otp_refused", identity.name[0] ? identity.name : NULL,
                           otp->handle, p);
    result_t *result =
        result_ok(p, json_pack("{s:s, s:s}", "userId", identity.name, "message", "OK"));
    return rps_audited(result, "otp_redeemed", identity.name, otp->handle, p);
}

static bool is_code(const char *text)
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
    if (!name || !(name = name_canonical(name, p)) || !is_code(code))
        return result_error(p, 400, "field_malformed",
                            "userId is no name, or otp is not six digits");
    user_t user;
    store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_MISSING)
        return over(p);
    if (status != STORE_OK)
        return store_refusal(status, p);

    for (int round = 0; round < ROUNDS; round++) {
        otp_t otp;
        result_t *refusal;
        status = settle(rps, &user, code, caller->now, &otp, &refusal, p);
        if (status == STORE_OK)
            return refusal ? refusal : admit(rps, &otp, p);
        if (status != STORE_CHANGED)
            return store_refusal(status, p);
    }
    return result_later(p, "busy", "Too many at once.", 1);
}
