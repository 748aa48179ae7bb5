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

static const trusted_setting_t *login_number(const server_config_t *config, int i)
{
    return config->trusted && i < config->trusted->nelts
               ? &APR_ARRAY_IDX(config->trusted, i, trusted_setting_t)
               : NULL;
}

static bool trusts(const server_config_t *config, const char *name)
{
    return settings_trust(config, name) ||
           !config->paths.path[PATH_LOGIN]; /* they are at another host */
}

/* The main server stands for all of them. */
bool check_is_trusted_at(const server_rec *main_server, const server_rec *server, const char *name)
{
    const bool all = server == main_server;
    for (const server_rec *each = server; each; each = all ? each->next : NULL)
        if (directives_of(each)->engine && trusts(directives_of(each), name))
            return true;
    return false;
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
        line->at = check_written(node);
}

static written_t line_of(const checked_t *site, const trusted_setting_t *login)
{
    line_t line = {site->server, login->name, site->pconf, *check_at(site, SETTING_trusted)};
    tree_walk_t walk = {site->main_server, visit_trusted_line, &line};
    tree_walk(&walk);
    return line.at;
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

static void check_where(const login_at_t *at)
{
    apr_pool_t *p = at->site->pconf;
    const char *place = at->login->location, *inside = at->site->config->cookie_path;
    const char *ours = check_page_of_ours(at->site, place);
    if (ours)
        mistake(p, &at->written, "%s is taken by %s, a page of ours; write another, as /trusted/%s",
                place, ours, at->login->name);
    if (inside && !cookie_path_covers(inside, place))
        mistake(p, &at->written,
                "%s lies outside of %s (MPinCookiePath) and would never see our cookies; write a "
                "path inside",
                place, inside);
}

/* A page of ours ends no session there, and the place itself begins one. */
static void check_logout(const login_at_t *at)
{
    apr_pool_t *p = at->site->pconf;
    const char *logout = at->login->logout ? at->login->logout : "";
    const char *path = apr_pstrmemdup(p, logout, strcspn(logout, "?"));
    const bool is_callback = at->login->callback && !strcmp(path, at->login->callback);
    if (!strcmp(logout, at->login->location) ||
        (check_page_of_ours(at->site, path) && (!is_callback || !strcmp(logout, path))))
        mistake(p, &at->written,
                "logout=%.80s ends no session of the other module; write where that, or the "
                "provider, signs people out, or leave logout= out",
                logout);
}

static void check_expression(const login_at_t *at)
{
    apr_pool_t *p = at->site->pconf;
    ap_expr_info_t info = {.filename = at->written.file,
                           .line_number = (unsigned)at->written.line,
                           .flags = AP_EXPR_FLAG_STRING_RESULT,
                           .module_index = auth_mpin_module.module_index};
    const char *user = at->login->user;
    const char *wrong = user ? ap_expr_parse(p, p, &info, user, NULL) : NULL;
    if (wrong)
        mistake(p, &at->written,
                "user=%.80s is no expression (%.120s); write as in user=%%{reqenv:NAME}", user,
                wrong);
}

/* Settings of trusted logins, where there is none. */
static void check_for_nothing(const checked_t *site)
{
    const server_config_t *config = site->config;
    const apr_array_header_t *headers = config->pass_headers;
    if (config->written[SETTING_trusted])
        return;
    if (config->written[SETTING_trusted_max_age] && config->trusted_max_age)
        mistake_maybe(site->pconf, check_at(site, SETTING_trusted_max_age),
                      "there is no trusted login that could be too old; write MPinTrustedLogin, or "
                      "leave it out");
    for (int i = 0; headers && config->paths.path[PATH_LOGIN] && i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        if (header->field == PASS_SUBJECT || header->field == PASS_CLAIM)
            mistake_maybe(site->pconf, check_at(site, SETTING_pass_headers),
                          "there is no trusted login that could say what %s shall have; write "
                          "MPinTrustedLogin, or leave it out",
                          header->name);
    }
}

void check_trusted(const checked_t *site)
{
    const server_config_t *config = site->config;
    const trusted_setting_t *login;
    if (!config->trusted) {
        check_for_nothing(site);
        return;
    }
    if (config->service.parts || !config->paths.path[PATH_LOGIN]) {
        mistake(site->pconf, check_at(site, SETTING_trusted),
                "there is no login page here that could offer it; move it to the vhost with the "
                "login page");
        return;
    }
    for (int i = 0; (login = login_number(config, i)); i++) {
        const login_at_t at = {site, login, line_of(site, login)};
        check_where(&at);
        check_logout(&at);
        check_expression(&at);
        check_guard(&at);
    }
}

/* ---- where one is named ---- */

/* Require mpin-amr takes names, as only all of the configuration knows which there are. */
static void check_amr(const tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = check_written(node);
    const char *args = node->args, *word = ap_getword_conf(pconf, &args);
    if (!strcasecmp(word, "not"))
        word = ap_getword_conf(pconf, &args);
    if (strcasecmp(node->directive, "Require") || strcasecmp(word, "mpin-amr"))
        return;
    while (*args) {
        word = ap_getword_conf(pconf, &args);
        const uint32_t bit = session_amr_bit(word);
        if (bit == AMR_TRUSTED && !check_is_trusted_at(walk->main_server, server, NULL))
            mistake(pconf, &at,
                    "mpin-amr trusted asks for a trusted login, of which there is none here; write "
                    "MPinTrustedLogin, or leave trusted out");
        else if (!bit && !check_is_trusted_at(walk->main_server, server, word))
            mistake(pconf, &at,
                    "mpin-amr has no \"%.80s\"; write pwd, pin, mfa, otp, sms, hwk, swk, user, "
                    "phone, trusted, or the name of an MPinTrustedLogin",
                    word);
    }
}

/* ---- places that nothing leads to ---- */

/* The line, whether it could be read or not, that has a place for which SetHandler holds. */
typedef struct leader_t {
    const ap_directive_t *handler;
    const server_rec *server; /* that it stands in */
    bool found, engine;
    apr_pool_t *pconf;
} leader_t;

static void visit_leader(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    leader_t *leader = walk->baton;
    if (strcasecmp(node->directive, "MPinTrustedLogin") ||
        !tree_servers_meet(walk, server, leader->server))
        return;
    const char *args = node->args;
    ap_getword_conf(leader->pconf, &args);
    const char *place = ap_getword_conf(leader->pconf, &args);
    if (tree_holds_at(leader->handler, place, leader->pconf) == TREE_HOLDS_NOT)
        return;
    leader->found = true;
    leader->engine |= directives_of(server)->engine || directives_of(leader->server)->engine;
}

static void visit_trusted_place(tree_walk_t *walk, const ap_directive_t *node,
                                const server_rec *server)
{
    apr_pool_t *pconf = walk->baton;
    const written_t at = check_written(node);
    leader_t leader = {.handler = node, .server = server, .pconf = pconf};
    tree_walk_t leaders = {walk->main_server, visit_leader, &leader};
    check_amr(walk, node, server);
    if (strcasecmp(node->directive, "SetHandler") ||
        strcasecmp(tree_first_word(node, pconf), CHECK_HANDLER))
        return;
    tree_walk(&leaders);
    if (!leader.found)
        mistake(pconf, &at,
                "no trusted login comes back here; write an MPinTrustedLogin with this place, or "
                "remove the line");
    else if (!leader.engine)
        mistake(pconf, &at,
                "trusted logins need the engine, which is off here; write MPinEngine On in this "
                "server");
}

void check_trusted_places(apr_pool_t *pconf, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_trusted_place, pconf};
    tree_walk(&walk);
}
