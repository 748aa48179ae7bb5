/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mapped.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "config/surroundings.h"
#include "config/tree.h"

typedef struct mapping_t {
    mapped_t *mapped;
    const char *path;
    const server_rec *server;
    bool of_vhost; /* its own lines come before the main server's */
    bool settled;
    apr_pool_t *p;
} mapping_t;

static void leave_unsure(mapping_t *mapping, const ap_directive_t *node)
{
    json_array_append_new(mapping->mapped->unsure,
                          json_string(apr_psprintf(mapping->p, "%s %s (%s:%d)", node->directive,
                                                   node->args, node->filename, node->line_num)));
}

static bool only_a_request_can_tell(const char *name)
{
    static const char *const names[] = {"AliasMatch",  "ScriptAliasMatch",  "ProxyPassMatch",
                                        "RewriteRule", "FallbackResource",  "VirtualDocumentRoot",
                                        "UserDir",     "VirtualScriptAlias"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(name, names[i]))
            return true;
    return false;
}

/* "/url target" at the level of a server, "target" in a <Location>. */
static void take_mapping(mapping_t *mapping, const ap_directive_t *node, bool proxied)
{
    apr_pool_t *p = mapping->p;
    const ap_directive_t *section = tree_section_of(node);
    const char *args = node->args,
               *url = section ? tree_section_path(section, p) : ap_getword_conf(p, &args);
    const char *target = ap_getword_conf(p, &args);
    if (!surroundings_inside(mapping->path, url))
        return;
    mapping->settled = true;
    if (proxied && strcmp(target, "!"))
        mapping->mapped->proxied = apr_psprintf(p, "%s %s (%s:%d)", node->directive, node->args,
                                                node->filename, node->line_num);
    const char *rest = mapping->path + strlen(url);
    if (!proxied && (strcmp(url, "/") || *rest == '/' || !*rest))
        mapping->mapped->file = apr_pstrcat(p, ap_server_root_relative(p, target), rest, NULL);
    else if (!proxied)
        mapping->mapped->file = apr_pstrcat(p, ap_server_root_relative(p, target), "/", rest, NULL);
}

static void visit_mapping(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    mapping_t *mapping = walk->baton;
    const ap_directive_t *section = tree_section_of(node);
    const bool location = section && !strcasecmp(section->directive, "<Location");
    const bool proxied = !strcasecmp(node->directive, "ProxyPass");
    if (mapping->settled || (server == mapping->server) != mapping->of_vhost ||
        !tree_servers_meet(walk, server, mapping->server) || (section && !location) ||
        (location && tree_holds_at(node, mapping->path, mapping->p) != TREE_HOLDS))
        return;
    if (only_a_request_can_tell(node->directive))
        leave_unsure(mapping, node);
    else if (proxied || !strcasecmp(node->directive, "Alias") ||
             !strcasecmp(node->directive, "ScriptAlias"))
        take_mapping(mapping, node, proxied);
}

void mapped_path(mapped_t *mapped, const char *path, const server_rec *server,
                 const server_rec *main_server, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(server->module_config);
    mapping_t mapping = {mapped, path, server, true, false, p};
    tree_walk_t walk = {main_server, visit_mapping, &mapping};
    *mapped = (mapped_t){.unsure = json_tie(p, json_array())};
    tree_walk(&walk);
    mapping.of_vhost = false;
    if (server != main_server)
        tree_walk(&walk);
    if (!mapping.settled || (!mapped->proxied && !mapped->file))
        mapped->file = apr_pstrcat(p, core->ap_document_root, path, NULL);
}
