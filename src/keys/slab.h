/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_SLAB_H
#define MPIN_KEYS_SLAB_H

#include <stdbool.h>
#include <stddef.h>

/* The one slab of locked memory in which a process has its secrets side by side (docs/security.md,
 * "Keys"). libsodium gives each of them four pages and locks two: near 110 vhosts the limit of
 * locked memory was reached.
 *
 * These stay as they were: guard pages at both ends of the slab, no core dump of it, memory locked and
 * zeroed, a canary behind each secret, which is wiped as it goes. A guard page behind each
 * secret is given up. A write past one is found when that secret goes, not at once, and a read past
 * one, or of one that has gone, kills nobody. The secrets here have fixed lengths and are written
 * once; what is large and read all the time has pages of its own (keys/locked.h). */

/* Zeroed, at a multiple of 16; NULL when there is no room. Any thread may. */
void *slab_take(size_t len);

/* Wipes it. Kills the process where somebody has written past its end. With the last one the slab is
 * given back, so that a reload of httpd leaves nothing behind. */
void slab_give(void *bytes, size_t len);

/* For a child that was forked: locks the slab again. Before there are threads. */
void slab_lock_again(void);

#endif
