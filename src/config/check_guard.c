/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: who guards the place of a trusted login (docs/trusted.md, "The place"). Only a
 * request can tell of .htaccess and <If>. */
#include "config/checks.h"

#include <http_config.h>
#include <http_request.h>
#include <string.h>

#include "config/mistakes.h"

/* ---- which lines hold at the place ---- */

typedef struct lines_t {
    const checked_t *site;
    const char *path;
    bool of_vhosts; /* whose lines come after the main server's */
    check_hear_t *hear;
    void *baton;
} lines_t;

static void visit_place_line(tree_walk_t *walk, const ap_directive_t *node,
                             const server_rec *server)
{
    const lines_t *lines = walk->baton;
    if ((server != walk->main_server) != lines->of_vhosts ||
        !tree_servers_meet(walk, server, lines->site->server))
        return;
    const tree_holds_t holds = tree_holds_at(node, lines->path, lines->site->pconf);
    if (holds != TREE_HOLDS_NOT)
        lines->hear(lines->baton, node, holds);
}

void check_lines_at(const checked_t *site, const char *path, check_hear_t *hear, void *baton)
{
    lines_t lines = {site, path, false, hear, baton};
    tree_walk_t walk = {site->main_server, visit_place_line, &lines};
    tree_walk(&walk);
    lines.of_vhosts = true;
    tree_walk(&walk);
}

/* ---- what Require lines make of a stranger ---- */

typedef enum {
    CLOSED, /* refused */
    ASKED,  /* asked who it is */
    SOME,   /* let in unasked, if something fits that is not who it is */
    OPEN    /* let in unasked */
} stranger_t;

/* "not" refuses those of a line, and lets nobody in: of the others another line tells. */
static stranger_t negated(stranger_t stranger)
{
    static const stranger_t others[] = {
        [CLOSED] = OPEN, [ASKED] = OPEN, [SOME] = SOME, [OPEN] = CLOSED};
    return others[stranger];
}

static stranger_t stranger_by_line(const ap_directive_t *node, apr_pool_t *p)
{
    static const char *const kinds[] = {"ip",  "host",   "forward-dns", "local",
                                        "env", "method", "expr",        NULL};
    const char *args = node->args, *word = ap_getword_conf(p, &args);
    const bool is_not = !strcasecmp(word, "not");
    stranger_t stranger = ASKED;
    if (is_not)
        word = ap_getword_conf(p, &args);
    for (const char *const *each = kinds; *each; each++)
        if (!strcasecmp(word, *each) && !strstr(args, "REMOTE_USER"))
            stranger = SOME;
    if (!strcasecmp(word, "all"))
        stranger = strcasecmp(args, "granted") ? CLOSED : OPEN;
    return is_not ? negated(stranger) : stranger;
}

/* In <RequireAll> the strictest line counts, else the mildest. */
static stranger_t stranger_in(const ap_directive_t *section, apr_pool_t *p)
{
    const bool all = !strcasecmp(section->directive, "<RequireAll");
    stranger_t stranger = all ? OPEN : CLOSED;
    for (const ap_directive_t *node = section->first_child; node; node = node->next) {
        stranger_t one;
        if (!strcasecmp(node->directive, "Require"))
            one = stranger_by_line(node, p);
        else if (tree_is_part(node) && tree_is_for_get(node, p))
            one = stranger_in(node, p);
        else
            continue;
        if (!strcasecmp(node->directive, "<RequireNone"))
            one = negated(one);
        if (all ? one < stranger : one > stranger)
            stranger = one;
    }
    return stranger;
}

/* ---- what is said of the place ---- */

typedef struct guard_t {
    const checked_t *site;
    bool handled;                  /* SetHandler mpin-trusted-login */
    bool unsure;                   /* a line may hold there, or may not */
    const char *type;              /* AuthType */
    bool named;                    /* AuthName */
    bool any;                      /* Satisfy Any */
    bool denies;                   /* Deny: whom it names is asked then */
    const ap_directive_t *section; /* whose Require lines hold: the last that has some */
    const ap_directive_t *earlier; /* ... the one before */
    const ap_directive_t *merging; /* AuthMerging: whose earlier one's hold, too */
    bool strictly;                 /* ... And, not Or */
} guard_t;

