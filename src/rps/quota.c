#include "rps/quota.h"

#include <apr_strings.h>
#include "base/hex.h"
#include "people/throttle.h"

typedef struct counter_t {
    const char *key;
    int64_t limit;
} counter_t;

static store_status_t count_one(store_t *store, store_class_t in, const counter_t *counter, int n,
                                apr_time_t expires)
{
    int64_t made;
    const store_status_t status = store_count(store, in, counter->key, n, expires, &made);
    return status == STORE_OK && n > 0 && made > counter->limit ? STORE_EXISTS : status;
}

/* Widest first, so that a stranger who changes addresses makes no more counters than records. One
 * that is full gives back what was counted before it. */
static store_status_t count_in_all(store_t *store, store_class_t in, const counter_t *counters,
                                   int count, apr_time_t expires)
{
    store_status_t status = STORE_OK;
    int counted = 0;
    while (status == STORE_OK && counted < count)
        status = count_one(store, in, &counters[counted++], 1, expires);
    while (status != STORE_OK && counted > 0)
        count_one(store, in, &counters[--counted], -1, expires);
    return status;
}

/* The counter of all; those of single ones have longer keys. */
static counter_t counter_of_all(const quota_t *quota, apr_time_t now, apr_pool_t *p)
{
    return (counter_t){apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, quota->kind,
                                    (apr_int64_t)apr_time_sec(now) / quota->seconds),
                       quota->all};
}

static const char *counter_key(const counter_t *all, const char *of, const unsigned char *who,
                               apr_pool_t *p)
{
    return apr_pstrcat(p, all->key, of, hex_encode(p, who, QUOTA_WHO_BYTES), NULL);
}

store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], apr_time_t now, apr_pool_t *p)
{
    const counter_t all = counter_of_all(quota, now, p);
    const counter_t counters[] = {all, {counter_key(&all, ":", who, p), quota->each}};
    return count_in_all(store, STORE_COMING_IN, counters, 2,
                        now + apr_time_from_sec(quota->seconds));
}

store_status_t quota_take_at(store_t *store, const quota_t *quota, const char *address,
                             apr_time_t now, apr_pool_t *p)
{
    static const char *const kinds[NETWORKS] = {":", ":site:", ":provider:"};
    unsigned char network[NETWORKS][ADDRESS_BYTES];
    counter_t counters[1 + NETWORKS] = {counter_of_all(quota, now, p)};
    const int64_t half = quota->all / 2, site = QUOTA_SITE * quota->each;
    const int64_t limits[NETWORKS] = {quota->each, site < half ? site : half, half};
    int count = 1;
    for (int i = throttle_networks(address, network) - 1; i >= 0; i--)
        counters[count++] =
            (counter_t){counter_key(&counters[0], kinds[i], network[i], p), limits[i]};
    return count_in_all(store, STORE_FLEETING, counters, count,
                        now + apr_time_from_sec(quota->seconds));
}
