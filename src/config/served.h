/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_SERVED_H
#define MPIN_CONFIG_SERVED_H

#include <httpd.h>

/* The line of any server that may serve the file or directory at `path`, through symbolic links, too:
 * "DocumentRoot /srv/www", "Alias /srv/data". NULL: none that can be seen without a request. */
const char *served_by(const char *path, const server_rec *main_server, apr_pool_t *pconf);

#endif
