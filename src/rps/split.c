#include "rps/split.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "dta/sign.h"
#include "store/key.h"

#define EXPECTED_SECONDS 120

/* ---- the verifier ---------------------------------------------------------------------------- */

/* Two threads may make one each: the first that is published is everybody's. */
static bool publish(rps_t *rps, unsigned char secret[MPIN_G2_BYTES])
{
    mpin_server_t *none = NULL, *made = mpin_server_make(secret);
    sodium_memzero(secret, MPIN_G2_BYTES);
    if (made && !__atomic_compare_exchange_n(&rps->server, &none, made, false, __ATOMIC_RELEASE,
                                             __ATOMIC_ACQUIRE))
        mpin_server_free(made);
    return made != NULL;
}

static result_t *refusal_of(dta_status_t status, apr_pool_t *p)
{
    return status == DTA_CHANGED
               ? result_error(p, 503, "second_dta_changed",
                              "The second D-TA is not the one that it was.")
               : result_error(p, 503, "second_dta_down", "The second D-TA cannot be reached.");
}

/* ---- how it was before ----------------------------------------------------------------------- */

/* On record from the first secret on: whose shares it was made of. With others, or one less, every
 * right PIN would be a wrong one, and lock. */
#define MADE_OF "dta:made-of"

static store_status_t as_before(rps_t *rps, bool *same, apr_pool_t *p)
{
    store_record_t record;
    const char *now = dta_made_of(rps->dta);
    store_status_t status = store_get(rps->store, STORE_LASTING, MADE_OF, p, &record);
    *same = status == STORE_MISSING || (status == STORE_OK && record.len == strlen(now) &&
                                        memcmp(record.data, now, record.len) == 0);
    return status == STORE_MISSING ? STORE_OK : status;
}

