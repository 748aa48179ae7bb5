/* SPDX-License-Identifier: Apache-2.0 */
#include "site/described_lines.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <string.h>

#include "config/directives.h"
#include "config/tree.h"

static bool tells(const char *name)
{
    static const char *const names[] = {"AuthType",
                                        "AuthUserFile",
                                        "CustomLog",
                                        "ErrorLog",
                                        "LogLevel",
                                        "RemoteIPHeader",
                                        "RemoteIPInternalProxy",
                                        "RemoteIPInternalProxyList",
                                        "RemoteIPProxyProtocol",
                                        "RemoteIPTrustedProxy",
                                        "RemoteIPTrustedProxyList",
                                        "SSLCertificateFile",
                                        "SSLCertificateKeyFile",
                                        "SSLEngine",
                                        "SSLProtocol",
                                        "ServerSignature",
                                        "ServerTokens",
                                        "SetHandler"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(name, names[i]))
            return true;
    return false;
}

typedef struct told_lines_t {
    json_t *lines;
    apr_pool_t *p;
} told_lines_t;

/* The place whose lines httpd merges, whatever part of it this one stands in. */
static const char *section_text(const ap_directive_t *node, apr_pool_t *p)
{
    const ap_directive_t *section = tree_section_of(node);
    return section ? apr_pstrcat(p, section->directive, " ", section->args, NULL) : NULL;
}

static void visit_told(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    told_lines_t *told = walk->baton;
    if (*node->directive == '<' || !tells(node->directive))
        return;
    json_t *line = json_object();
    json_set_text(line, "directive", node->directive);
    json_set_text(line, "args", node->args);
    json_set_text(line, "at", apr_psprintf(told->p, "%s:%d", node->filename, node->line_num));
    json_set_text(line, "section", section_text(node, told->p));
    json_set_text(line, "host", server == walk->main_server ? NULL : server->server_hostname);
    json_object_set_new(line, "engine", json_boolean(directives_of(server)->engine));
    json_array_append_new(told->lines, line);
}

void described_lines(json_t *all, const server_rec *main_server, apr_pool_t *p)
{
    json_t *modules = json_array();
    told_lines_t told = {json_array(), p};
    tree_walk_t walk = {main_server, visit_told, &told};
    for (const module *each = ap_top_module; each; each = each->next)
        json_array_append_new(modules, json_string(each->name));
    tree_walk(&walk);
    ap_version_t version;
    ap_get_server_revision(&version);
    json_object_set_new(all, "version",
                        json_pack("[i,i,i]", version.major, version.minor, version.patch));
    json_set_text(all, "root", ap_server_root);
    json_object_set_new(all, "modules", modules);
    json_object_set_new(all, "lines", told.lines);
}
