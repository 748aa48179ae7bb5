/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_SURROUNDINGS_H
#define MPIN_CONFIG_SURROUNDINGS_H

#include "config/config.h"

/* Facts of this httpd and this machine, whatever our directives say. */

/* Every Listen address is a loopback one (and there is one). */
bool surroundings_all_loopback(void);

/* A Listen line has this port. */
bool surroundings_listen(unsigned port);

/* Does the main server itself answer anybody? Not where vhosts take each address that httpd listens
 * on. */
bool surroundings_main_serves(const server_rec *main_server);

/* The public URL of a server that listens on loopback only, for when MPinPublicURL is missing.
 * False where there is no such Listen. */
bool surroundings_local_url(const server_rec *server, public_url_t *url, apr_pool_t *p);

/* The user and group that the children run as. */
apr_uid_t surroundings_uid(void);
apr_gid_t surroundings_gid(void);

/* Does this configuration replace one that was at work (graceful, restart)? */
bool surroundings_reload(void);

/* Is it a file, or a folder, that others than its owner can read or change? */
bool surroundings_others_read(const char *path);

/* True where `path` is `directory` or lies beneath it, by name. */
bool surroundings_inside(const char *path, const char *directory);

#endif