static void hear_require(guard_t *guard, const ap_directive_t *node)
{
    const ap_directive_t *section = tree_section_of(node);
    if (guard->section != section)
        guard->earlier = guard->section;
    guard->section = section;
}

static void hear_merging(guard_t *guard, const ap_directive_t *node, const char *how)
{
    guard->strictly = !strcasecmp(how, "And");
    guard->merging = guard->strictly || !strcasecmp(how, "Or") ? tree_section_of(node) : NULL;
}

static void hear_handler(guard_t *guard, const ap_directive_t *node, tree_holds_t holds)
{
    const bool ours = !strcasecmp(tree_first_word(node, guard->site->pconf), CHECK_HANDLER);
    guard->handled = holds == TREE_HOLDS ? ours : guard->handled || ours;
}

static void hear_surely(guard_t *guard, const ap_directive_t *node)
{
    apr_pool_t *p = guard->site->pconf;
    const char *name = node->directive, *word = tree_first_word(node, p);
    if (!strcasecmp(name, "AuthType"))
        guard->type = word;
    else if (!strcasecmp(name, "AuthName"))
        guard->named = true;
    else if (!strcasecmp(name, "Satisfy"))
        guard->any = !strcasecmp(word, "Any");
    else if (!strcasecmp(name, "Deny"))
        guard->denies = true;
    else if (!strcasecmp(name, "AuthMerging"))
        hear_merging(guard, node, word);
    else if (!strcasecmp(name, "Require"))
        hear_require(guard, node);
}

static void hear_guard(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    guard_t *guard = baton;
    const char *name = node->directive;
    if (!strcasecmp(name, "SetHandler"))
        hear_handler(guard, node, holds);
    else if (holds == TREE_HOLDS)
        hear_surely(guard, node);
    else if (!strcasecmp(name, "AuthName"))
        guard->named = true;
    else if (!strncasecmp(name, "Auth", 4) || !strcasecmp(name, "Require"))
        guard->unsure |= node->parent && strncasecmp(node->parent->directive, "<Dir", 4);
}

/* ---- the module that authenticates there ---- */

typedef struct carrier_t {
    const char *type;                  /* AuthType */
    const char *module;                /* of it */
    const char *called;                /* by which it calls those whom it has let in */
    bool needs_name;                   /* AuthName */
    void (*check)(const login_at_t *); /* what else it must be told, or NULL */
} carrier_t;

static const carrier_t carriers[] = {
    {"Basic", "mod_auth_basic.c", "Basic", true, check_basic},
    {"Digest", "mod_auth_digest.c", "Digest", true, NULL},
    {"form", "mod_auth_form.c", "form", true, NULL},
    {"openid-connect", "mod_auth_openidc.c", "openid-connect", false, check_openid},
    {"auth-openidc", "mod_auth_openidc.c", "auth-openidc", false, check_openid},
    {"Mellon", "mod_auth_mellon.c", "Mellon", false, check_mellon},
    {"GSSAPI", "mod_auth_gssapi.c", "Negotiate", false, check_tickets},
    {"shibboleth", "mod_shib.cpp", "shibboleth", false, NULL},
    {"CAS", "mod_auth_cas.c", "CAS", false, NULL},
};
#define CARRIERS (sizeof(carriers) / sizeof(*carriers))

static const carrier_t *carrier_of_type(const char *type)
{
    for (const carrier_t *each = carriers; each < carriers + CARRIERS; each++)
        if (!strcasecmp(type, each->type))
            return each;
    return NULL;
}

/* Modules that know no other types than we know, too. */
static bool is_known(const char *module)
{
    bool known = !strcmp(module, "mod_auth_mpin.c") || !strcmp(module, "mod_authn_core.c");
    for (size_t i = 0; i < CARRIERS; i++)
        known = known || !strcmp(module, carriers[i].module);
    return known;
}

/* Is there a module that may be of a type that we do not know? */
static bool has_unknown_module(void)
{
    const apr_array_header_t *hooks = ap_hook_get_check_user_id();
    for (int i = 0; hooks && i < hooks->nelts; i++)
        if (!is_known(APR_ARRAY_IDX(hooks, i, ap_LINK_check_user_id_t).szName))
            return true;
    return false;
}

