/* SPDX-License-Identifier: Apache-2.0 */
#include "config/served.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_core.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/surroundings.h"
#include "config/tree.h"

#define SERVED_KEY "mpin-served"

typedef struct served_t {
    const char *directive, *directory, *real;
} served_t;

typedef struct collected_t {
    apr_array_header_t *served; /* each directory once: vhosts have many in common */
    apr_hash_t *known;
    apr_pool_t *p;
} collected_t;

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

static void add_served(collected_t *all, const char *directive, const char *directory)
{
    if (!directory || apr_hash_get(all->known, directory, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(all->known, directory, APR_HASH_KEY_STRING, directory);
    APR_ARRAY_PUSH(all->served, served_t) =
        (served_t){directive, directory, real_path(directory, all->p)};
}

/* "Alias /url /directory", or "Alias /directory" in a <Location>; an expression is nobody's path. */
static void visit_served(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    collected_t *all = walk->baton;
    (void)server;
    if (strcasecmp(node->directive, "Alias"))
        return;
    const char *args = node->args, *last = "";
    while (*args)
        last = ap_getword_conf(all->p, &args);
    if (!strchr(last, '%'))
        add_served(all, "Alias", ap_server_root_relative(all->p, last));
}

static apr_array_header_t *collect_served(const server_rec *main_server, apr_pool_t *p)
{
    collected_t all = {apr_array_make(p, 8, sizeof(served_t)), apr_hash_make(p), p};
    for (const server_rec *server = main_server; server; server = server->next) {
        const core_server_config *core = ap_get_core_module_config(server->module_config);
        add_served(&all, "DocumentRoot", core->ap_document_root);
    }
    tree_walk_t walk = {main_server, visit_served, &all};
    tree_walk(&walk);
    return all.served;
}

/* Looked for once in the life of the configuration, whose pool that is: every vhost's store and every
 * file of passwords is compared with all of them. */
static const apr_array_header_t *served_of(const server_rec *main_server, apr_pool_t *pconf)
{
    void *served = NULL;
    apr_pool_userdata_get(&served, SERVED_KEY, pconf);
    if (!served) {
        served = collect_served(main_server, pconf);
        apr_pool_userdata_setn(served, SERVED_KEY, NULL, pconf);
    }
    return served;
}

const char *served_by(const char *path, const server_rec *main_server, apr_pool_t *pconf)
{
    const apr_array_header_t *all = served_of(main_server, pconf);
    const char *real = real_path(path, pconf);
    for (int i = 0; i < all->nelts; i++) {
        const served_t *served = &APR_ARRAY_IDX(all, i, served_t);
        if (surroundings_inside(path, served->directory) || surroundings_inside(real, served->real))
            return apr_pstrcat(pconf, served->directive, " ", served->directory, NULL);
    }
    return NULL;
}
