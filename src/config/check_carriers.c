/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what the modules behind trusted logins must be told, or anybody could come in
 * (docs/trusted.md, "SAML", "Client certificates"). */
#include "config/checks.h"

#include <http_config.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"

/* ---- SAML ---- */

typedef struct mellon_t {
    apr_pool_t *p;
    const char *enable, *variable; /* MellonEnable, MellonVariable */
    const ap_directive_t *key;     /* MellonSPPrivateKeyFile */
} mellon_t;

static void hear_mellon(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    mellon_t *mellon = baton;
    if (holds != TREE_HOLDS)
        return;
    if (!strcasecmp(node->directive, "MellonEnable"))
        mellon->enable = tree_first_word(node, mellon->p);
    if (!strcasecmp(node->directive, "MellonVariable"))
        mellon->variable = tree_first_word(node, mellon->p);
    if (!strcasecmp(node->directive, "MellonSPPrivateKeyFile"))
        mellon->key = node;
}

static mellon_t mellon_of(const checked_t *site, const trusted_setting_t *login)
{
    mellon_t mellon = {.p = site->pconf, .variable = ""};
    check_lines_at(site, login->location, hear_mellon, &mellon);
    return mellon;
}

/* Only its owner may read it, whoever that is. */
static void check_mellon_key(apr_pool_t *p, const ap_directive_t *node)
{
    const written_t at = check_written(node);
    const char *path = ap_server_root_relative(p, tree_first_word(node, p));
    if (path && surroundings_others_read(path))
        mistake_around(
            p, &at,
            "%s is the key by which this site is known to the provider, and others than its "
            "owner can read it; chmod 0600 %s",
            path, path);
}

/* mod_auth_mellon knows its sessions by the cookie's name only: those of one provider would be taken
 * at the place of another. */
static void check_mellon_cookie(const login_at_t *at, const mellon_t *mine)
{
    const apr_array_header_t *logins = at->site->config->trusted;
    for (int i = 0; i < logins->nelts; i++) {
        const trusted_setting_t *other = &APR_ARRAY_IDX(logins, i, trusted_setting_t);
        if (other == at->login)
            return;
        if (!strcasecmp(other->type, at->login->type) &&
            !strcmp(mine->variable, mellon_of(at->site, other).variable))
            mistake(
                mine->p, &at->written,
                "people of %s would be taken for people of %s, as mod_auth_mellon has one cookie "
                "for both; write MellonVariable %s into <Location %s>",
                other->name, at->login->name, at->login->name, at->login->location);
    }
}

void check_mellon(const login_at_t *at)
{
    const mellon_t mellon = mellon_of(at->site, at->login);
    if (!mellon.enable || strcasecmp(mellon.enable, "auth"))
        mistake(mellon.p, &at->written,
                "mod_auth_mellon asks nobody at %s; write MellonEnable auth into its <Location>",
                at->login->location);
    if (mellon.key)
        check_mellon_key(mellon.p, mellon.key);
    check_mellon_cookie(at, &mellon);
}

/* ---- client certificates, and passwords of anybody's ---- */

typedef struct basic_t {
    apr_pool_t *p;
    bool fakes;    /* SSLOptions +FakeBasicAuth */
    bool anybody;  /* AuthBasicProvider anon */
    bool verified; /* Require expr ... SSL_CLIENT_VERIFY ... SUCCESS */
} basic_t;

static bool has_word(const char *args, const char *wanted, apr_pool_t *p)
{
    while (*args)
        if (!strcasecmp(ap_getword_conf(p, &args), wanted))
            return true;
    return false;
}

static void hear_basic(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    basic_t *basic = baton;
    const char *args = node->args;
    if (holds != TREE_HOLDS)
        return;
    if (!strcasecmp(node->directive, "SSLOptions"))
        basic->fakes |=
            has_word(args, "+FakeBasicAuth", basic->p) || has_word(args, "FakeBasicAuth", basic->p);
    if (!strcasecmp(node->directive, "AuthBasicProvider"))
        basic->anybody = has_word(args, "anon", basic->p);
    if (!strcasecmp(node->directive, "Require"))
        basic->verified |= strstr(args, "SSL_CLIENT_VERIFY") && strstr(args, "SUCCESS");
}

void check_basic(const login_at_t *at)
{
    const char *place = at->login->location;
    basic_t basic = {.p = at->site->pconf};
    check_lines_at(at->site, place, hear_basic, &basic);
    if (basic.fakes && !basic.verified)
        mistake(
            basic.p, &at->written,
            "at %s anybody could come in without a certificate that is good; write Require expr "
            "\"%%{SSL:SSL_CLIENT_VERIFY} == 'SUCCESS'\" and Require valid-user into a "
            "<RequireAll> there",
            place);
    else if (basic.anybody && !basic.verified)
        mistake_maybe(basic.p, &at->written,
                      "at %s anybody comes in by any name and password (AuthBasicProvider anon); "
                      "write another provider there",
                      place);
    if (basic.fakes && !at->login->user)
        mistake_maybe(
            basic.p, &at->written,
            "people are called by the whole subject of their certificates, in which a space "
            "is no name here; write user=%%{SSL:SSL_CLIENT_SAN_Email_0} or another part "
            "that only one person has");
}
