/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_MAPPED_H
#define MPIN_CONFIG_MAPPED_H

#include <httpd.h>

#include "base/json.h"

/* What a path of a server leads to, as far as its DocumentRoot, Alias, ScriptAlias and ProxyPass say:
 * `file` is NULL for a backend's, and then `proxied` is its line. Lines that only a request can tell
 * of (patterns, rewrite rules) are named in `unsure`, an array of texts. */
typedef struct mapped_t {
    const char *file;
    const char *proxied;
    json_t *unsure;
} mapped_t;

void mapped_path(mapped_t *mapped, const char *path, const server_rec *server,
                 const server_rec *main_server, apr_pool_t *p);

#endif
