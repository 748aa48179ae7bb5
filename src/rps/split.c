/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/split.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "dta/sign.h"
#include "keys/hardening.h"
#include "store/key.h"

#define EXPECTED_SECONDS 120

/* ---- the verifier ---------------------------------------------------------------------------- */

struct split_t {
    mpin_server_t *server; /* atomic */
};

static apr_status_t free_server(void *data)
{
    split_t *split = data;
    mpin_server_free(split->server);
    return APR_SUCCESS;
}

split_t *split_make(apr_pool_t *p)
{
    split_t *split = apr_pcalloc(p, sizeof *split);
    apr_pool_cleanup_register(p, split, free_server, apr_pool_cleanup_null);
    return split;
}

/* Two threads may make one each: the first that is published is everybody's. */
static bool publish_verifier(split_t *split, unsigned char secret[MPIN_G2_BYTES])
{
    mpin_server_t *none = NULL, *made = mpin_server_make(secret);
    sodium_memzero(secret, MPIN_G2_BYTES);
    if (made && !__atomic_compare_exchange_n(&split->server, &none, made, false, __ATOMIC_RELEASE,
                                             __ATOMIC_ACQUIRE))
        mpin_server_free(made);
    return made != NULL;
}

static result_t *split_refusal(dta_status_t status, apr_pool_t *p)
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

static store_status_t made_as_before(rps_t *rps, bool *same, apr_pool_t *p)
{
    store_record_t record;
    const char *now = dta_made_of(rps->dta);
    store_status_t status = store_get(rps->store, STORE_LASTING, MADE_OF, p, &record);
    *same = status == STORE_MISSING || (status == STORE_OK && record.len == strlen(now) &&
                                        memcmp(record.data, now, record.len) == 0);
    return status == STORE_MISSING ? STORE_OK : status;
}

static result_t *check_made_as_before(rps_t *rps, apr_pool_t *p)
{
    bool same;
    store_status_t status = made_as_before(rps, &same, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (same)
        return NULL;
    if (!__atomic_exchange_n(&rps->told_split, true, __ATOMIC_RELAXED))
        log_error(rps->log, "MPIN0529",
                  "the PINs of this store were made with another MPinSecondDTA, or without: nobody "
                  "signs in by PIN until the line is as it was");
    return split_refusal(DTA_CHANGED, p);
}

static result_t *note_made_of(rps_t *rps, apr_pool_t *p)
{
    const char *now = dta_made_of(rps->dta);
    if (__atomic_load_n(&rps->noted_split, __ATOMIC_RELAXED))
        return NULL;
    store_status_t status = store_add(rps->store, STORE_LASTING, MADE_OF, now, strlen(now), 0);
    if (status != STORE_OK && status != STORE_EXISTS)
        return store_refusal(status, p);
    result_t *refusal = check_made_as_before(rps, p);
    if (!refusal)
        __atomic_store_n(&rps->noted_split, true, __ATOMIC_RELAXED);
    return refusal;
}

/* ---- may something be judged, or issued? ----------------------------------------------------- */

static result_t *make_verifier(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    unsigned char secret[MPIN_G2_BYTES];
    dta_status_t status = dta_server_secret(rps->dta, caller->now, secret, p);
    log_debug(caller->log, "MPIN0769", "there was no verifier yet: %s",
              status == DTA_OK ? "it is made of all D-TAs' shares"
                               : "the second D-TA's share is not here");
    if (status != DTA_OK)
        return split_refusal(status, p);
    const bool made = publish_verifier(rps->split, secret);
    hardening_tell(rps->log);
    return made ? NULL : store_refusal(STORE_DOWN, p);
}

result_t *split_ready(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    if (__atomic_load_n(&rps->server, __ATOMIC_ACQUIRE))
        return NULL;
    result_t *refusal = check_made_as_before(rps, p);
    if (!refusal && !__atomic_load_n(&rps->split->server, __ATOMIC_ACQUIRE))
        refusal = make_verifier(rps, caller, p);
    if (!refusal)
        __atomic_store_n(&rps->server, __atomic_load_n(&rps->split->server, __ATOMIC_ACQUIRE),
                         __ATOMIC_RELEASE);
    return refusal;
}

result_t *split_can_issue(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    dta_status_t status = dta_check(rps->dta, caller->now, p);
    return status == DTA_OK ? note_made_of(rps, p) : split_refusal(status, p);
}

/* ---- shares ---------------------------------------------------------------------------------- */

static const char *expected_key(const unsigned char hash[MPIN_HASH_BYTES], apr_pool_t *p)
{
    return store_key("half", hash, MPIN_HASH_BYTES, p);
}

/* Lets the second half be asked for, once and soon. */
static store_status_t expect_second(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                    apr_pool_t *p)
{
    return store_put(rps->store, STORE_COMING_IN, expected_key(id->hash, p), "", 0,
                     caller->now + apr_time_from_sec(EXPECTED_SECONDS));
}

store_status_t split_take_expected(rps_t *rps, const unsigned char hash[MPIN_HASH_BYTES],
                                   apr_pool_t *p)
{
    store_record_t record;
    return store_take(rps->store, STORE_FLEETING, expected_key(hash, p), p, &record);
}

const char *split_point(mpin_status_t status, unsigned char point[MPIN_G1_BYTES], apr_pool_t *p)
{
    const char *text = status == MPIN_ACCEPTED ? hex_encode(p, point, MPIN_G1_BYTES) : NULL;
    sodium_memzero(point, MPIN_G1_BYTES);
    return text;
}

bool split_client_secret(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                         apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    share->point = split_point(dta_client_secret(rps->dta, id->hash, point), point, p);
    share->more = dta_client_query(rps->dta, id->hash, caller->now, p);
    return share->point != NULL;
}

bool split_time_permit(rps_t *rps, const caller_t *caller, const mpin_id_t *id, share_t *share,
                       apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    const uint32_t day = rps_day(caller->now);
    share->point = split_point(dta_time_permit(rps->dta, day, id->hash, point), point, p);
    share->more = dta_permit_signature(rps->dta, id->hash, p);
    return share->point != NULL;
}

bool split_client_secret_in_two(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                share_t *share, apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    if (dta_other_url(rps->dta))
        return split_client_secret(rps, caller, id, share, p);
    if (expect_second(rps, caller, id, p) != STORE_OK)
        return false;
    share->point =
        split_point(halves_client_secret(rps->halves, HALF_FIRST, id->hash, point), point, p);
    share->more = dta_sign_client_secret(
        halves_app(rps->halves), hex_encode(p, id->hash, sizeof id->hash), 0, caller->now, p);
    return share->point != NULL;
}

bool split_time_permit_in_two(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                              share_t *share, apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    const uint32_t day = rps_day(caller->now);
    if (dta_other_url(rps->dta))
        return split_time_permit(rps, caller, id, share, p);
    share->point =
        split_point(halves_time_permit(rps->halves, HALF_FIRST, day, id->hash, point), point, p);
    share->more =
        dta_sign_time_permit(halves_app(rps->halves), hex_encode(p, id->hash, sizeof id->hash), p);
    return share->point != NULL;
}

const char *split_url(const rps_t *rps, apr_pool_t *p)
{
    const char *url = dta_other_url(rps->dta);
    return url ? url : apr_pstrcat(p, rps->settings->base_url, "/dta/", NULL);
}
