/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revoked.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024

typedef struct slot_t {
    unsigned char id[16];
    uint32_t limit;
    uint32_t until; /* seconds */
    unsigned kind;  /* 0: free */
} slot_t;

/* Open addressing; at most half of the slots are taken. */
typedef struct table_t {
    slot_t *slots;
    apr_size_t size; /* a power of two */
    apr_size_t used;
} table_t;

struct revoked_t {
    pthread_rwlock_t *lock; /* apart, because looking is a reader's business and changes it */
    table_t table;
};

/* Ids are random or hashes, so any of their bytes will do. */
static apr_size_t table_place(const table_t *table, unsigned kind, const unsigned char id[16])
{
    uint64_t bits;
    memcpy(&bits, id, sizeof bits);
    return (apr_size_t)((bits + (uint64_t)kind) * 0x9e3779b97f4a7c15u >> 32) & (table->size - 1);
}

/* The slot of an entry, or the free one where it would go. */
static inline slot_t *table_find(const table_t *table, unsigned kind, const unsigned char id[16])
{
    apr_size_t place = table_place(table, kind, id);
    for (;;) {
        slot_t *slot = &table->slots[place];
        if (!slot->kind || (slot->kind == kind && !memcmp(slot->id, id, sizeof slot->id)))
            return slot;
        place = (place + 1) & (table->size - 1);
    }
}

/* A table of its own size for what is not over, at most a quarter full. */
static bool table_rebuild(table_t *table, uint32_t now)
{
    apr_size_t live = 0;
    for (apr_size_t i = 0; i < table->size; i++)
        live += table->slots[i].kind && table->slots[i].until > now;

    table_t made = {.size = SLOTS_MIN, .used = live};
    while (made.size < 4 * live)
        made.size *= 2;
    made.slots = calloc(made.size, sizeof *made.slots);
    if (!made.slots)
        return false;
    for (apr_size_t i = 0; i < table->size; i++) {
        const slot_t *slot = &table->slots[i];
        if (slot->kind && slot->until > now)
            *table_find(&made, slot->kind, slot->id) = *slot;
    }
    free(table->slots);
    *table = made;
    return true;
}

static apr_status_t revoked_end(void *data)
{
    revoked_t *revoked = data;
    pthread_rwlock_destroy(revoked->lock);
    free(revoked->table.slots);
    return APR_SUCCESS;
}

revoked_t *revoked_make(apr_pool_t *p)
{
    revoked_t *revoked = apr_pcalloc(p, sizeof *revoked);
    pthread_rwlockattr_t attr;

    if (!table_rebuild(&revoked->table, 0))
        return NULL;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    revoked->lock = apr_palloc(p, sizeof *revoked->lock);
    pthread_rwlock_init(revoked->lock, &attr);
    pthread_rwlockattr_destroy(&attr);
    apr_pool_cleanup_register(p, revoked, revoked_end, apr_pool_cleanup_null);
    return revoked;
}

static bool table_add(table_t *table, unsigned kind, const unsigned char id[16], uint32_t limit,
                      uint32_t until, uint32_t now)
{
    if (2 * (table->used + 1) > table->size && !table_rebuild(table, now))
        return false;
    slot_t *slot = table_find(table, kind, id);
    if (!slot->kind) {
        slot->kind = kind;
        memcpy(slot->id, id, sizeof slot->id);
        table->used++;
    }
    if (slot->limit < limit)
        slot->limit = limit;
    if (slot->until < until)
        slot->until = until;
    return true;
}

bool revoked_add(revoked_t *revoked, unsigned kind, const unsigned char id[16], uint32_t limit,
                 uint32_t until, uint32_t now)
{
    pthread_rwlock_wrlock(revoked->lock);
    bool added = table_add(&revoked->table, kind, id, limit, until, now);
    pthread_rwlock_unlock(revoked->lock);
    return added;
}

void revoked_look(const revoked_t *revoked, revoked_look_t *looks, int count)
{
    pthread_rwlock_rdlock(revoked->lock);
    for (int i = 0; i < count; i++)
        looks[i].limit = table_find(&revoked->table, looks[i].kind, looks[i].id)->limit;
    pthread_rwlock_unlock(revoked->lock);
}

apr_size_t revoked_count(const revoked_t *revoked)
{
    pthread_rwlock_rdlock(revoked->lock);
    apr_size_t count = revoked->table.used;
    pthread_rwlock_unlock(revoked->lock);
    return count;
}
