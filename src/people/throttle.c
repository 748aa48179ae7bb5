/* SPDX-License-Identifier: Apache-2.0 */
#include "people/throttle.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/name.h"

#define SITE_FACTOR 16 /* a /48 has room for so many full /64s */
#define HASH_BYTES 16
#define BUCKETS_MAX 3
#define LATE apr_time_from_sec(60) /* who began in a window may count after its end */

/* Where strangers fill the store there is no room for a counter of each: then those that have none
 * share the slots of each kind, in which there is always room. */
typedef struct bucket_t {
    const char *kind, *key, *slot; /* slot NULL: it has room of its own */
    int64_t limit, slot_limit;
    int64_t total, most; /* as it was counted last, and the limit that it is held against */
    apr_interval_time_t window;
    apr_time_t ends;
    int wait;
} bucket_t;

typedef struct buckets_t {
    bucket_t bucket[BUCKETS_MAX];
    int count;
} buckets_t;

/* ---- which buckets --------------------------------------------------------------------------- */

typedef struct address_t {
    unsigned char bytes[16];
    apr_size_t len; /* 4, 16, or 0 where it is no address */
} address_t;

static address_t address_read(const char *text)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    address_t address = {.len = 0};
    char bare[INET6_ADDRSTRLEN];
    apr_size_t len = text ? strcspn(text, "%") : 0; /* fe80::1%eth0 */

    if (len == 0 || len >= sizeof(bare))
        return address;
    apr_cpystrn(bare, text, len + 1);
    if (inet_pton(AF_INET, bare, address.bytes) == 1) {
        address.len = 4;
    } else if (inet_pton(AF_INET6, bare, address.bytes) == 1) {
        address.len = 16;
        if (memcmp(address.bytes, mapped, sizeof(mapped)) == 0) {
            memmove(address.bytes, address.bytes + sizeof(mapped), 4);
            address.len = 4;
        }
    }
    return address;
}

static void number_of_bytes(const unsigned char *bytes, apr_size_t len,
                            unsigned char number[ADDRESS_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, len);
    memcpy(number, hash, ADDRESS_BYTES);
}

void throttle_address(const char *text, unsigned char number[ADDRESS_BYTES])
{
    const address_t address = address_read(text);
    number_of_bytes(address.bytes, address.len < 16 ? address.len : 8, number);
}

int throttle_networks(const char *text, unsigned char number[NETWORKS][ADDRESS_BYTES])
{
    static const apr_size_t bytes[NETWORKS] = {8, 6, 4};
    const address_t address = address_read(text);
    if (address.len < 16) {
        number_of_bytes(address.bytes, address.len, number[0]);
        return 1;
    }
    for (int i = 0; i < NETWORKS; i++)
        number_of_bytes(address.bytes, bytes[i], number[i]);
    return NETWORKS;
}

bool throttle_same_network(const char *one, const char *other)
{
    const address_t a = address_read(one), b = address_read(other);
    return a.len && a.len == b.len && memcmp(a.bytes, b.bytes, a.len == 4 ? 3 : 8) == 0;
}

/* Adds the bucket of `bytes` in the window that `now` is in. */
static bucket_t *bucket_add(buckets_t *buckets, const char *kind, const void *bytes, apr_size_t len,
                            const throttle_rule_t *rule, int factor, apr_time_t now, apr_pool_t *p)
{
    const apr_interval_time_t window =
        rule->window < APR_USEC_PER_SEC ? APR_USEC_PER_SEC : rule->window;
    const apr_interval_time_t left = window - now % window;
    const apr_time_t seconds = (left - 1) / APR_USEC_PER_SEC + 1;
    unsigned char hash[crypto_hash_sha256_BYTES];
    bucket_t *bucket = &buckets->bucket[buckets->count++];

    crypto_hash_sha256(hash, bytes, len);
    *bucket = (bucket_t){
        .kind = kind,
        .key = apr_psprintf(p, "throttle:%s:%s:%" APR_TIME_T_FMT, kind,
                            hex_encode(p, hash, HASH_BYTES), now / window),
        .slot = apr_psprintf(p, "throttle:%s:slot%d:%" APR_TIME_T_FMT, kind,
                             (hash[0] << 8 | hash[1]) % THROTTLE_SLOTS, now / window),
        .limit = (int64_t)rule->count * factor,
        .slot_limit = (int64_t)rule->count * factor,
        .window = window,
        .ends = left > INT64_MAX - LATE - now ? INT64_MAX : now + left + LATE,
        .wait = seconds > INT_MAX ? INT_MAX : (int)seconds,
    };
    return bucket;
}

/* Addresses that share a slot have more together than one has: it is the account's limit that holds
 * guesses back. */
static void add_network(buckets_t *buckets, const char *kind, const address_t *address,
                        apr_size_t len, const throttle_rule_t *rule, int factor, apr_time_t now,
                        apr_pool_t *p)
{
    bucket_t *bucket = bucket_add(buckets, kind, address->bytes, len, rule, factor, now, p);
    bucket->slot_limit *= SITE_FACTOR;
}

/* The wider one first: who changes addresses in it leaves no more counters than it lets pass. */
static void add_address(buckets_t *buckets, const throttle_t *throttle, const char *text,
                        apr_time_t now, apr_pool_t *p)
{
    const address_t address = address_read(text);
    if (address.len < 16) {
        add_network(buckets, "ipv4", &address, address.len, &throttle->address, 1, now, p);
        return;
    }
    add_network(buckets, "ipv6-48", &address, 6, &throttle->address, SITE_FACTOR, now, p);
    add_network(buckets, "ipv6-64", &address, 8, &throttle->address, 1, now, p);
}

