#ifndef MPIN_RPS_ALLOW_H
#define MPIN_RPS_ALLOW_H

#include "rps/rps.h"

/* MPinRegisterAllow: which canonical names may register and sign in. Shared by all threads. */
typedef struct allow_t allow_t;

/* `settings` and `log` must outlive it. */
allow_t *allow_make(const rps_settings_t *settings, const log_sink_t *log, apr_pool_t *p);

/* The file is read anew when it has changed; one that cannot be read allows nobody. */
bool allow_name(allow_t *allow, const char *name, apr_pool_t *p);

#endif
