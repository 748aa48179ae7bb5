/* SPDX-License-Identifier: Apache-2.0 */
#include "site/described_place.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_core.h>
#include <http_main.h>
#include <string.h>

#include "config/directives.h"
#include "config/governing.h"
#include "config/mapped.h"
#include "config/parse.h"
#include "config/surroundings.h"
#include "session/demand.h"

/* Require lines, NULL without, and AuthMerging, NULL where it isn't written. */
typedef struct authz_t {
    json_t *require;
    const char *merging;
} authz_t;

/* What the sections come to, in the order of their merge. */
typedef struct place_says_t {
    const char *auth_type, *auth_name, *handler, *satisfy;
    dir_config_t *dir;
    authz_t authz, of_walk; /* of all walks before, and of the one that is read */
    int walk;
    apr_pool_t *p;
} place_says_t;

static const char *text_at(const ap_directive_t *node, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%d", node->filename, node->line_num);
}

/* ---- Require --------------------------------------------------------------------------------- */

static const char *container_of(const ap_directive_t *node)
{
    if (!strcasecmp(node->directive, "<RequireAll"))
        return "all";
    return !strcasecmp(node->directive, "<RequireNone") ? "none" : "any";
}

static json_t *described_require(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args, *word = ap_getword_conf(p, &args);
    const bool is_not = !strcasecmp(word, "not");
    json_t *line = json_object();
    json_set_text(line, "line", is_not ? args : node->args);
    json_object_set_new(line, "not", json_boolean(is_not));
    json_set_text(line, "at", text_at(node, p));
    return line;
}

/* The Require lines for a GET, and those of parts of the section. */
static void gather_require(const ap_directive_t *node, json_t *list, apr_pool_t *p)
{
    for (; node; node = node->next) {
        if (!strcasecmp(node->directive, "Require")) {
            json_array_append_new(list, described_require(node, p));
        } else if (!strncasecmp(node->directive, "<Require", 8)) {
            json_t *inner = json_array();
            gather_require(node->first_child, inner, p);
            json_array_append_new(list, json_pack("{s:o}", container_of(node), inner));
        } else if (tree_is_part(node) && tree_is_for_get(node, p)) {
            gather_require(node->first_child, list, p);
        }
    }
}

/* A section's, NULL without. */
static json_t *require_of(const ap_directive_t *section, apr_pool_t *p)
{
    json_t *list = json_array();
    gather_require(section->first_child, list, p);
    json_t *own = json_tie(p, json_pack("{s:o}", "any", list));
    return json_array_size(list) ? own : NULL;
}

/* As mod_authz_core merges: what comes later replaces what was, unless its AuthMerging says And or Or. */
static authz_t authz_merged(const authz_t *base, const authz_t *later, apr_pool_t *p)
{
    const bool joins = later->merging && strcasecmp(later->merging, "Off");
    if (!later->merging && !later->require && base->require)
        return *base;
    if (!joins)
        return *later;
    if (!base->require || !later->require)
        return (authz_t){base->require ? base->require : later->require, later->merging};
    const char *kind = strcasecmp(later->merging, "And") ? "any" : "all";
    return (authz_t){json_tie(p, json_pack("{s:[O,O]}", kind, base->require, later->require)),
                     later->merging};
}

/* ---- lines of a section ---------------------------------------------------------------------- */

static void read_setting_line(place_says_t *says, const ap_directive_t *node)
{
    char **word = apr_palloc(says->p, WORDS_MAX * sizeof *word);
    words_t words = {0, word, ap_server_root, says->p};
    const char *args = node->args;
    while (*args && words.count < WORDS_MAX)
        word[words.count++] = ap_getword_conf(says->p, &args);
    for (const setting_t *setting = directory_settings; setting->directive; setting++)
        if (!strcasecmp(setting->directive, node->directive))
            setting_read(setting, says->dir, &words);
}

