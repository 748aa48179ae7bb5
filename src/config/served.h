/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_SERVED_H
#define MPIN_CONFIG_SERVED_H

#include <httpd.h>

/* What may serve the file or directory at `path`, through symbolic links, too: "DocumentRoot /srv/www"
 * or "Alias /srv/data", of any server. NULL: nothing that can be seen without a request. */
const char *served_by(const char *path, const server_rec *main_server, apr_pool_t *p);

#endif
