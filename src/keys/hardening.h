/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_HARDENING_H
#define MPIN_KEYS_HARDENING_H

#include <apr_pools.h>
#include "base/log.h"

/* What shall keep secrets from leaving the process's memory, and may be refused by the system. Such a
 * failure ends nothing, because sites would stand still for what an administrator can mend later;
 * it is noted, and told once for all children of a server, however many vhosts there are. */
typedef enum {
    HARDENING_LOCK,      /* mlock: secrets may be swapped out */
    HARDENING_DUMP,      /* madvise: they may lie in core dumps */
    HARDENING_READ_ONLY, /* mprotect: they can be written over */
    HARDENING_DUMPABLE,  /* prctl: the process can dump core, and be looked at by its user */
    HARDENINGS
} hardening_t;

/* For the life of `p`, all processes that are forked from now on have one memory of what has been
 * told. It is one of atomic bytes without a mutex, so a killed child leaves nothing undone. */
void hardening_share(apr_pool_t *p);

/* Notes a failure, with errno. Any thread may. */
void hardening_failed(hardening_t what);

/* One warning for each kind that has failed and that nobody has told of. */
void hardening_tell(const log_sink_t *log);

/* No core dumps of this process. mpinctl and children of httpd need that. */
void hardening_undumpable(void);

#endif
