/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_SENT_H
#define MPIN_SITE_SENT_H

#include "site/site.h"

/* The senders of SMS, and WorkOS: their secrets are read in the parent, the rest is made in each
 * child. */

/* False: `*why` is one sentence with the mend, and the site sends nothing by the one whose secret
 * could not be read. */
bool sent_read_secrets(site_t *site, const server_config_t *config, apr_pool_t *p,
                       const char **why);

/* For a site whose store is open. False: memory is out. */
bool sent_raise(site_t *site, const keys_t *keys, apr_pool_t *p);

#endif
