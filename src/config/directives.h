/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_DIRECTIVES_H
#define MPIN_CONFIG_DIRECTIVES_H

#include "config/config.h"
#include "config/settings.h"

/* A per-directory directive that was written in the configuration proper (check_config cannot find
 * it in any other way, and never sees .htaccess). */
typedef struct directory_written_t {
    const server_rec *server;
    const dir_config_t *dir;
    written_t at;
} directory_written_t;

/* All of them, in order. */
const apr_array_header_t *directives_of_directories(apr_pool_t *pconf);

/* The settings of a server as they are after the merge. */
server_config_t *directives_of(const server_rec *server);

/* Does a line of .htaccess, which the check never sees, name a trusted login that is none in this
 * server? */
bool directives_name_no_login(const cmd_parms *cmd, const char *name);

#endif
