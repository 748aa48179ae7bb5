/* SPDX-License-Identifier: Apache-2.0 */
#include "base/seats.h"

#include <sys/mman.h>
#include <time.h>

struct seats_t {
    int count;
    uint64_t *taken; /* [count], shared: until when, 0 = free */
    uint64_t *owner; /* [count], shared: the hash of a name; it counts while the seat is taken */
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
    munmap(seats->taken, 2 * (size_t)seats->count * sizeof *seats->taken);
    return APR_SUCCESS;
}

seats_t *seats_make(int count, apr_pool_t *p)
{
    seats_t *seats = apr_palloc(p, sizeof *seats);
    seats->count = count > 0 ? count : 1;
    void *memory = mmap(NULL, 2 * (size_t)seats->count * sizeof *seats->taken,
                        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    seats->taken = memory;
    seats->owner = seats->taken + seats->count;
    apr_pool_cleanup_register(p, seats, seats_free, apr_pool_cleanup_null);
    return seats;
}

static bool take_under(seats_t *seats, uint64_t owner, int ms, seat_t *seat)
{
    const uint64_t now = steady_ms();
    for (int i = 0; i < seats->count; i++) {
        uint64_t seen = __atomic_load_n(&seats->taken[i], __ATOMIC_RELAXED);
        *seat = (seat_t){i, now + (uint64_t)ms};
        if (seat->until == seen)
            seat->until++; /* never what the last taker has */
        if (seen <= now && __atomic_compare_exchange_n(&seats->taken[i], &seen, seat->until, false,
                                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            __atomic_store_n(&seats->owner[i], owner, __ATOMIC_SEQ_CST);
            return true;
        }
    }
    return false;
}

bool seats_take(seats_t *seats, int ms, seat_t *seat)
{
    return take_under(seats, 0, ms, seat);
}

/* FNV-1a; names that share a number share seats, and nothing else follows. */
static uint64_t number_of_name(const char *name)
{
    uint64_t number = 14695981039346656037u;
    for (; *name; name++)
        number = (number ^ (unsigned char)*name) * 1099511628211u;
    return number | 1;
}

static int seats_under(const seats_t *seats, uint64_t owner)
{
    const uint64_t now = steady_ms();
    int count = 0;
    for (int i = 0; i < seats->count; i++)
        count += __atomic_load_n(&seats->owner[i], __ATOMIC_SEQ_CST) == owner &&
                 __atomic_load_n(&seats->taken[i], __ATOMIC_ACQUIRE) > now;
    return count;
}

/* Counted before, and again once ours is taken: of two at once the later sees both. */
bool seats_take_as(seats_t *seats, const char *name, int most, int ms, seat_t *seat)
{
    const uint64_t owner = number_of_name(name);
    if (seats_under(seats, owner) >= most || !take_under(seats, owner, ms, seat))
        return false;
    if (seats_under(seats, owner) <= most)
        return true;
    seats_give(seats, seat);
    return false;
}

int seats_share(const seats_t *seats)
{
    const int left = seats->count / 4;
    return seats->count == 1 ? 1 : seats->count - (left ? left : 1);
}

/* A taker who has sat too long finds that the seat is somebody else's, and leaves it alone. */
void seats_give(seats_t *seats, const seat_t *seat)
{
    uint64_t mine = seat->until;
    __atomic_compare_exchange_n(&seats->taken[seat->number], &mine, 0, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_RELAXED);
}

int seats_taken(const seats_t *seats)
{
    const uint64_t now = steady_ms();
    int count = 0;
    for (int i = 0; i < seats->count; i++)
        count += __atomic_load_n(&seats->taken[i], __ATOMIC_ACQUIRE) > now;
    return count;
}

int seats_all(const seats_t *seats)
{
    return seats->count;
}
