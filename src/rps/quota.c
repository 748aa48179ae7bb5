/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/quota.h"

#include <apr_strings.h>
#include "base/hex.h"
#include "people/throttle.h"

/* One way to count what is made. */
typedef struct counter_t {
    const char *key, *whose;
    int64_t limit;
} counter_t;

/* What it takes to count, whoever makes it. */
typedef struct counting_t {
    store_t *store;
    store_class_t in;
    const quota_t *quota;
    const caller_t *caller;
} counting_t;

static store_status_t count_one(const counting_t *counting, const counter_t *counter, int n)
{
    const quota_t *quota = counting->quota;
    int64_t made;
    const store_status_t status =
        store_count(counting->store, counting->in, counter->key, n,
                    counting->caller->now + apr_time_from_sec(quota->seconds), &made);
    if (status != STORE_OK || n < 0 || made <= counter->limit)
        return status;
    log_debug(counting->caller->log, "MPIN0757",
              "too many %s records of %s in %d s: this would be %" APR_INT64_T_FMT
              " of %" APR_INT64_T_FMT,
              quota->kind, counter->whose, quota->seconds, made, counter->limit);
    return STORE_EXISTS;
}

/* Widest first, so that a stranger who changes addresses makes no more counters than records. One
 * that is full gives back what was counted before it. */
static store_status_t count_in_all(const counting_t *counting, const counter_t *counters, int count)
{
    store_status_t status = STORE_OK;
    int counted = 0;
    while (status == STORE_OK && counted < count)
        status = count_one(counting, &counters[counted++], 1);
    while (status != STORE_OK && counted > 0)
        count_one(counting, &counters[--counted], -1);
    return status;
}

/* The counter of all; those of single ones have longer keys. */
static counter_t counter_of_all(const quota_t *quota, apr_time_t now, apr_pool_t *p)
{
    return (counter_t){apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, quota->kind,
                                    (apr_int64_t)apr_time_sec(now) / quota->seconds),
                       "all", quota->all};
}

static const char *counter_key(const counter_t *all, const char *of, const unsigned char *who,
                               apr_pool_t *p)
{
    return apr_pstrcat(p, all->key, of, hex_encode(p, who, QUOTA_WHO_BYTES), NULL);
}

store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], const caller_t *caller,
                          apr_pool_t *p)
{
    const counting_t counting = {store, STORE_COMING_IN, quota, caller};
    const counter_t all = counter_of_all(quota, caller->now, p);
    const counter_t counters[] = {all, {counter_key(&all, ":", who, p), "one", quota->each}};
    return count_in_all(&counting, counters, 2);
}

store_status_t quota_take_at(store_t *store, const quota_t *quota, const caller_t *caller,
                             apr_pool_t *p)
{
    static const char *const kinds[NETWORKS] = {":", ":site:", ":provider:"};
    static const char *const whose[NETWORKS] = {"one", "a /48", "a /32"};
    const counting_t counting = {store, STORE_FLEETING, quota, caller};
    unsigned char network[NETWORKS][ADDRESS_BYTES];
    counter_t counters[1 + NETWORKS] = {counter_of_all(quota, caller->now, p)};
    const int64_t half = quota->all / 2, site = QUOTA_SITE * quota->each;
    const int64_t limits[NETWORKS] = {quota->each, site < half ? site : half, half};
    int count = 1;
    for (int i = throttle_networks(caller->address, network) - 1; i >= 0; i--)
        counters[count++] =
            (counter_t){counter_key(&counters[0], kinds[i], network[i], p), whose[i], limits[i]};
    return count_in_all(&counting, counters, count);
}