static void take_line(place_says_t *says, const ap_directive_t *node, const char **merging)
{
    const char *name = node->directive, *word = tree_first_word(node, says->p);
    if (!strcasecmp(name, "AuthType"))
        says->auth_type = word;
    else if (!strcasecmp(name, "AuthName"))
        says->auth_name = word;
    else if (!strcasecmp(name, "SetHandler"))
        says->handler = word;
    else if (!strcasecmp(name, "Satisfy"))
        says->satisfy = word;
    else if (!strcasecmp(name, "AuthMerging"))
        *merging = word;
    else if (!strncasecmp(name, "MPin", 4))
        read_setting_line(says, node);
}

static void take_lines(place_says_t *says, const ap_directive_t *node, const char **merging)
{
    for (; node; node = node->next)
        if (tree_is_part(node) && strncasecmp(node->directive, "<Require", 8))
            take_lines(says, node->first_child, merging);
        else
            take_line(says, node, merging);
}

/* ---- which server ---------------------------------------------------------------------------- */

static bool has_name(const server_rec *server, const char *host)
{
    const apr_array_header_t *lists[] = {server->names, server->wild_names};
    if (server->server_hostname && !strcasecmp(server->server_hostname, host))
        return true;
    for (int i = 0; i < 2; i++)
        for (int j = 0; lists[i] && j < lists[i]->nelts; j++)
            if (apr_fnmatch(APR_ARRAY_IDX(lists[i], j, const char *), host, APR_FNM_CASE_BLIND) ==
                APR_SUCCESS)
                return true;
    return false;
}

/* The one whose public URL it is; else one of that name. */
static server_rec *server_of(const public_url_t *url, server_rec *main_server, bool *public_one,
                             apr_pool_t *p)
{
    server_rec *named = NULL;
    for (server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        site_t *site = apr_pcalloc(p, sizeof *site);
        *public_one = config->engine && site_make(site, config, server, p) &&
                      !strcmp(site->url.text, url->text);
        if (*public_one)
            return server;
        if (!named && has_name(server, url->host))
            named = server;
    }
    return named;
}

