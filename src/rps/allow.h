/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ALLOW_H
#define MPIN_RPS_ALLOW_H

#include <apr_pools.h>
#include <stdbool.h>
#include "base/log.h"
#include "base/name.h"

/* MPinRegisterAllow: which canonical names may register and sign in. */

/* ALLOW_NOBODY: there is no such directive. Then names that a session proved may sign in, and no
 * others. */
typedef enum { ALLOW_NOBODY = 0, ALLOW_ANY, ALLOW_DOMAINS, ALLOW_FILE, ALLOW_URL } allow_kind_t;

typedef struct allow_rule_t {
    allow_kind_t kind;
    const char *const *domains; /* ALLOW_DOMAINS: A-labels in lower case, NULL-terminated */
    const char *file;           /* ALLOW_FILE: one name or @domain a line, read when it changes */
    const char *url;            /* ALLOW_URL: an application is asked, each time */
    name_rules_t names;         /* what becomes of the case of the file's names */
} allow_rule_t;

/* The rule at work, shared by all threads. `rule` and `log` must outlive it. */
typedef struct allow_t allow_t;
allow_t *allow_make(const allow_rule_t *rule, const log_sink_t *log, apr_pool_t *p);

/* The file is read anew when it has changed; one that cannot be read allows nobody. ALLOW_URL
 * allows nobody here: the application is to be asked (rps/allowed.h). */
bool allow_name(allow_t *allow, const char *name, apr_pool_t *p);

#endif
