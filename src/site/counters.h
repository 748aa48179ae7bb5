/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_COUNTERS_H
#define MPIN_SITE_COUNTERS_H

#include <httpd.h>

#include "base/ledger.h"

/* Where a site counts, by its public URL: the same over reloads, until httpd ends. In the parent.
 * NULL: memory is out. */
ledger_t *counters_of(const server_rec *server, const char *site);

#endif
