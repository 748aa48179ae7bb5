/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_HOOKS_H
#define MPIN_CONFIG_HOOKS_H

#include "config/config.h"

/* What the front door hangs into httpd for this room. */

extern const command_rec config_directives[];

void *config_server_create(apr_pool_t *p, server_rec *server);
void *config_server_merge(apr_pool_t *p, void *base, void *add);
void *config_dir_create(apr_pool_t *p, char *path);
void *config_dir_merge(apr_pool_t *p, void *base, void *add);

/* check_config: every mistake in the configuration's text, one line each. Runs at `-t` too, as any
 * user, and changes nothing. Failing here ends a server that reloads, so what can change around the
 * configuration (directories, files) is an error only before the first request was served. */
int config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
