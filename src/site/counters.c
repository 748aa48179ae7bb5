/* SPDX-License-Identifier: Apache-2.0 */
#include "site/counters.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#define RETAINED "mod_auth_mpin/counters/1" /* a number for each layout of what follows */

/* It outlives the configuration and this very code, which is loaded anew at each reload: nothing in
 * it points to either. Another version of the code may count something else, in memory of its own. */
typedef struct kept_ledger_t {
    struct kept_ledger_t *next;
    const char *site;
    uint32_t layout;
    ledger_t *ledger;
} kept_ledger_t;

typedef struct kept_ledgers_t {
    kept_ledger_t *first;
} kept_ledgers_t;

ledger_t *counters_of(const server_rec *server, const char *site)
{
    kept_ledgers_t *all = ap_retained_data_get(RETAINED);
    if (!all)
        all = ap_retained_data_create(RETAINED, sizeof(*all));
    for (const kept_ledger_t *kept = all->first; kept; kept = kept->next)
        if (kept->layout == ledger_layout() && !strcmp(kept->site, site))
            return kept->ledger;
    ledger_t *ledger = ledger_make(apr_time_now());
    if (!ledger)
        return NULL;
    apr_pool_t *p = server->process->pool;
    kept_ledger_t *kept = apr_palloc(p, sizeof(*kept));
    *kept = (kept_ledger_t){all->first, apr_pstrdup(p, site), ledger_layout(), ledger};
    all->first = kept;
    return ledger;
}
