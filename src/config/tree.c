/* SPDX-License-Identifier: Apache-2.0 */
#include "config/tree.h"

#include <apr_strings.h>
#include <string.h>

/* The vhost that a <VirtualHost> section made. */
static const server_rec *vhost_of(const tree_walk_t *walk, const ap_directive_t *node)
{
    for (const server_rec *server = walk->main_server->next; server; server = server->next)
        if (server->defn_name && (int)server->defn_line_number == node->line_num &&
            !strcmp(server->defn_name, node->filename))
            return server;
    return walk->main_server;
}

static void walk_level(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    for (; node; node = node->next) {
        const bool vhost = !strcasecmp(node->directive, "<VirtualHost");
        walk->visit(walk, node, server);
        walk_level(walk, node->first_child, vhost ? vhost_of(walk, node) : server);
    }
}

void tree_walk(tree_walk_t *walk)
{
    walk_level(walk, ap_conftree, walk->main_server);
}

bool tree_servers_meet(const tree_walk_t *walk, const server_rec *one, const server_rec *other)
{
    return one == other || one == walk->main_server || other == walk->main_server;
}

const char *tree_section_path(const ap_directive_t *section, apr_pool_t *p)
{
    char *args = apr_pstrdup(p, section->args);
    const size_t len = strlen(args);
    if (len && args[len - 1] == '>')
        args[len - 1] = '\0';
    const char *rest = args;
    return ap_getword_conf(p, &rest);
}

const char *tree_first_word(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return ap_getword_conf(p, &args);
}
