/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/quota.h"

#include <apr_strings.h>
#include "base/hex.h"
#include "people/throttle.h"

/* One way to count what is made. */
typedef struct counter_t {
    const char *key, *whose;
    int64_t limit;
    int seconds;
} counter_t;

/* What it takes to count, whoever makes it. */
typedef struct counting_t {
    store_t *store;
    store_class_t in;
    const quota_t *quota;
    const caller_t *caller;
    int *wait;
} counting_t;

static store_status_t count_one(const counting_t *counting, const counter_t *counter, int n)
{
    const apr_time_t now = counting->caller->now;
    int64_t made;
    const store_status_t status = store_count(counting->store, counting->in, counter->key, n,
                                              now + apr_time_from_sec(counter->seconds), &made);
    if (status != STORE_OK || n < 0 || made <= counter->limit)
        return status;
    if (counting->wait)
        *counting->wait = counter->seconds - (int)(apr_time_sec(now) % counter->seconds);
    log_debug(counting->caller->log, "MPIN0757",
              "too many %s records of %s in %d s: this would be %" APR_INT64_T_FMT
              " of %" APR_INT64_T_FMT,
              counting->quota->kind, counter->whose, counter->seconds, made, counter->limit);
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

/* "made:KIND:WINDOW", the counter of all; those of single ones have longer keys. */
static const char *counter_key(const quota_t *quota, int seconds, apr_time_t now, apr_pool_t *p)
{
    return apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, quota->kind,
                        (apr_int64_t)apr_time_sec(now) / seconds);
}

static counter_t counter_of_all(const quota_t *quota, apr_time_t now, apr_pool_t *p)
{
    return (counter_t){counter_key(quota, quota->seconds, now, p), "all", quota->all,
                       quota->seconds};
}

static counter_t counter_of(const quota_t *quota, const char *of, const unsigned char *who,
                            apr_time_t now, apr_pool_t *p)
{
    const int seconds = quota->each_seconds ? quota->each_seconds : quota->seconds;
    return (counter_t){apr_pstrcat(p, counter_key(quota, seconds, now, p), of,
                                   hex_encode(p, who, QUOTA_WHO_BYTES), NULL),
                       "one", quota->each, seconds};
}

store_status_t quota_take(store_t *store, const quota_t *quota,
                          const unsigned char who[QUOTA_WHO_BYTES], const caller_t *caller,
                          int *wait, apr_pool_t *p)
{
    const counting_t counting = {store, STORE_COMING_IN, quota, caller, wait};
    const counter_t counters[] = {counter_of_all(quota, caller->now, p),
                                  counter_of(quota, ":", who, caller->now, p)};
    return count_in_all(&counting, counters, 2);
}

/* What an address may make in the window of all: its site may make so many times that. */
static int64_t in_whole_window(const quota_t *quota)
{
    return quota->each_seconds ? quota->each * quota->seconds / quota->each_seconds : quota->each;
}

static counter_t counter_of_network(const quota_t *quota, int width, const unsigned char *network,
                                    apr_time_t now, apr_pool_t *p)
{
    static const char *const kinds[NETWORKS] = {":", ":site:", ":provider:"};
    static const char *const whose[NETWORKS] = {"one", "a /48", "a /32"};
    const int64_t half = quota->all / 2, site = QUOTA_SITE * in_whole_window(quota);
    quota_t wider = *quota;
    if (width > 0) {
        wider.each = width == 1 && site < half ? site : half;
        wider.each_seconds = 0;
    }
    counter_t counter = counter_of(&wider, kinds[width], network, now, p);
    counter.whose = whose[width];
    return counter;
}

store_status_t quota_take_at(store_t *store, const quota_t *quota, const caller_t *caller,
                             int *wait, apr_pool_t *p)
{
    const counting_t counting = {store, STORE_FLEETING, quota, caller, wait};
    unsigned char network[NETWORKS][ADDRESS_BYTES];
    counter_t counters[1 + NETWORKS] = {counter_of_all(quota, caller->now, p)};
    int count = 1;
    for (int i = throttle_networks(caller->address, network) - 1; i >= 0; i--)
        counters[count++] = counter_of_network(quota, i, network[i], caller->now, p);
    return count_in_all(&counting, counters, count);
}