static void check_carrier(const guard_t *guard, const login_at_t *at)
{
    apr_pool_t *p = guard->site->pconf;
    const carrier_t *carrier = carrier_of_type(guard->type);
    const char *place = at->login->location, *type = at->login->type;
    const char *called = carrier ? carrier->called : guard->type;
    if (!strcasecmp(guard->type, "None") || !strcasecmp(guard->type, "MPin"))
        mistake(p, &at->written, "AuthType %s at %s asks nobody; write AuthType %s there",
                guard->type, place, type);
    else if (carrier && !ap_find_linked_module(carrier->module))
        mistake(p, &at->written,
                "%s is guarded by AuthType %s, of %.*s, which is not loaded; add its LoadModule "
                "line",
                place, guard->type, (int)strcspn(carrier->module, "."), carrier->module);
    else if (!carrier && !has_unknown_module())
        mistake(p, &at->written,
                "%s is guarded by AuthType %s, which no module that is loaded knows; add the "
                "LoadModule line of one that does",
                place, guard->type);
    else if (strcasecmp(called, type))
        mistake(p, &at->written,
                "%s is guarded by AuthType %s, whose people are called %s and not %s; write %s for "
                "%s",
                place, guard->type, called, type, called, type);
    else if (carrier && carrier->needs_name && !guard->named && !guard->unsure)
        mistake(p, &at->written,
                "AuthType %s answers 500 at %s without a name to show; write AuthName there",
                guard->type, place);
    else if (carrier && carrier->check)
        carrier->check(at);
}

/* ---- who is asked there ---- */

/* Does a Require ask who somebody is? */
static bool asks(const ap_directive_t *section, apr_pool_t *p)
{
    for (const ap_directive_t *node = section->first_child; node; node = node->next)
        if (!strcasecmp(node->directive, "Require")
                ? stranger_by_line(node, p) == ASKED
                : tree_is_part(node) && tree_is_for_get(node, p) && asks(node, p))
            return true;
    return false;
}

static stranger_t stranger_there(const guard_t *guard, apr_pool_t *p)
{
    const stranger_t here = guard->section ? stranger_in(guard->section, p) : CLOSED;
    if (!guard->earlier || guard->merging != guard->section)
        return here;
    const stranger_t before = stranger_in(guard->earlier, p);
    return (before < here) == guard->strictly ? before : here;
}

static bool asks_there(const guard_t *guard, apr_pool_t *p)
{
    return (guard->section && asks(guard->section, p)) ||
           (guard->earlier && guard->merging == guard->section && asks(guard->earlier, p));
}

static void check_strangers(const guard_t *guard, const login_at_t *at)
{
    apr_pool_t *p = guard->site->pconf;
    const char *place = at->login->location;
    const stranger_t stranger = stranger_there(guard, p);
    const bool asked = asks_there(guard, p);
    if (stranger == OPEN)
        mistake(p, &at->written,
                "\"Require all granted\" is enough at %s, so that nobody is asked there; write "
                "Require valid-user alone",
                place);
    else if (!asked && !guard->unsure)
        mistake(p, &at->written,
                "no Require asks for anybody at %s, so that nobody is asked there; write Require "
                "valid-user into its <Location>",
                place);
    else if (guard->any && !guard->denies)
        mistake(p, &at->written, "\"Satisfy Any\" lets all in unasked at %s; write Satisfy All",
                place);
    else if (stranger == SOME && asked)
        mistake_maybe(p, &at->written,
                      "one Require at %s is enough without a user, so that nobody knows who came "
                      "by it; write it and Require valid-user into a <RequireAll>",
                      place);
}

void check_guard(const login_at_t *at)
{
    apr_pool_t *p = at->site->pconf;
    const char *place = at->login->location, *type = at->login->type;
    guard_t guard = {.site = at->site};
    check_lines_at(at->site, place, hear_guard, &guard);
    if (!guard.handled)
        mistake(p, &at->written,
                "nobody is signed in at %s; write <Location %s> with SetHandler " CHECK_HANDLER
                ", AuthType %s and Require valid-user in it",
                place, place, type);
    else if (!guard.type && !guard.unsure)
        mistake(p, &at->written,
                "no module guards %s, so that nobody could be trusted there; write AuthType %s and "
                "Require valid-user into its <Location>",
                place, type);
    else if (guard.type) {
        check_carrier(&guard, at);
        check_strangers(&guard, at);
    }
}
