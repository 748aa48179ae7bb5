/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_LOCKED_H
#define MPIN_KEYS_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

/* Pages for secrets, zeroed: between guard pages, out of core dumps, and locked as far as
 * RLIMIT_MEMLOCK goes (keys/hardening.h notes where it doesn't). NULL when memory is out. mlock is
 * not inherited over fork: these are for who makes them, and keys/slab.h for what is inherited. */
void *locked_make(size_t len);

/* From now on nobody can write there. */
void locked_seal(void *bytes, size_t len);

/* Wiped, and given back. NULL is nothing. */
void locked_free(void *bytes, size_t len);

/* The same by steps: no page can be touched, and none is taken, before locked_open has opened it.
 * The caller wipes them before it gives all back. */
void *locked_reserve(size_t len);
bool locked_open(void *bytes, size_t len);
void locked_give_back(void *bytes, size_t len);

#endif
