/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: trusted logins, and the places at which another module authenticates for them
 * (docs/trusted.md, "The place"). Only a request can tell of .htaccess, <If> and patterns. */
#include "config/checks.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "config/cookie_name.h"
#include "config/mistakes.h"
#include "config/surroundings.h"
#include "session/session.h"

#define HANDLER "mpin-trusted-login"

static const trusted_setting_t *login_number(const server_config_t *config, int i)
{
    return config->trusted && i < config->trusted->nelts
               ? &APR_ARRAY_IDX(config->trusted, i, trusted_setting_t)
               : NULL;
}

/* ---- its own line ---- */

typedef struct line_t {
    const server_rec *server;
    const char *name;
    apr_pool_t *pconf;
    written_t at;
} line_t;

static void visit_trusted_line(tree_walk_t *walk, const ap_directive_t *node,
                               const server_rec *server)
{
    line_t *line = walk->baton;
    if (!strcasecmp(node->directive, "MPinTrustedLogin") &&
        tree_servers_meet(walk, server, line->server) &&
        !strcmp(tree_first_word(node, line->pconf), line->name))
        line->at = (written_t){node->directive, node->filename, node->line_num};
}

static written_t line_of(const checked_t *site, const trusted_setting_t *login)
{
    line_t line = {site->server, login->name, site->pconf, *check_at(site, SETTING_trusted)};
    tree_walk_t walk = {site->main_server, visit_trusted_line, &line};
    tree_walk(&walk);
    return line.at;
}

/* ---- what is said of its place ---- */

typedef struct guard_t {
    const checked_t *site;
    const trusted_setting_t *login;
    bool handled; /* SetHandler mpin-trusted-login */
    bool unsure;  /* a line may hold there, or may not */
    bool asks;    /* a Require asks who somebody is */
    bool grants;  /* ... or one is enough that asks nobody */
    const char *type;
    const ap_directive_t *section; /* whose Require lines these are: the last one's hold */
    bool of_vhost;                 /* ... and a vhost's come after the main server's */
} guard_t;

typedef enum { HOLDS_NOT, HOLDS_MAYBE, HOLDS } holds_t;

/* Do the lines of this section hold at the path? */
static holds_t section_holds_at(const ap_directive_t *section, const char *path, apr_pool_t *p)
{
    if (strcasecmp(section->directive, "<Location"))
        return strncasecmp(section->directive, "<Proxy", 6) ? HOLDS_MAYBE : HOLDS_NOT;
    const char *words = tree_section_path(section, p);
    if (strpbrk(words, "~*?["))
        return HOLDS_MAYBE;
    return surroundings_inside(path, words) ? HOLDS : HOLDS_NOT;
}

/* Parts of a section, of which each line holds where the section does. */
static bool is_part(const ap_directive_t *section)
{
    return !strncasecmp(section->directive, "<Require", 8) ||
           !strncasecmp(section->directive, "<Limit", 6) ||
           !strncasecmp(section->directive, "<VirtualHost", 12) ||
           !strncasecmp(section->directive, "<IfModule", 9) ||
           !strncasecmp(section->directive, "<IfDefine", 9);
}

static holds_t line_holds_at(const ap_directive_t *node, const char *path, apr_pool_t *p)
{
    holds_t all = HOLDS;
    for (const ap_directive_t *up = node->parent; up; up = up->parent) {
        const holds_t one = is_part(up) ? HOLDS : section_holds_at(up, path, p);
        if (one < all)
            all = one;
    }
    return all;
}

bool check_holds_at(const ap_directive_t *node, const char *path, apr_pool_t *p)
{
    return line_holds_at(node, path, p) == HOLDS;
}

static const ap_directive_t *section_of(const ap_directive_t *node)
{
    const ap_directive_t *section = node->parent;
    while (section && is_part(section))
        section = section->parent;
    return section;
}

/* Does this section's word hold, and not an earlier one's? */
static bool has_last_word(guard_t *guard, const ap_directive_t *section, bool of_vhost)
{
    if (guard->of_vhost && !of_vhost)
        return false;
    if (guard->section != section)
        guard->asks = guard->grants = false;
    guard->section = section;
    guard->of_vhost = of_vhost;
    return true;
}

/* Debian's <Directory> has "all granted" for everything: that is only enough in a <Location>. */
static void hear_require(guard_t *guard, const ap_directive_t *node)
{
    static const char *const kinds[] = {"all", "ip",     "host", "forward-dns", "local",
                                        "env", "method", "not",  NULL};
    const char *args = node->args, *word = ap_getword_conf(guard->site->pconf, &args);
    bool asks = true;
    for (const char *const *each = kinds; *each; each++)
        asks = asks && strcasecmp(word, *each);
    guard->asks |= asks;
    guard->grants |= !strcasecmp(word, "all") && !strcasecmp(args, "granted");
}

