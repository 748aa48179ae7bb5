#include "rps/quota.h"

#include <apr_strings.h>
#include "base/hex.h"

/* "All" comes first, so that a stranger who changes addresses makes no more counters than
 * records. */
store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], apr_time_t now, apr_pool_t *p)
{
    apr_int64_t window = apr_time_sec(now) / quota->seconds;
    apr_time_t expires = now + apr_time_from_sec(quota->seconds);
    int64_t made;

    const char *key = apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, quota->kind, window);
    store_status_t status = store_count(store, STORE_FLEETING, key, 1, expires, &made);
    if (status != STORE_OK || made > quota->all)
        return status == STORE_OK ? STORE_FULL : status;

    key = apr_pstrcat(p, key, ":", hex_encode(p, who, QUOTA_WHO_BYTES), NULL);
    status = store_count(store, STORE_FLEETING, key, 1, expires, &made);
    return status == STORE_OK && made > quota->each ? STORE_FULL : status;
}
