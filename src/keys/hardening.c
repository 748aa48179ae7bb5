/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/hardening.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* This process's failures, 0 or an errno; and whether somebody has told of them. */
static int failures[HARDENINGS];
static bool own_told[HARDENINGS], *told = own_told;

static apr_status_t unshare_told(void *data)
{
    told = own_told;
    return munmap(data, sizeof own_told) ? errno : APR_SUCCESS;
}

void hardening_share(apr_pool_t *p)
{
    void *shared =
        mmap(NULL, sizeof own_told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return; /* each child tells for itself */
    told = shared;
    apr_pool_cleanup_register(p, shared, unshare_told, apr_pool_cleanup_null);
}

void hardening_failed(hardening_t what)
{
    __atomic_store_n(&failures[what], errno ? errno : EPERM, __ATOMIC_RELAXED);
}

/* The number of the failure that this caller is to tell of, 0: none. */
static int to_tell(hardening_t what)
{
    const int failure = __atomic_load_n(&failures[what], __ATOMIC_RELAXED);
    return failure && !__atomic_exchange_n(&told[what], true, __ATOMIC_RELAXED) ? failure : 0;
}

void hardening_tell(const log_sink_t *log)
{
    int failure = to_tell(HARDENING_LOCK);
    if (failure)
        log_warn(log, "MPIN0985",
                 "keys can't be locked in memory and may be swapped out (%s): raise the limit, by "
                 "LimitMEMLOCK= of httpd's service or ulimit -l, and restart",
                 strerror(failure));
    failure = to_tell(HARDENING_DUMP);
    if (failure)
        log_warn(log, "MPIN0986",
                 "keys can't be kept out of core dumps (madvise: %s): turn those off, by "
                 "LimitCORE=0 of httpd's service or ulimit -c 0, and restart",
                 strerror(failure));
    failure = to_tell(HARDENING_READ_ONLY);
    if (failure)
        log_warn(log, "MPIN0987",
                 "keys can't be made read-only in memory (mprotect: %s): raise vm.max_map_count, "
                 "and restart",
                 strerror(failure));
    failure = to_tell(HARDENING_DUMPABLE);
    if (failure)
        log_warn(log, "MPIN0988",
                 "this process can't be kept from dumping core (prctl: %s): turn that off, by "
                 "LimitCORE=0 of httpd's service or ulimit -c 0, and restart",
                 strerror(failure));
}

void hardening_undumpable(void)
{
    if (prctl(PR_SET_DUMPABLE, 0))
        hardening_failed(HARDENING_DUMPABLE);
}
