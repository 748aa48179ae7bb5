/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_TREE_H
#define MPIN_CONFIG_TREE_H

#include <httpd.h>
#include <util_cfgtree.h>

/* The configuration's own tree: every directive of it, other modules' included, and the server that
 * it stands in. */
typedef struct tree_walk_t {
    const server_rec *main_server;
    void (*visit)(struct tree_walk_t *walk, const ap_directive_t *node, const server_rec *server);
    void *baton;
} tree_walk_t;

void tree_walk(tree_walk_t *walk);

#endif