/* Our pages are no files; which of them it is. */
static const char *page_of(const site_t *site, const char *path)
{
    for (int i = 0; i < BASE_COUNT; i++)
        if (site->paths[i] && *site->paths[i] && surroundings_inside(path, site->paths[i]))
            return site->paths[i];
    return NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The walk is over: its Require lines are merged with those of walks before. */
static void end_walk(place_says_t *says)
{
    says->authz = authz_merged(&says->authz, &says->of_walk, says->p);
    says->of_walk = (authz_t){NULL, NULL};
}

static void take_section(place_says_t *says, const governing_t *each)
{
    authz_t own = {require_of(each->section, says->p), NULL};
    if (each->walk != says->walk)
        end_walk(says);
    says->walk = each->walk;
    take_lines(says, each->section->first_child, &own.merging);
    says->of_walk = authz_merged(&says->of_walk, &own, says->p);
}

static json_t *described_sections(place_says_t *says, const apr_array_header_t *sections,
                                  json_t *unsure)
{
    json_t *list = json_array();
    for (int i = 0; i < sections->nelts; i++) {
        const governing_t *each = &APR_ARRAY_IDX(sections, i, governing_t);
        const char *text =
            apr_pstrcat(says->p, each->section->directive, " ", each->section->args, NULL);
        const char *at = text_at(each->section, says->p);
        if (each->holds == TREE_HOLDS_MAYBE) {
            json_array_append_new(unsure,
                                  json_string(apr_pstrcat(says->p, text, " (", at, ")", NULL)));
            continue;
        }
        json_array_append_new(list, json_pack("{s:s, s:s}", "section", text, "at", at));
        take_section(says, each);
    }
    end_walk(says);
    return list;
}

static void describe_demand(json_t *place, const place_says_t *says, const site_t *site)
{
    static const char *const answers[] = {"auto", "redirect", "401", "pass"};
    const dir_config_t *dir = says->dir;
    const demand_t demand = demand_of(dir->methods, site->methods, dir->second, dir->reauth_after);
    json_t *logins = json_array();
    for (int i = 0; dir->logins && i < dir->logins->nelts; i++)
        json_array_append_new(logins, json_string(APR_ARRAY_IDX(dir->logins, i, const char *)));
    json_set_text(place, "methods", demand_names(demand.first, says->p));
    json_object_set_new(place, "logins", logins);
    json_set_text(place, "second", demand_names(demand.second, says->p));
    json_set_text(place, "second_word", demand_second_word(demand.second));
    json_object_set_new(place, "reauth_after", json_integer(demand.max_age));
    json_set_text(place, "unauthenticated",
                  answers[dir->unauthenticated > 0 ? dir->unauthenticated : 0]);
    json_object_set_new(place, "enrol", json_boolean(site->second_enrol));
}

static void describe_governed(json_t *place, const char *path, const char *page, server_rec *server,
                              const server_rec *main_server, apr_pool_t *p)
{
    mapped_t mapped = {NULL, NULL, json_tie(p, json_array())};
    site_t *site = apr_pcalloc(p, sizeof *site);
    place_says_t says = {.dir = directory_make(p), .p = p};
    if (!page)
        mapped_path(&mapped, path, server, main_server, p);
    const apr_array_header_t *sections =
        governing_sections(path, mapped.file, server, main_server, p);
    json_object_set_new(place, "sections", described_sections(&says, sections, mapped.unsure));
    const apr_array_header_t *htaccess =
        mapped.file ? governing_htaccess(mapped.file, server, main_server, p) : NULL;
    for (int i = 0; htaccess && i < htaccess->nelts; i++)
        json_array_append_new(mapped.unsure, json_string(APR_ARRAY_IDX(htaccess, i, const char *)));
    json_set_text(place, "file", mapped.file);
    json_set_text(place, "proxied", mapped.proxied);
    json_set_text(place, "auth_type", says.auth_type);
    json_set_text(place, "auth_name", says.auth_name);
    json_set_text(place, "handler", says.handler);
    json_set_text(place, "satisfy", says.satisfy);
    json_object_set(place, "require", says.authz.require ? says.authz.require : json_null());
    json_object_set(place, "unsure", mapped.unsure);
    if (directives_of(server)->engine && site_make(site, directives_of(server), server, p))
        describe_demand(place, &says, site);
}

/* The path as httpd compares it: decoded, and without ".." and doubled slashes. */
static const char *path_asked(const apr_uri_t *uri, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, uri->path && *uri->path ? uri->path : "/");
    return ap_unescape_url(path) == OK && ap_normalize_path(path, AP_NORMALIZE_MERGE_SLASHES)
               ? path
               : NULL;
}

json_t *described_place(const char *url, server_rec *main_server, apr_pool_t *p)
{
    apr_uri_t uri;
    public_url_t origin;
    bool public_one = false;
    json_t *place = json_object();
    json_set_text(place, "url", url);
    const char *path = apr_uri_parse(p, url, &uri) == APR_SUCCESS ? path_asked(&uri, p) : NULL;
    if (!path || !uri.scheme || !uri.hostname ||
        public_url_make(&origin, !strcasecmp(uri.scheme, "https"), uri.hostname,
                        uri.port ? uri.port : apr_uri_port_of_scheme(uri.scheme), p))
        return place;
    server_rec *server = server_of(&origin, main_server, &public_one, p);
    if (!server)
        return place;
    site_t *site = apr_pcalloc(p, sizeof *site);
    const bool engine =
        directives_of(server)->engine && site_make(site, directives_of(server), server, p);
    const char *page = engine ? page_of(site, path) : NULL;
    json_set_text(place, "path", path);
    json_set_text(place, "site", engine ? site->url.text : NULL);
    json_object_set_new(place, "public", json_boolean(public_one));
    json_set_text(place, "page", page);
    describe_governed(place, path, page, server, main_server, p);
    return place;
}
