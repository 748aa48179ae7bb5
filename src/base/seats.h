/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_SEATS_H
#define MPIN_BASE_SEATS_H

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

/* At most so many of a server's workers wait for somebody else at a time, over all its processes
 * (docs/security.md, "Store flooding"). A seat is taken for a while and comes free by itself after
 * it: a child that is killed keeps none. */
typedef struct seats_t seats_t;

typedef struct seat_t {
    int number;
    uint64_t until; /* ms of the clock that nobody sets; it tells this taker from the next */
} seat_t;

/* Before the processes fork; they share it. NULL when memory is out. */
seats_t *seats_make(int count, apr_pool_t *p);

/* A seat for at most `ms`. False: all are taken. Never waits. */
bool seats_take(seats_t *seats, int ms, seat_t *seat);

/* The same for one among several who share the seats: no more than `most` at a time are taken under
 * one name. */
bool seats_take_as(seats_t *seats, const char *name, int most, int ms, seat_t *seat);

/* So many for one name that there are some left for the others: three quarters. */
int seats_share(const seats_t *seats);

/* How many are taken now, and how many there are. */
int seats_taken(const seats_t *seats);
int seats_all(const seats_t *seats);

void seats_give(seats_t *seats, const seat_t *seat);

#endif
