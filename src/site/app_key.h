/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_APP_KEY_H
#define MPIN_SITE_APP_KEY_H

#include "site/place.h"

/* The key files that an RPS and its D-TA share (keys/keys_app.h), at the start. */

/* At the RPS: reads that of the depot's second D-TA. False: `*why` is one sentence with the mend,
 * also where the second D-TA is we ourselves. */
bool app_key_read_second(depot_t *depot, const keys_t *keys, apr_pool_t *p, const char **why);

/* At the D-TA: each vhost with MPinService dta has its file beside MPinKeyFile, with ".dta" behind
 * its name, for the administrator to carry to the RPS. */
void app_key_write_files(server_rec *main_server, apr_pool_t *p);

#endif
