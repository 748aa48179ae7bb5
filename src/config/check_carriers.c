/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what the modules behind trusted logins must be told, or anybody could come in
 * (docs/trusted.md, "SAML", "Client certificates"). */
#include "config/checks.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>
#include <sys/stat.h>

#include "config/mistakes.h"

typedef struct carrier_t {
    const checked_t *site;
    const trusted_setting_t *login;
    const char *enable, *variable; /* MellonEnable, MellonVariable */
    const ap_directive_t *key;     /* MellonSPPrivateKeyFile */
    bool fakes;                    /* SSLOptions +FakeBasicAuth */
    bool anybody;                  /* AuthBasicProvider anon */
    bool verified;                 /* Require expr ... SSL_CLIENT_VERIFY ... SUCCESS */
} carrier_t;

static void hear_mellon(carrier_t *carrier, const ap_directive_t *node)
{
    apr_pool_t *p = carrier->site->pconf;
    if (!strcasecmp(node->directive, "MellonEnable"))
        carrier->enable = tree_first_word(node, p);
    if (!strcasecmp(node->directive, "MellonVariable"))
        carrier->variable = tree_first_word(node, p);
    if (!strcasecmp(node->directive, "MellonSPPrivateKeyFile"))
        carrier->key = node;
}

static bool has_word(const char *args, const char *wanted, apr_pool_t *p)
{
    while (*args)
        if (!strcasecmp(ap_getword_conf(p, &args), wanted))
            return true;
    return false;
}

static void hear_certificates(carrier_t *carrier, const ap_directive_t *node)
{
    apr_pool_t *p = carrier->site->pconf;
    if (!strcasecmp(node->directive, "SSLOptions"))
        carrier->fakes |=
            has_word(node->args, "+FakeBasicAuth", p) || has_word(node->args, "FakeBasicAuth", p);
    if (!strcasecmp(node->directive, "AuthBasicProvider"))
        carrier->anybody = has_word(node->args, "anon", p);
    if (!strcasecmp(node->directive, "Require"))
        carrier->verified |=
            strstr(node->args, "SSL_CLIENT_VERIFY") && strstr(node->args, "SUCCESS");
}

static void visit_carrier(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    carrier_t *carrier = walk->baton;
    if (!tree_servers_meet(walk, server, carrier->site->server) ||
        !check_holds_at(node, carrier->login->location, carrier->site->pconf))
        return;
    hear_mellon(carrier, node);
    hear_certificates(carrier, node);
}

static carrier_t carrier_of(const checked_t *site, const trusted_setting_t *login)
{
    carrier_t carrier = {.site = site, .login = login};
    tree_walk_t walk = {site->main_server, visit_carrier, &carrier};
    tree_walk(&walk);
    return carrier;
}

/* ---- SAML ---- */

/* Only its owner may read it, whoever that is. */
static void check_mellon_key(const checked_t *site, const ap_directive_t *node)
{
    const written_t at = {node->directive, node->filename, node->line_num};
    const char *path = ap_server_root_relative(site->pconf, tree_first_word(node, site->pconf));
    struct stat info;
    if (path && stat(path, &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)))
        mistake_around(
            site->pconf, &at,
            "%s is the key by which this site is known to the provider, and others than its "
            "owner can read it; chmod 0600 %s",
            path, path);
}

/* mod_auth_mellon knows its sessions by the cookie's name only: those of one provider would be taken
 * at the place of another. */
static void check_mellon_cookie(const checked_t *site, const carrier_t *mine, const written_t *at)
{
    const apr_array_header_t *logins = site->config->trusted;
    for (int i = 0; i < logins->nelts; i++) {
        const trusted_setting_t *other = &APR_ARRAY_IDX(logins, i, trusted_setting_t);
        if (other == mine->login)
            return;
        if (strcasecmp(other->type, mine->login->type))
            continue;
        const carrier_t theirs = carrier_of(site, other);
        if (!strcmp(mine->variable ? mine->variable : "", theirs.variable ? theirs.variable : ""))
            mistake(
                site->pconf, at,
                "people of %s would be taken for people of %s, as mod_auth_mellon has one cookie "
                "for both; write MellonVariable %s into <Location %s>",
                other->name, mine->login->name, mine->login->name, mine->login->location);
    }
}

static void check_mellon(const checked_t *site, const carrier_t *carrier, const written_t *at)
{
    const trusted_setting_t *login = carrier->login;
    if (!carrier->enable || strcasecmp(carrier->enable, "auth"))
        mistake(site->pconf, at,
                "mod_auth_mellon asks nobody at %s; write MellonEnable auth into its <Location>",
                login->location);
    if (carrier->key)
        check_mellon_key(site, carrier->key);
    check_mellon_cookie(site, carrier, at);
}

/* ---- client certificates ---- */

static void check_certificates(const checked_t *site, const carrier_t *carrier, const written_t *at)
{
    const char *location = carrier->login->location;
    if (carrier->fakes && !carrier->verified)
        mistake(
            site->pconf, at,
            "at %s anybody could come in without a certificate that is good; write Require expr "
            "\"%%{SSL:SSL_CLIENT_VERIFY} == 'SUCCESS'\" and Require valid-user into a "
            "<RequireAll> there",
            location);
    else if (carrier->anybody && !carrier->verified)
        mistake_maybe(site->pconf, at,
                      "at %s anybody comes in by any name and password (AuthBasicProvider anon); "
                      "write another provider there",
                      location);
    if (carrier->fakes && !carrier->login->user)
        mistake_maybe(
            site->pconf, at,
            "people are called by the whole subject of their certificates, in which a space "
            "is no name here; write user=%%{SSL:SSL_CLIENT_SAN_Email_0} or another part "
            "that only one person has");
}

void check_carrier_of(const checked_t *site, const trusted_setting_t *login, const written_t *at)
{
    const carrier_t carrier = carrier_of(site, login);
    if (!strcasecmp(login->type, "Mellon"))
        check_mellon(site, &carrier, at);
    if (!strcasecmp(login->type, "Basic"))
        check_certificates(site, &carrier, at);
}
