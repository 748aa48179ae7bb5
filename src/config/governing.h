/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_GOVERNING_H
#define MPIN_CONFIG_GOVERNING_H

#include <httpd.h>
#include <util_cfgtree.h>

#include "config/tree.h"

/* Which sections hold at a path of a server, in the order in which httpd merges them: <Directory> from
 * the shortest on, <DirectoryMatch>, <Files>, <Location>; and of each, the main server's first. */
typedef struct governing_t {
    const ap_directive_t *section;
    tree_holds_t holds; /* MAYBE: only a request can tell, as of <If> */
    int walk; /* httpd merges those of one walk with each other first: folders, files, locations */
} governing_t;

/* Of governing_t. `file` is NULL where the path is no file: then no <Directory> and no <Files> holds. */
apr_array_header_t *governing_sections(const char *path, const char *file, const server_rec *server,
                                       const server_rec *main_server, apr_pool_t *p);

/* The .htaccess files that httpd reads on the way to a file, as far as AllowOverride lets it. */
apr_array_header_t *governing_htaccess(const char *file, const server_rec *server,
                                       const server_rec *main_server, apr_pool_t *p);

#endif
