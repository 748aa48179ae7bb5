/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_TREE_H
#define MPIN_CONFIG_TREE_H

#include <httpd.h>
#include <stdbool.h>
#include <util_cfgtree.h>

/* The configuration's own tree: every directive of it, other modules' included, and the server that
 * it stands in. */
typedef struct tree_walk_t {
    const server_rec *main_server;
    void (*visit)(struct tree_walk_t *walk, const ap_directive_t *node, const server_rec *server);
    void *baton;
} tree_walk_t;

void tree_walk(tree_walk_t *walk);

/* Do the lines of two servers meet in one? The main server's hold for all. */
bool tree_servers_meet(const tree_walk_t *walk, const server_rec *one, const server_rec *other);

/* The first word between "<Location" and ">", without quotes. */
const char *tree_section_path(const ap_directive_t *section, apr_pool_t *p);

/* The first word after a directive's name, without quotes. */
const char *tree_first_word(const ap_directive_t *node, apr_pool_t *p);

#endif