/* The browser's id, where it is known as that user. */
static const unsigned char *known_browser(const caller_t *caller, const char *known_as)
{
    if (!caller->known || !known_as)
        return NULL;
    return strcmp(known_as, THROTTLE_ANYBODY) == 0 ? caller->known->id
                                                   : known_for(caller->known, known_as);
}

static buckets_t buckets_of(const throttle_t *throttle, const caller_t *caller, const char *account,
                            const char *known_as, apr_pool_t *p)
{
    const unsigned char *known = known_browser(caller, known_as);
    buckets_t buckets = {.count = 0};
    if (account) /* a provider may take "Anna" and "anna" for one, and so must a limit */
        account = name_folded(account, p);
    if (known) {
        const char *both =
            apr_pstrcat(p, hex_encode(p, known, KNOWN_ID_BYTES), account ? account : "", NULL);
        bucket_add(&buckets, "known", both, strlen(both),
                   account ? &throttle->account : &throttle->address, 1, caller->now, p)
            ->slot = NULL;
        return buckets;
    }
    add_address(&buckets, throttle, caller->address, caller->now, p);
    if (account)
        bucket_add(&buckets, "account", account, strlen(account), &throttle->account, 1,
                   caller->now, p);
    return buckets;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* "ipv4 3 of 30 in 60 s" */
static const char *bucket_text(const bucket_t *bucket, apr_pool_t *p)
{
    return apr_psprintf(p,
                        "%s %" APR_INT64_T_FMT " of %" APR_INT64_T_FMT " in %" APR_TIME_T_FMT " s",
                        bucket->kind, bucket->total, bucket->most, apr_time_sec(bucket->window));
}

static const char *buckets_text(const buckets_t *buckets, apr_pool_t *p)
{
    const char *text = bucket_text(&buckets->bucket[0], p);
    for (int i = 1; i < buckets->count; i++)
        text = apr_pstrcat(p, text, ", ", bucket_text(&buckets->bucket[i], p), NULL);
    return text;
}

static void say_wait(const caller_t *caller, const bucket_t *full, apr_pool_t *p)
{
    log_debug(caller->log, "MPIN0740", "a try has to wait %d s, as this bucket is full: %s",
              full->wait, bucket_text(full, p));
}

/* Adds `n` to the bucket. Strangers have slots where there is no room; known browsers and slots
 * always have some. */
static store_status_t count_own(const throttle_t *throttle, bucket_t *bucket, int n)
{
    bucket->most = bucket->limit;
    return store_count(throttle->store, bucket->slot ? STORE_FLEETING : STORE_COMING_IN,
                       bucket->key, n, bucket->ends, &bucket->total);
}

static store_status_t count_in_slot(const throttle_t *throttle, bucket_t *bucket, int n)
{
    bucket->most = bucket->slot_limit;
    return store_count(throttle->store, STORE_COMING_IN, bucket->slot, n, bucket->ends,
                       &bucket->total);
}

static store_status_t bucket_charge(const throttle_t *throttle, bucket_t *bucket)
{
    const store_status_t status = count_own(throttle, bucket, 1);
    return status == STORE_FULL && bucket->slot ? count_in_slot(throttle, bucket, 1) : status;
}

static store_status_t bucket_look(const throttle_t *throttle, bucket_t *bucket)
{
    const store_status_t status = count_own(throttle, bucket, 0);
    return status == STORE_OK && bucket->slot && bucket->total == 0
               ? count_in_slot(throttle, bucket, 0)
               : status;
}

/* One that was not counted under its own key was counted in its slot. */
static void bucket_give_back(const throttle_t *throttle, bucket_t *bucket)
{
    if (bucket->slot && count_own(throttle, bucket, 0) == STORE_OK && bucket->total == 0)
        count_in_slot(throttle, bucket, -1);
    else
        count_own(throttle, bucket, -1);
}

static void give_back(const throttle_t *throttle, buckets_t *buckets, int count)
{
    for (int i = 0; i < count; i++)
        bucket_give_back(throttle, &buckets->bucket[i]);
}

store_status_t throttle_wait(const throttle_t *throttle, const caller_t *caller,
                             const char *account, const char *known_as, int *wait, apr_pool_t *p)
{
    buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    *wait = 0;
    for (int i = 0; i < buckets.count; i++) {
        bucket_t *bucket = &buckets.bucket[i];
        const store_status_t status = bucket_look(throttle, bucket);
        if (status != STORE_OK)
            return status;
        if (bucket->total < bucket->most)
            continue;
        say_wait(caller, bucket, p);
        if (bucket->wait > *wait)
            *wait = bucket->wait;
    }
    return STORE_OK;
}

store_status_t throttle_reserve(const throttle_t *throttle, const caller_t *caller,
                                const char *account, const char *known_as, int *wait, apr_pool_t *p)
{
    buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    *wait = 0;
    for (int i = 0; i < buckets.count; i++) {
        bucket_t *bucket = &buckets.bucket[i];
        const store_status_t status = bucket_charge(throttle, bucket);
        if (status != STORE_OK) {
            give_back(throttle, &buckets, i);
            return status;
        }
        if (bucket->total > bucket->most) {
            *wait = bucket->wait;
            bucket->total = bucket->most; /* this try goes back */
            say_wait(caller, bucket, p);
            give_back(throttle, &buckets, i + 1);
            return STORE_OK;
        }
    }
    log_debug(caller->log, "MPIN0741", "a try counts as a failure until it is none: %s",
              buckets_text(&buckets, p));
    return STORE_OK;
}

void throttle_release(const throttle_t *throttle, const caller_t *caller, const char *account,
                      const char *known_as, apr_pool_t *p)
{
    buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    give_back(throttle, &buckets, buckets.count);
    log_debug(caller->log, "MPIN0742", "the try was no failure, and no longer counts: %s",
              buckets_text(&buckets, p));
}
