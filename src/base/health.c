/* SPDX-License-Identifier: Apache-2.0 */
#include "base/health.h"

#include <stddef.h>

void health_note(health_t *health, bool good, apr_time_t now)
{
    const uint64_t second = (uint64_t)apr_time_sec(now);
    uint64_t never = 0;
    if (!health)
        return;
    __atomic_store_n(&health->tried, second, __ATOMIC_RELAXED);
    if (good) {
        __atomic_store_n(&health->good, second, __ATOMIC_RELAXED);
        __atomic_store_n(&health->bad, 0, __ATOMIC_RELAXED);
        return;
    }
    __atomic_compare_exchange_n(&health->bad, &never, second, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

health_t health_read(const health_t *health)
{
    return (health_t){__atomic_load_n(&health->tried, __ATOMIC_RELAXED),
                      __atomic_load_n(&health->good, __ATOMIC_RELAXED),
                      __atomic_load_n(&health->bad, __ATOMIC_RELAXED)};
}
