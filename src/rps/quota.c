/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/quota.h"

#include <apr_strings.h>
#include "base/hex.h"

static store_status_t too_many(const quota_t *quota, const caller_t *caller, const char *whose,
                               int64_t made, int64_t most)
{
    log_debug(caller->log, "MPIN0757",
              "too many %s records of %s in %d s: this would be %" APR_INT64_T_FMT
              " of %" APR_INT64_T_FMT,
              quota->kind, whose, quota->seconds, made, most);
    return STORE_FULL;
}

/* "All" comes first, so that a stranger who changes addresses makes no more counters than
 * records. */
store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], const caller_t *caller,
                          apr_pool_t *p)
{
    apr_int64_t window = apr_time_sec(caller->now) / quota->seconds;
    apr_time_t expires = caller->now + apr_time_from_sec(quota->seconds);
    int64_t made;

    const char *key = apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, quota->kind, window);
    store_status_t status = store_count(store, STORE_FLEETING, key, 1, expires, &made);
    if (status == STORE_OK && made > quota->all)
        return too_many(quota, caller, "all", made, quota->all);
    if (status != STORE_OK)
        return status;

    key = apr_pstrcat(p, key, ":", hex_encode(p, who, QUOTA_WHO_BYTES), NULL);
    status = store_count(store, STORE_FLEETING, key, 1, expires, &made);
    return status == STORE_OK && made > quota->each
               ? too_many(quota, caller, "one", made, quota->each)
               : status;
}