static void visit_guard(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    guard_t *guard = walk->baton;
    apr_pool_t *p = guard->site->pconf;
    const char *name = node->directive;
    if (!tree_servers_meet(walk, server, guard->site->server))
        return;
    const holds_t holds = line_holds_at(node, guard->login->location, p);
    if (!strcasecmp(name, "SetHandler") && !strcasecmp(tree_first_word(node, p), HANDLER))
        guard->handled |= holds != HOLDS_NOT;
    if (strncasecmp(name, "Auth", 4) && strcasecmp(name, "Require") && strcasecmp(name, "Use"))
        return;
    if (holds == HOLDS_MAYBE && node->parent && strncasecmp(node->parent->directive, "<Dir", 4))
        guard->unsure = true;
    if (holds != HOLDS)
        return;
    if (!strcasecmp(name, "AuthType"))
        guard->type = tree_first_word(node, p);
    if (!strcasecmp(name, "Require") &&
        has_last_word(guard, section_of(node), server != walk->main_server))
        hear_require(guard, node);
}

/* ---- the module that authenticates there ---- */

static const struct {
    const char *type;   /* AuthType */
    const char *module; /* of it */
    const char *called; /* by which it calls those whom it has let in, NULL: the same */
} carriers[] = {
    {"Basic", "mod_auth_basic.c", NULL},
    {"Digest", "mod_auth_digest.c", NULL},
    {"form", "mod_auth_form.c", NULL},
    {"openid-connect", "mod_auth_openidc.c", NULL},
    {"auth-openidc", "mod_auth_openidc.c", NULL},
    {"Mellon", "mod_auth_mellon.c", NULL},
    {"GSSAPI", "mod_auth_gssapi.c", "Negotiate"},
    {"shibboleth", "mod_shib", NULL},
    {"CAS", "mod_auth_cas.c", NULL},
};

static void check_carrier(const guard_t *guard, const written_t *at)
{
    const trusted_setting_t *login = guard->login;
    const char *called = guard->type, *module = NULL;
    for (size_t i = 0; i < sizeof(carriers) / sizeof(*carriers); i++)
        if (!strcasecmp(guard->type, carriers[i].type)) {
            called = carriers[i].called ? carriers[i].called : called;
            module = carriers[i].module;
        }
    if (module && !ap_find_linked_module(module))
        mistake(guard->site->pconf, at,
                "%s is guarded by AuthType %s, of %.*s, which is not loaded; add its LoadModule "
                "line",
                login->location, guard->type, (int)strcspn(module, "."), module);
    else if (strcasecmp(called, login->type))
        mistake(guard->site->pconf, at,
                "%s is guarded by AuthType %s, so that nobody comes there by %s; write %s for %s",
                login->location, guard->type, login->type, called, login->type);
    else if (module && !strcmp(module, "mod_auth_openidc.c"))
        check_openid(guard->site, login, at);
}

static void check_guard(const checked_t *site, const trusted_setting_t *login, const written_t *at)
{
    guard_t guard = {.site = site, .login = login};
    tree_walk_t walk = {site->main_server, visit_guard, &guard};
    tree_walk(&walk);
    if (!guard.handled)
        mistake(site->pconf, at,
                "nobody is signed in at %s; write <Location %s> with SetHandler " HANDLER
                ", AuthType %s and Require valid-user in it",
                login->location, login->location, login->type);
    else if (!guard.type && !guard.unsure)
        mistake(site->pconf, at,
                "no module guards %s, so that nobody could be trusted there; write AuthType %s and "
                "Require valid-user into its <Location>",
                login->location, login->type);
    else if (guard.type)
        check_carrier(&guard, at);
    if (guard.handled && guard.type && guard.grants)
        mistake(site->pconf, at,
                "\"Require all granted\" is enough at %s, so that nobody is asked there; write "
                "Require valid-user alone",
                login->location);
    else if (guard.handled && guard.type && !guard.asks && !guard.unsure)
        mistake(site->pconf, at,
                "no Require asks for anybody at %s, so that nobody is asked there; write Require "
                "valid-user into its <Location>",
                login->location);
}

/* ---- the rest of the line ---- */

const char *check_page_of_ours(const checked_t *site, const char *path)
{
    static const char *const steps[] = {"/step", "/passkey", "/with", NULL};
    const char *const *ours = site->config->paths.path;
    for (int i = 0; i < PATH_COUNT; i++) {
        const bool tree =
            i == PATH_RPS || i == PATH_ASSETS || i == PATH_MOBILE || i == PATH_ACCOUNT;
        if (ours[i] && (!strcmp(path, ours[i]) || (tree && surroundings_inside(path, ours[i]))))
            return ours[i];
    }
    for (const char *const *step = steps; ours[PATH_LOGIN] && *step; step++) {
        const char *page = apr_pstrcat(site->pconf, ours[PATH_LOGIN], *step, NULL);
        if (surroundings_inside(path, page))
            return page;
    }
    return NULL;
}

