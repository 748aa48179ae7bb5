#ifndef MPIN_PEOPLE_THROTTLE_H
#define MPIN_PEOPLE_THROTTLE_H

#include "store/store.h"

/* Buckets that failures, registrations, mails and SMS fill; polls, pages and successes do not. Fixed windows
 * in the fleeting store. An address is an IPv4 address or an IPv6 /64, with a 16 times larger bucket for its
 * /48. A browser that has signed in as a user before has a bucket of its own for that user, so that strangers
 * cannot block it. */
typedef struct throttle_rule_t {
    int count;
    apr_interval_time_t window;
} throttle_rule_t;

typedef struct throttle_t {
    store_t *store;
    throttle_rule_t address;
    throttle_rule_t account;
} throttle_t;

/* Seconds to wait, 0 = go on. `account` is a canonical name or NULL; `known` is the known browser's id (16
 * bytes) or NULL. A store that is down throttles nobody by itself: what follows asks it anyway. */
int throttle_wait(const throttle_t *throttle, const char *address, const char *account, const unsigned char *known,
                  apr_time_t now, apr_pool_t *p);

/* Reserves one failure beforehand, so that guesses in parallel cannot outrun the limit: 0 = go on (and give it
 * back with throttle_release after a success), else seconds to wait and nothing is reserved. */
int throttle_reserve(const throttle_t *throttle, const char *address, const char *account,
                     const unsigned char *known, apr_time_t now, apr_pool_t *p);
void throttle_release(const throttle_t *throttle, const char *address, const char *account,
                      const unsigned char *known, apr_time_t now, apr_pool_t *p);

#endif