static result_t *check_as_before(rps_t *rps, apr_pool_t *p)
{
    bool same;
    store_status_t status = as_before(rps, &same, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (same)
        return NULL;
    if (!__atomic_exchange_n(&rps->told_split, true, __ATOMIC_RELAXED))
        log_error(rps->log, "MPIN0529",
                  "the PINs of this store were made with another MPinSecondDTA, or without: nobody "
                  "signs in by PIN until the line is as it was");
    return refusal_of(DTA_CHANGED, p);
}

static result_t *note_made_of(rps_t *rps, apr_pool_t *p)
{
    const char *now = dta_made_of(rps->dta);
    if (__atomic_load_n(&rps->noted_split, __ATOMIC_RELAXED))
        return NULL;
    store_status_t status = store_add(rps->store, STORE_LASTING, MADE_OF, now, strlen(now), 0);
    if (status != STORE_OK && status != STORE_EXISTS)
        return store_refusal(status, p);
    result_t *refusal = check_as_before(rps, p);
    if (!refusal)
        __atomic_store_n(&rps->noted_split, true, __ATOMIC_RELAXED);
    return refusal;
}

/* ---- may something be judged, or issued? ----------------------------------------------------- */

bool split_begin(rps_t *rps, apr_pool_t *p)
{
    bool same;
    unsigned char secret[MPIN_G2_BYTES];
    if (dta_other_url(rps->dta) || as_before(rps, &same, p) != STORE_OK || !same)
        return true; /* split_ready knows more */
    return dta_server_secret(rps->dta, apr_time_now(), secret, p) == DTA_OK && publish(rps, secret);
}

result_t *split_ready(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    unsigned char secret[MPIN_G2_BYTES];
    if (__atomic_load_n(&rps->server, __ATOMIC_ACQUIRE))
        return NULL;
    result_t *refusal = check_as_before(rps, p);
    if (refusal)
        return refusal;
    dta_status_t status = dta_server_secret(rps->dta, caller->now, secret, p);
    if (status != DTA_OK)
        return refusal_of(status, p);
    return publish(rps, secret) ? NULL : store_refusal(STORE_DOWN, p);
}

result_t *split_can_issue(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    dta_status_t status = dta_check(rps->dta, caller->now, p);
    return status == DTA_OK ? note_made_of(rps, p) : refusal_of(status, p);
}

/* ---- shares ---------------------------------------------------------------------------------- */

static const char *expected_key(const unsigned char hash[MPIN_HASH_BYTES], apr_pool_t *p)
{
    return store_key("half", hash, MPIN_HASH_BYTES, p);
}

/* Lets the second half be asked for, once and soon. */
static store_status_t expect(rps_t *rps, const caller_t *caller, const mpin_id_t *id, apr_pool_t *p)
{
    return store_put(rps->store, STORE_FLEETING, expected_key(id->hash, p), "", 0,
                     caller->now + apr_time_from_sec(EXPECTED_SECONDS));
}

static bool take(share_t *share, mpin_status_t status, unsigned char point[MPIN_G1_BYTES],
                 const char *more, apr_pool_t *p)
{
    share->point = status == MPIN_ACCEPTED ? hex_encode(p, point, MPIN_G1_BYTES) : NULL;
    share->more = more;
    sodium_memzero(point, MPIN_G1_BYTES);
    return share->point != NULL;
}

bool split_client_secret(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                         apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    return take(share, dta_client_secret(rps->dta, id->hash, point), point,
                dta_client_query(rps->dta, id->hash, caller->now, p), p);
}

bool split_time_permit(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                       apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    return take(share, dta_time_permit(rps->dta, rps_day(caller->now), id->hash, point), point,
                dta_permit_signature(rps->dta, id->hash, p), p);
}

bool split_client_secret_in_two(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                share_t *share, apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    if (dta_other_url(rps->dta))
        return split_client_secret(rps, caller, id, share, p);
    return expect(rps, caller, id, p) == STORE_OK &&
           take(share, halves_client_secret(rps->halves, HALF_FIRST, id->hash, point), point,
                dta_sign_client_secret(halves_app(rps->halves),
                                       hex_encode(p, id->hash, sizeof id->hash), 0, caller->now, p),
                p);
}

bool split_time_permit_in_two(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                              share_t *share, apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    if (dta_other_url(rps->dta))
        return split_time_permit(rps, caller, id, share, p);
    return take(
        share, halves_time_permit(rps->halves, HALF_FIRST, rps_day(caller->now), id->hash, point),
        point,
        dta_sign_time_permit(halves_app(rps->halves), hex_encode(p, id->hash, sizeof id->hash), p),
        p);
}

const char *split_url(const rps_t *rps, apr_pool_t *p)
{
    const char *url = dta_other_url(rps->dta);
    return url ? url : apr_pstrcat(p, rps->settings->base_url, "/dta/", NULL);
}

/* ---- the second half ------------------------------------------------------------------------- */

static result_t *nothing_here(apr_pool_t *p)
{
    return result_error(p, 404, "not_found", "The second D-TA is elsewhere.");
}

static result_t *broken(rps_t *rps, apr_pool_t *p)
{
    log_error(rps->log, "MPIN0526", "the D-TA issues no share: the key file is broken");
    return store_refusal(STORE_DOWN, p);
}

/* GET /rps/dta/clientSecret: once, of a registration that got its first half. */
result_t *rps_half_client_secret(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                                 apr_pool_t *p)
{
    dta_asked_t asked;
    store_record_t record;
    share_t share;
    unsigned char point[MPIN_G1_BYTES];
    if (dta_other_url(rps->dta))
        return nothing_here(p);
    result_t *refusal =
        dta_check_client_secret(halves_app(rps->halves), request, caller->now, &asked, p);
    if (refusal)
        return refusal;
    store_status_t status =
        store_take(rps->store, STORE_FLEETING, expected_key(asked.hash_mpin_id, p), p, &record);
    if (status == STORE_MISSING)
        return result_error(p, 408, "dta_request_used", "Request used before");
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (!take(&share, halves_client_secret(rps->halves, HALF_SECOND, asked.hash_mpin_id, point),
              point, "", p))
        return broken(rps, p);
    return result_ok(p, json_pack("{s:s, s:s}", "clientSecret", share.point, "message", "OK"));
}

/* GET /rps/dta/timePermit: today's, for who still gets one. */
result_t *rps_half_time_permit(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                               apr_pool_t *p)
{
    dta_asked_t asked;
    share_t share;
    unsigned char point[MPIN_G1_BYTES], handle[HANDLE_BYTES];
    if (dta_other_url(rps->dta) || !rps->settings->time_permits)
        return nothing_here(p);
    result_t *refusal = dta_check_time_permit(halves_app(rps->halves), request, &asked, p);
    if (refusal)
        return refusal;
    people_handle(asked.hash_mpin_id, handle);
    refusal = rps_permit_refusal(rps, handle, p);
    if (refusal)
        return refusal;
    if (!take(&share,
              halves_time_permit(rps->halves, HALF_SECOND, rps_day(caller->now), asked.hash_mpin_id,
                                 point),
              point, "", p))
        return broken(rps, p);
    return result_ok(p, json_pack("{s:s, s:s}", "timePermit", share.point, "message", "OK"));
}
