/* SPDX-License-Identifier: Apache-2.0 */
#include "base/seats.h"

#include <sys/mman.h>
#include <time.h>

struct seats_t {
    int count;
    uint64_t *taken; /* [count], shared: until when, 0 = free */
};

static uint64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static apr_status_t seats_free(void *data)
{
    seats_t *seats = data;
    munmap(seats->taken, (size_t)seats->count * sizeof *seats->taken);
    return APR_SUCCESS;
}

seats_t *seats_make(int count, apr_pool_t *p)
{
    seats_t *seats = apr_palloc(p, sizeof *seats);
    seats->count = count > 0 ? count : 1;
    void *memory = mmap(NULL, (size_t)seats->count * sizeof *seats->taken, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    seats->taken = memory;
    apr_pool_cleanup_register(p, seats, seats_free, apr_pool_cleanup_null);
    return seats;
}

bool seats_take(seats_t *seats, int ms, seat_t *seat)
{
    const uint64_t now = steady_ms();
    for (int i = 0; i < seats->count; i++) {
        uint64_t seen = __atomic_load_n(&seats->taken[i], __ATOMIC_RELAXED);
        *seat = (seat_t){i, now + (uint64_t)ms};
        if (seat->until == seen)
            seat->until++; /* never what the last taker has */
        if (seen <= now && __atomic_compare_exchange_n(&seats->taken[i], &seen, seat->until, false,
                                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

/* A taker who has sat too long finds that the seat is somebody else's, and leaves it alone. */
void seats_give(seats_t *seats, const seat_t *seat)
{
    uint64_t mine = seat->until;
    __atomic_compare_exchange_n(&seats->taken[seat->number], &mine, 0, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_RELAXED);
}
