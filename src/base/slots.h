/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_SLOTS_H
#define MPIN_BASE_SLOTS_H

#include <apr_pools.h>

/* No more than so many at a time do something, over all processes of a server; who comes too many
 * waits. Those who wait for somebody else take a seat instead (base/seats.h). A process that is
 * killed leaves its slots free. */
typedef struct slots_t slots_t;

/* Before the processes fork; they share it. NULL when memory is out. */
slots_t *slots_make(int count, apr_pool_t *p);

/* Waits for a slot and gives its number, from 0 on. The same thread gives it back. */
int slots_take(slots_t *slots);
void slots_give(slots_t *slots, int number);

int slots_all(const slots_t *slots);

#endif
