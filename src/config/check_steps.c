/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: second steps that are asked for and that nobody can take, or set up, or end. */
#include "config/checks.h"

#include <strings.h>

#include "config/mistakes.h"
#include "config/tree.h"
#include "session/demand.h"

/* Does a line of this server, or one that holds there, say `directive`? */
typedef struct line_search_t {
    const server_rec *server;
    const char *directive;
    bool found;
} line_search_t;

static void visit_line(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    line_search_t *search = walk->baton;
    if (!strcasecmp(node->directive, search->directive) &&
        tree_servers_meet(walk, server, search->server))
        search->found = true;
}

static bool is_written(const server_rec *main_server, const server_rec *server,
                       const char *directive)
{
    line_search_t search = {server, directive, false};
    tree_walk_t walk = {main_server, visit_line, &search};
    tree_walk(&walk);
    return search.found;
}

/* What a second step is set up by, each by its word of MPinSecondFactor. */
static const struct {
    const char *word, *directive, *mend;
} set_up_by[] = {
    {"totp", "MPinTOTP", "MPinTOTP NAME (or MPinWorkOS)"},
    {"sms", "MPinSMS", "MPinSMS (or MPinWorkOS)"},
};

/* An address may have none all the same: it is for trying, and people come by the name later. */
static bool passkeys_are_on(const server_rec *main_server, const server_rec *server)
{
    const bool all = server == main_server;
    for (const server_rec *each = all ? main_server : server; each; each = all ? each->next : NULL)
        if (directives_of(each)->engine && directives_of(each)->passkeys)
            return true;
    return false;
}

/* Where a place's line stands in the main server, it may hold for any vhost. */
static void check_place(apr_pool_t *pconf, const server_rec *main_server,
                        const directory_written_t *place)
{
    const char *word =
        place->dir->second > 0 ? demand_second_word((uint32_t)place->dir->second) : NULL;
    if (!word || strcasecmp(place->at.directive, "MPinSecondFactor") != 0)
        return;
    const server_rec *server = place->server;
    if (!directives_of(server)->paths.path[PATH_LOGIN]) /* all of it is at another host */
        return;
    for (size_t i = 0; i < sizeof(set_up_by) / sizeof(*set_up_by); i++)
        if (!strcasecmp(word, set_up_by[i].word) &&
            !is_written(main_server, server, set_up_by[i].directive) &&
            !is_written(main_server, server, "MPinWorkOS"))
            mistake(pconf, &place->at, "nobody can set one up here; write %s", set_up_by[i].mend);
    if (!strcasecmp(word, "passkey") && !passkeys_are_on(main_server, server))
        mistake(pconf, &place->at,
                "nobody can set one up here, as MPinPasskeys is Off; write On there");
}

static bool sets_up_none(const checked_t *site)
{
    const char *const directives[] = {"MPinTOTP", "MPinSMS", "MPinWorkOS"};
    for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++)
        if (is_written(site->main_server, site->server, directives[i]))
            return false;
    return !(site->url.text && check_takes_passkeys(site->config) &&
             public_url_takes_passkeys(&site->url));
}

static bool asks_for_second(const checked_t *site)
{
    return is_written(site->main_server, site->server, "MPinSecondFactor");
}

void check_steps(const checked_t *site)
{
    const server_config_t *config = site->config;
    if (config->second_enrol && sets_up_none(site))
        mistake(site->pconf, check_at(site, SETTING_second_enrol),
                "there is no second step that anybody could set up; write MPinTOTP NAME beside it");
    if (config->second_enrol && !config->paths.path[PATH_ACCOUNT])
        mistake(site->pconf, check_at(site, SETTING_second_enrol),
                "who sets one up could never remove it, as there is no account page; leave out "
                "MPinPath account off");
    if (config->totp_issuer && !config->second_enrol && !config->paths.path[PATH_ACCOUNT])
        mistake(site->pconf, check_at(site, SETTING_totp_issuer),
                "there is no account page to set one up at; leave out MPinPath account off");
    if (config->remember && !asks_for_second(site))
        mistake_maybe(site->pconf, check_at(site, SETTING_remember),
                      "no place asks for a second step, so there is nothing to spare; write "
                      "MPinSecondFactor in one");
    if (!config->paths.path[PATH_LOGIN] && asks_for_second(site) &&
        !is_written(site->main_server, site->server, "MPinUnauthenticated"))
        mistake(site->pconf, check_at(site, SETTING_paths),
                "a place here asks for a second step, and its page went with the login; write "
                "MPinUnauthenticated redirect:/PAGE there, of a page that leads to the login");
}

void check_second_factors(apr_pool_t *pconf, const server_rec *main_server)
{
    const apr_array_header_t *places = directives_of_directories(pconf);
    for (int i = 0; i < places->nelts; i++)
        check_place(pconf, main_server, &APR_ARRAY_IDX(places, i, directory_written_t));
}
