/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_CLIENT_SETTINGS_H
#define MPIN_RPS_CLIENT_SETTINGS_H

#include "rps/rps.h"

/* The part of clientSettings that is the same whoever is a site's RPS. */
#define MPIN_SUITE "BLS12381-MPIN-NU"

/* The site says who it is, and what it offers this caller. */
void client_settings_add_site(json_t *json, const rps_settings_t *s, const caller_t *caller);

/* Old clients do not start without a seed. Ours takes randomness from its platform, and nobody
 * should take it from here: but what is sent is fresh each time. */
const char *client_settings_seed(apr_pool_t *p);

#endif
