/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slots.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

struct slots_t {
    int count;
    unsigned turn;         /* of this process: where the next one looks first; atomic */
    pthread_mutex_t *lock; /* [count], shared and robust */
};

static apr_status_t slots_free(void *data)
{
    slots_t *slots = data;
    munmap(slots->lock, (size_t)slots->count * sizeof *slots->lock);
    return APR_SUCCESS;
}

slots_t *slots_make(int count, apr_pool_t *p)
{
    pthread_mutexattr_t shared;
    slots_t *slots = apr_pcalloc(p, sizeof *slots);
    slots->count = count > 0 ? count : 1;
    void *memory = mmap(NULL, (size_t)slots->count * sizeof *slots->lock, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    slots->lock = memory;
    apr_pool_cleanup_register(p, slots, slots_free, apr_pool_cleanup_null);
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    for (int i = 0; i < slots->count; i++)
        pthread_mutex_init(&slots->lock[i], &shared);
    pthread_mutexattr_destroy(&shared);
    return slots;
}

/* Nothing is left half-done by one that was killed: there is nothing behind the lock. */
static bool slot_is_ours(pthread_mutex_t *lock, int error)
{
    if (error == EOWNERDEAD)
        error = pthread_mutex_consistent(lock);
    return error == 0;
}

int slots_take(slots_t *slots)
{
    const int first =
        (int)(__atomic_fetch_add(&slots->turn, 1, __ATOMIC_RELAXED) % (unsigned)slots->count);
    for (int i = 0; i < slots->count; i++) {
        const int number = (first + i) % slots->count;
        pthread_mutex_t *lock = &slots->lock[number];
        if (slot_is_ours(lock, pthread_mutex_trylock(lock)))
            return number;
    }
    pthread_mutex_t *lock = &slots->lock[first];
    slot_is_ours(lock, pthread_mutex_lock(lock));
    return first;
}

void slots_give(slots_t *slots, int number)
{
    pthread_mutex_unlock(&slots->lock[number]);
}

int slots_all(const slots_t *slots)
{
    return slots->count;
}
