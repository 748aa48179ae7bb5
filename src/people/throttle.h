/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_THROTTLE_H
#define MPIN_PEOPLE_THROTTLE_H

#include "session/caller.h"
#include "store/store.h"

/* Buckets that failures, registrations, mails and SMS fill; polls, pages and successes do not.
 * Fixed windows in the fleeting store. An address is an IPv4 address or an IPv6 /64, with a 16
 * times larger bucket for its /48; what is no address shares one bucket. A browser that has signed
 * in as this user before has a bucket of its own and only that (the account's size, or the
 * address's where there is no account): neither strangers who try this name nor strangers at this
 * address can block it. */
#define THROTTLE_SLOTS 512 /* of each of four kinds, where the store has no room for more buckets */
typedef struct throttle_rule_t {
    int count; /* so many in a window pass, the next one waits */
    apr_interval_time_t window;
} throttle_rule_t;

typedef struct throttle_t {
    store_t *store;
    throttle_rule_t address;
    throttle_rule_t account;
    throttle_rule_t registration; /* by address; counted by rps/quota.h */
} throttle_t;

/* One number for an address as the buckets know it: all of an IPv6 /64 has the same. */
#define ADDRESS_BYTES 16
void throttle_address(const char *text, unsigned char number[ADDRESS_BYTES]);

/* The networks that an address lies in, from narrow to wide: itself, as above, and for IPv6 the /48
 * of its site and the /32 of its provider. A stranger with any number of addresses has few of these.
 * Returns how many there are: 1 for IPv4, where every address is dear. */
#define NETWORKS 3
int throttle_networks(const char *text, unsigned char number[NETWORKS][ADDRESS_BYTES]);

/* True where two addresses lie in one IPv4 /24 or IPv6 /64: one place, as far as addresses tell. */
bool throttle_same_network(const char *one, const char *other);

/* Stands for a name (none has a space) where it is not known yet whose secret is tried: any user
 * that this browser remembers makes it a known one. */
#define THROTTLE_ANYBODY " "

/* `*wait` is how many seconds to wait, 0 = go on. `account` is a canonical name, or NULL where what
 * is tried has a counter of its own. `known_as` is the user as whose this browser may be known, or
 * NULL where a known one is counted as strangers are. Anything but STORE_OK: the store cannot count
 * (STORE_FULL, STORE_DOWN), and nobody guesses uncounted. */
store_status_t throttle_wait(const throttle_t *throttle, const caller_t *caller,
                             const char *account, const char *known_as, int *wait, apr_pool_t *p);

/* Reserves one failure beforehand, so that guesses in parallel cannot outrun the limit. Where
 * `*wait` is 0 the caller goes on, and gives it back with throttle_release after a success; else,
 * and where the store cannot count, nothing is reserved. */
store_status_t throttle_reserve(const throttle_t *throttle, const caller_t *caller,
                                const char *account, const char *known_as, int *wait,
                                apr_pool_t *p);

/* Takes the arguments that were given to throttle_reserve: the caller's `now`, which names the
 * window, included. */
void throttle_release(const throttle_t *throttle, const caller_t *caller, const char *account,
                      const char *known_as, apr_pool_t *p);

#endif
