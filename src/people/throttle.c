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

typedef struct bucket_t {
    const char *key;
    int64_t limit;
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

void throttle_address(const char *text, unsigned char number[ADDRESS_BYTES])
{
    const address_t address = address_read(text);
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, address.bytes, address.len < 16 ? address.len : 8);
    memcpy(number, hash, 16);
}

bool throttle_same_network(const char *one, const char *other)
{
    const address_t a = address_read(one), b = address_read(other);
    return a.len && a.len == b.len && memcmp(a.bytes, b.bytes, a.len == 4 ? 3 : 8) == 0;
}

/* Adds the bucket of `bytes` in the window that `now` is in. */
static void bucket_add(buckets_t *buckets, const char *kind, const void *bytes, apr_size_t len,
                       const throttle_rule_t *rule, int factor, apr_time_t now, apr_pool_t *p)
{
    const apr_interval_time_t window =
        rule->window < APR_USEC_PER_SEC ? APR_USEC_PER_SEC : rule->window;
    const apr_interval_time_t left = window - now % window;
    const apr_time_t seconds = (left - 1) / APR_USEC_PER_SEC + 1;
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, bytes, len);
    buckets->bucket[buckets->count++] = (bucket_t){
        .key = apr_psprintf(p, "throttle:%s:%s:%" APR_TIME_T_FMT, kind,
                            hex_encode(p, hash, HASH_BYTES), now / window),
        .limit = (int64_t)rule->count * factor,
        .ends = left > INT64_MAX - LATE - now ? INT64_MAX : now + left + LATE,
        .wait = seconds > INT_MAX ? INT_MAX : (int)seconds,
    };
}

static void add_address(buckets_t *buckets, const throttle_t *throttle, const char *text,
                        apr_time_t now, apr_pool_t *p)
{
    const address_t address = address_read(text);
    if (address.len < 16) {
        bucket_add(buckets, "ipv4", address.bytes, address.len, &throttle->address, 1, now, p);
        return;
    }
    bucket_add(buckets, "ipv6-64", address.bytes, 8, &throttle->address, 1, now, p);
    bucket_add(buckets, "ipv6-48", address.bytes, 6, &throttle->address, SITE_FACTOR, now, p);
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
                   account ? &throttle->account : &throttle->address, 1, caller->now, p);
        return buckets;
    }
    add_address(&buckets, throttle, caller->address, caller->now, p);
    if (account)
        bucket_add(&buckets, "account", account, strlen(account), &throttle->account, 1,
                   caller->now, p);
    return buckets;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Adds `n` to a bucket. */
static store_status_t charge(const throttle_t *throttle, const bucket_t *bucket, int n,
                             int64_t *total)
{
    return store_count(throttle->store, STORE_FLEETING, bucket->key, n, bucket->ends, total);
}

static void give_back(const throttle_t *throttle, const buckets_t *buckets, int count)
{
    int64_t total;
    for (int i = 0; i < count; i++)
        charge(throttle, &buckets->bucket[i], -1, &total);
}

store_status_t throttle_wait(const throttle_t *throttle, const caller_t *caller,
                             const char *account, const char *known_as, int *wait, apr_pool_t *p)
{
    const buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    *wait = 0;
    for (int i = 0; i < buckets.count; i++) {
        const bucket_t *bucket = &buckets.bucket[i];
        int64_t total;
        const store_status_t status = charge(throttle, bucket, 0, &total);
        if (status != STORE_OK)
            return status;
        if (total >= bucket->limit && bucket->wait > *wait)
            *wait = bucket->wait;
    }
    return STORE_OK;
}

store_status_t throttle_reserve(const throttle_t *throttle, const caller_t *caller,
                                const char *account, const char *known_as, int *wait, apr_pool_t *p)
{
    const buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    *wait = 0;
    for (int i = 0; i < buckets.count && !*wait; i++) {
        const bucket_t *bucket = &buckets.bucket[i];
        int64_t total;
        const store_status_t status = charge(throttle, bucket, 1, &total);
        if (status != STORE_OK) {
            give_back(throttle, &buckets, i);
            return status;
        }
        if (total > bucket->limit) {
            give_back(throttle, &buckets, i + 1);
            *wait = bucket->wait;
        }
    }
    return STORE_OK;
}

void throttle_release(const throttle_t *throttle, const caller_t *caller, const char *account,
                      const char *known_as, apr_pool_t *p)
{
    const buckets_t buckets = buckets_of(throttle, caller, account, known_as, p);
    give_back(throttle, &buckets, buckets.count);
}
