/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_HEALTH_H
#define MPIN_BASE_HEALTH_H

#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

/* How somebody that this server depends on has done lately. Shared by processes, zero at first; all
 * times are seconds. */
typedef struct health_t {
    uint64_t tried; /* the last time, 0 = never */
    uint64_t good;  /* the last time it went well, 0 = never */
    uint64_t bad;   /* since when it goes wrong, 0 = it does not */
} health_t;

/* `health` may be NULL: nobody keeps it. */
void health_note(health_t *health, bool good, apr_time_t now);

/* What it was at one moment, as far as three reads tell. */
health_t health_read(const health_t *health);

#endif
