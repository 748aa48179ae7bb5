/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_MARK_H
#define MPIN_SESSION_MARK_H

#include <stdint.h>

/* What a session keeps of the trusted login by which somebody came: a hash of its name, so that it
 * means the same whatever else is configured by then, in whatever order. Never 0. */
uint32_t mark_of(const char *name);

/* Is it one of these? They end with 0; NULL stands for all. */
static inline int mark_is_among(const uint32_t *marks, uint32_t mark)
{
    if (!marks)
        return 1;
    for (; *marks; marks++)
        if (*marks == mark)
            return 1;
    return 0;
}

#endif
