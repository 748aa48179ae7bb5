#ifndef MPIN_PEOPLE_THROTTLE_H
#define MPIN_PEOPLE_THROTTLE_H

#include "store/store.h"

/* Buckets that failures, registrations, mails and SMS fill; polls, pages and successes do not.
 * Fixed windows in the fleeting store. An address is an IPv4 address or an IPv6 /64, with a 16
 * times larger bucket for its /48; what is no address shares one bucket. A browser that has signed
 * in as this user before has a bucket of its own and only that (the account's size, or the
 * address's where there is no account): neither strangers who try this name nor strangers at this
 * address can block it. */
typedef struct throttle_rule_t {
    int count; /* so many in a window pass, the next one waits */
    apr_interval_time_t window;
} throttle_rule_t;

typedef struct throttle_t {
    store_t *store;
    throttle_rule_t address;
    throttle_rule_t account;
} throttle_t;

/* The answer of a store that cannot count: 503, as for every use of it. Nobody guesses uncounted.
 */
#define THROTTLE_DOWN (-1)

/* One number for an address as the buckets know it: all of an IPv6 /64 has the same. */
#define ADDRESS_BYTES 16
void throttle_address(const char *text, unsigned char number[ADDRESS_BYTES]);

/* True where two addresses lie in one IPv4 /24 or IPv6 /64: at one place, as far as addresses tell.
 */
bool throttle_same_network(const char *one, const char *other);

/* Seconds to wait, 0 = go on, or THROTTLE_DOWN. `account` is a canonical name, or NULL where what
 * is tried has a counter of its own; `known` is what known_for (session/known.h) gives for this
 * user's name, or NULL. */
int throttle_wait(const throttle_t *throttle, const char *address, const char *account,
                  const unsigned char *known, apr_time_t now, apr_pool_t *p);

/* Reserves one failure beforehand, so that guesses in parallel cannot outrun the limit: 0 = go on
 * (and give it back with throttle_release after a success), else as throttle_wait, and nothing is
 * reserved. */
int throttle_reserve(const throttle_t *throttle, const char *address, const char *account,
                     const unsigned char *known, apr_time_t now, apr_pool_t *p);

/* Takes the arguments that were given to throttle_reserve, `now` included: it names the window. */
void throttle_release(const throttle_t *throttle, const char *address, const char *account,
                      const unsigned char *known, apr_time_t now, apr_pool_t *p);

#endif
