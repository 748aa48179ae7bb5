/* SPDX-License-Identifier: Apache-2.0 */
#include "config/served.h"

#include <apr_strings.h>
#include <http_core.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/surroundings.h"
#include "config/tree.h"

typedef struct served_t {
    const char *path, *real;
    const char *by;
    apr_pool_t *p;
} served_t;

/* Without symbolic links, as far as it is there. */
static const char *real_path(const char *path, apr_pool_t *p)
{
    char *found = realpath(path, NULL);
    if (found) {
        const char *real = apr_pstrdup(p, found);
        free(found);
        return real;
    }
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return path;
    const char *parent = apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
    return apr_pstrcat(p, real_path(parent, p), slash, NULL);
}

static void look_in(served_t *served, const char *directive, const char *directory)
{
    if (!served->by && directory &&
        (surroundings_inside(served->path, directory) ||
         surroundings_inside(served->real, real_path(directory, served->p))))
        served->by = apr_pstrcat(served->p, directive, " ", directory, NULL);
}

/* "Alias /url /directory", or "Alias /directory" in a <Location>; an expression is nobody's path. */
static void visit_served(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    served_t *served = walk->baton;
    (void)server;
    if (strcasecmp(node->directive, "Alias"))
        return;
    const char *args = node->args, *last = "";
    while (*args)
        last = ap_getword_conf(served->p, &args);
    if (!strchr(last, '%'))
        look_in(served, "Alias", ap_server_root_relative(served->p, last));
}

const char *served_by(const char *path, const server_rec *main_server, apr_pool_t *p)
{
    served_t served = {path, real_path(path, p), NULL, p};
    for (const server_rec *server = main_server; server; server = server->next) {
        const core_server_config *core = ap_get_core_module_config(server->module_config);
        look_in(&served, "DocumentRoot", core->ap_document_root);
    }
    tree_walk_t walk = {main_server, visit_served, &served};
    tree_walk(&walk);
    return served.by;
}
