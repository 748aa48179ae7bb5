/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/slab.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "keys/hardening.h"
#include "keys/locked.h"

#define SLAB_BYTES ((size_t)64 << 20) /* of addresses; memory is taken by steps */
#define STEP_BYTES ((size_t)64 << 10)
#define LEAST 64 /* bytes of the smallest place, each class has twice as many */
#define CLASSES 14
#define CANARY_BYTES 16

/* A place that has been given back. */
typedef struct vacant_t {
    struct vacant_t *next;
} vacant_t;

static struct {
    pthread_mutex_t mutex;
    unsigned char *start; /* NULL: there is no slab */
    size_t used, open;    /* bytes from the start */
    size_t secrets;
    vacant_t *vacant[CLASSES];
    unsigned char canary[CANARY_BYTES];
} slab = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Prefork's SIGTERM handler ends the child, and its pools, in the middle of whatever its thread was
 * doing. */
static __thread volatile bool inside;

static int class_of(size_t len)
{
    int size = 0;
    while (size < CLASSES && ((size_t)LEAST << size) - CANARY_BYTES < len)
        size++;
    return size;
}

static bool begin_slab(void)
{
    slab.start = locked_reserve(SLAB_BYTES);
    randombytes_buf(slab.canary, sizeof slab.canary);
    return slab.start;
}

static void end_slab(void)
{
    locked_give_back(slab.start, SLAB_BYTES);
    slab.start = NULL;
    slab.used = slab.open = 0;
    memset(slab.vacant, 0, sizeof slab.vacant);
}

/* Room that nobody has had. */
static void *cut_place(size_t size)
{
    while (slab.open < slab.used + size) {
        if (slab.open == SLAB_BYTES || !locked_open(slab.start + slab.open, STEP_BYTES))
            return NULL;
        slab.open += STEP_BYTES;
    }
    slab.used += size;
    return slab.start + slab.used - size;
}

static void *vacant_place(int size)
{
    vacant_t *place = slab.vacant[size];
    if (!place)
        return cut_place((size_t)LEAST << size);
    slab.vacant[size] = place->next;
    place->next = NULL;
    return place;
}

static void *take_secret(size_t len)
{
    const int size = class_of(len);
    if (size == CLASSES || (!slab.start && !begin_slab()))
        return NULL;
    unsigned char *bytes = vacant_place(size);
    if (!bytes)
        return NULL;
    memcpy(bytes + len, slab.canary, sizeof slab.canary);
    slab.secrets++;
    return bytes;
}

static void give_secret(unsigned char *bytes, size_t len)
{
    const int size = class_of(len);
    if (sodium_memcmp(bytes + len, slab.canary, sizeof slab.canary))
        abort();
    sodium_memzero(bytes, (size_t)LEAST << size);
    vacant_t *place = (vacant_t *)(void *)bytes;
    place->next = slab.vacant[size];
    slab.vacant[size] = place;
    if (!--slab.secrets)
        end_slab();
}

void *slab_take(size_t len)
{
    inside = true;
    pthread_mutex_lock(&slab.mutex);
    void *bytes = take_secret(len);
    pthread_mutex_unlock(&slab.mutex);
    inside = false;
    return bytes;
}

void slab_give(void *bytes, size_t len)
{
    if (inside)
        return; /* it goes with the process */
    inside = true;
    pthread_mutex_lock(&slab.mutex);
    give_secret(bytes, len);
    pthread_mutex_unlock(&slab.mutex);
    inside = false;
}

/* Step by step: where the limit is too low for all, what it allows is locked. */
void slab_lock_again(void)
{
    for (size_t at = 0; at < slab.open; at += STEP_BYTES)
        if (mlock(slab.start + at, STEP_BYTES)) {
            hardening_failed(HARDENING_LOCK);
            return;
        }
}
