/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_REVOKED_H
#define MPIN_SESSION_REVOKED_H

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

/* The revocations that a child knows, in its memory: one hash table under one lock, which readers
 * share and writers have priority on. A look takes the same few steps however many entries there
 * are. */
typedef struct revoked_t revoked_t;

/* Ended with the pool; NULL when memory is out. */
revoked_t *revoked_make(apr_pool_t *p);

/* Adds an entry until the second `until`, or joins it with the one of this kind and id that is
 * there: the higher limit, the later end. Entries that are over by `now` may be dropped. False when
 * memory is out. */
bool revoked_add(revoked_t *revoked, unsigned kind, const unsigned char id[16], uint32_t limit,
                 uint32_t until, uint32_t now);

/* The limits of several (kind, id) at one moment; 0 where there is no entry. */
typedef struct revoked_look_t {
    unsigned kind;
    const unsigned char *id;
    uint32_t limit;
} revoked_look_t;
void revoked_look(const revoked_t *revoked, revoked_look_t *looks, int count);

/* Entries in memory, those that are over and not yet dropped included. */
apr_size_t revoked_count(const revoked_t *revoked);

#endif
