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

/* Without the lines of vhosts that stand apart from that server: few are looked at, where many are. */
void tree_walk_beside(tree_walk_t *walk, const server_rec *server);

/* Do the lines of two servers meet in one? The main server's hold for all. */
bool tree_servers_meet(const tree_walk_t *walk, const server_rec *one, const server_rec *other);

/* The first word between "<Location" and ">", without quotes. */
const char *tree_section_path(const ap_directive_t *section, apr_pool_t *p);

/* The first word after a directive's name, without quotes. */
const char *tree_first_word(const ap_directive_t *node, apr_pool_t *p);

/* Does a line hold for a GET at that path of its server? Only a request can tell of directories,
 * files and <If>. */
typedef enum { TREE_HOLDS_NOT, TREE_HOLDS_MAYBE, TREE_HOLDS } tree_holds_t;
tree_holds_t tree_holds_at(const ap_directive_t *node, const char *path, apr_pool_t *p);

/* Is it a part of a section, whose lines hold where the section does? And for GET, if it is a
 * <Limit>? */
bool tree_is_part(const ap_directive_t *section);
bool tree_is_for_get(const ap_directive_t *section, apr_pool_t *p);

/* The section that a line stands in, whatever part of it; NULL for none. */
const ap_directive_t *tree_section_of(const ap_directive_t *node);

#endif