static void check_where(const checked_t *site, const trusted_setting_t *login, const written_t *at)
{
    const server_config_t *config = site->config;
    const char *ours = check_page_of_ours(site, login->location);
    if (ours)
        mistake(site->pconf, at, "%s is taken by %s, a page of ours; write another, as /trusted/%s",
                login->location, ours, login->name);
    if (config->cookie_path && !cookie_path_covers(config->cookie_path, login->location))
        mistake(site->pconf, at,
                "%s lies outside of %s (MPinCookiePath) and would never see our cookies; write a "
                "path inside",
                login->location, config->cookie_path);
}

static void check_expression(const checked_t *site, const trusted_setting_t *login,
                             const written_t *at)
{
    ap_expr_info_t info = {.filename = at->file,
                           .line_number = (unsigned)at->line,
                           .flags = AP_EXPR_FLAG_STRING_RESULT,
                           .module_index = auth_mpin_module.module_index};
    const char *wrong =
        login->user ? ap_expr_parse(site->pconf, site->pconf, &info, login->user, NULL) : NULL;
    if (wrong)
        mistake(site->pconf, at,
                "user=%.80s is no expression (%.120s); write as in user=%%{reqenv:NAME}",
                login->user, wrong);
}

void check_trusted(const checked_t *site)
{
    const server_config_t *config = site->config;
    const trusted_setting_t *login;
    if (!config->trusted) {
        if (config->written[SETTING_trusted_max_age] && config->trusted_max_age)
            mistake_maybe(site->pconf, check_at(site, SETTING_trusted_max_age),
                          "there is no trusted login that could be too old; write "
                          "MPinTrustedLogin, or leave it out");
        return;
    }
    if (config->service.parts || !config->paths.path[PATH_LOGIN]) {
        mistake(site->pconf, check_at(site, SETTING_trusted),
                "there is no login page here that could offer it; move it to the vhost with the "
                "login page");
        return;
    }
    for (int i = 0; (login = login_number(config, i)); i++) {
        const written_t at = line_of(site, login);
        check_where(site, login, &at);
        check_expression(site, login, &at);
        check_guard(site, login, &at);
        check_tickets(site, login, &at);
        check_carrier_of(site, login, &at);
    }
}

/* ---- where one is named ---- */

static bool any_trusts_there(const tree_walk_t *walk, const server_rec *server, const char *name)
{
    for (const server_rec *each = walk->main_server; each; each = each->next)
        if (tree_servers_meet(walk, server, each) &&
            (settings_trust(directives_of(each), name) ||
             !directives_of(each)->paths.path[PATH_LOGIN])) /* they are at another host */
            return true;
    return false;
}

/* Require mpin-amr takes names, as only all of the configuration knows which there are. */
static void visit_amr(const tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = {node->directive, node->filename, node->line_num};
    const char *args = node->args, *word = ap_getword_conf(pconf, &args);
    if (!strcasecmp(word, "not"))
        word = ap_getword_conf(pconf, &args);
    if (strcasecmp(node->directive, "Require") || strcasecmp(word, "mpin-amr"))
        return;
    while (*args) {
        word = ap_getword_conf(pconf, &args);
        if (!session_amr_bit(word) && !any_trusts_there(walk, server, word))
            mistake(pconf, &at,
                    "mpin-amr has no \"%.80s\"; write pwd, pin, mfa, otp, sms, hwk, swk, user, "
                    "phone, trusted, or the name of an MPinTrustedLogin",
                    word);
    }
}

/* ---- places that nothing leads to ---- */

static bool leads_to(const server_config_t *config, const ap_directive_t *node, apr_pool_t *p)
{
    const trusted_setting_t *login;
    for (int i = 0; (login = login_number(config, i)); i++)
        if (line_holds_at(node, login->location, p) != HOLDS_NOT)
            return true;
    return false;
}

static void visit_trusted_place(tree_walk_t *walk, const ap_directive_t *node,
                                const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = {node->directive, node->filename, node->line_num};
    visit_amr(walk, node, server);
    if (strcasecmp(node->directive, "SetHandler") ||
        strcasecmp(tree_first_word(node, pconf), HANDLER))
        return;
    for (const server_rec *each = walk->main_server; each; each = each->next)
        if (tree_servers_meet(walk, server, each) && directives_of(each)->engine &&
            leads_to(directives_of(each), node, pconf))
            return;
    mistake(pconf, &at,
            "no trusted login comes back here; write an MPinTrustedLogin with this place, or "
            "remove the line");
}

void check_trusted_places(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_trusted_place, pconf};
    tree_walk(&walk);
}
