/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: AuthType MPin where no Require asks for anybody, so that all come in. The
 * .htaccess files are read at requests only. */
#include "config/checks.h"

#include <apr_strings.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"
#include "config/tree.h"

/* What the lines that may hold at a place say of who comes in. */
typedef struct gate_t {
    apr_pool_t *pconf;
    const ap_directive_t *place; /* the section of AuthType; NULL is the server */
    const server_rec *server;    /* that it stands in */
    bool asks;                   /* a Require asks who somebody is */
    bool limits;                 /* ... but for some methods only */
    bool grants;                 /* "all granted" is enough, in this very section */
    bool grants_elsewhere;       /* ... in another one */
    bool merges;                 /* AuthMerging Or: another section's is enough here, too */
    bool other;                  /* a Require of this section that asks nobody, as by address */
    bool passes;                 /* it is meant to be open: MPinUnauthenticated pass */
    bool overridden;             /* ... or may be: another section, an .htaccess file may say so */
} gate_t;

/* ---- sections -------------------------------------------------------------------------------- */

/* The section whose lines httpd merges for a request: <If>, <Limit> and <Require...> are parts of
 * one. NULL where that is a whole server. */
static const ap_directive_t *place_of(const ap_directive_t *node)
{
    static const char *const sections[] = {"<Location", "<Directory", "<Files", "<Proxy", NULL};
    for (const ap_directive_t *up = node->parent; up; up = up->parent)
        for (const char *const *each = sections; *each; each++)
            if (!strncasecmp(up->directive, *each, strlen(*each)))
                return up;
    return NULL;
}

/* The path of a plain <Location>; NULL where only a request could tell. */
static const char *plain_location(const ap_directive_t *section, apr_pool_t *p)
{
    if (strcasecmp(section->directive, "<Location"))
        return NULL;
    const char *path = tree_section_path(section, p);
    return strpbrk(path, "~*?[") ? NULL : path;
}

/* Can the lines of both hold for one request? Where nobody can tell, they can. */
static bool places_meet(const ap_directive_t *one, const ap_directive_t *other, apr_pool_t *p)
{
    if (!one || !other || one == other)
        return true;
    const char *a = plain_location(one, p), *b = plain_location(other, p);
    return !a || !b || surroundings_inside(a, b) || surroundings_inside(b, a);
}

static bool stands_in(const ap_directive_t *node, const char *section)
{
    for (const ap_directive_t *up = node->parent; up; up = up->parent)
        if (!strcasecmp(up->directive, section))
            return true;
    return false;
}

/* Does it hold alone, whatever else the section says? */
static bool is_enough(const ap_directive_t *node)
{
    const ap_directive_t *up = node->parent;
    while (up && !strcasecmp(up->directive, "<RequireAny"))
        up = up->parent;
    return up && up == place_of(node);
}

/* ---- their lines ----------------------------------------------------------------------------- */

static bool is_all_granted(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return !strcasecmp(ap_getword_conf(p, &args), "all") &&
           !strcasecmp(ap_getword_conf(p, &args), "granted");
}

/* Is it one of those that have nothing to do with who asks? They stand everywhere, as Debian's
 * <Directory> with "all granted". */
static bool asks_for_nobody(const ap_directive_t *node, apr_pool_t *p)
{
    static const char *const kinds[] = {"all", "ip",     "host", "forward-dns", "local",
                                        "env", "method", "expr", NULL};
    const char *args = node->args, *word = ap_getword_conf(p, &args);
    if (!strcasecmp(word, "not"))
        word = ap_getword_conf(p, &args);
    if (!strcasecmp(word, "expr") && strstr(args, "REMOTE_USER"))
        return false;
    for (const char *const *each = kinds; *each; each++)
        if (!strcasecmp(word, *each))
            return true;
    return false;
}

static void read_require(gate_t *gate, const ap_directive_t *node, const ap_directive_t *place)
{
    const bool here = place && place == gate->place;
    if (is_all_granted(node, gate->pconf) && is_enough(node))
        *(here ? &gate->grants : &gate->grants_elsewhere) = true;
    else if (asks_for_nobody(node, gate->pconf))
        gate->other |= here;
    else if (stands_in(node, "<Limit"))
        gate->limits = true;
    else
        gate->asks = true;
}

static void visit_gate(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    gate_t *gate = walk->baton;
    const ap_directive_t *place = place_of(node);
    const char *name = node->directive;
    if (!strncasecmp(name, "AllowOverride", strlen("AllowOverride")) &&
        strcasecmp(tree_first_word(node, gate->pconf), "None"))
        gate->overridden = true;
    if (!tree_servers_meet(walk, server, gate->server) ||
        !places_meet(place, gate->place, gate->pconf))
        return;
    if (!strcasecmp(name, "Require"))
        read_require(gate, node, place);
    if (!strcasecmp(name, "MPinUnauthenticated") &&
        !strcasecmp(tree_first_word(node, gate->pconf), "pass"))
        *(place == gate->place ? &gate->passes : &gate->overridden) = true;
    if (!strcasecmp(name, "AuthMerging") && place == gate->place)
        gate->merges = !strcasecmp(tree_first_word(node, gate->pconf), "Or");
}

/* ---- */

void check_require(const tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    static const char open_to_all[] =
        "no Require asks for anybody here, so the place is open to all; write Require valid-user "
        "beside it";
    apr_pool_t *pconf = walk->baton;
    gate_t gate = {.pconf = pconf, .place = place_of(node), .server = server};
    tree_walk_t inner = {walk->main_server, visit_gate, &gate};
    const written_t at = check_written(node);
    tree_walk_beside(&inner, server);
    if (gate.passes)
        return;
    if (gate.grants || (gate.merges && gate.grants_elsewhere))
        mistake_maybe(pconf, &at,
                      "\"Require all granted\" is enough here, so nobody is asked to sign in; "
                      "write Require valid-user alone");
    else if (gate.limits && !gate.asks)
        mistake_maybe(pconf, &at,
                      "a Require in <Limit> alone leaves all other methods open to all; write it "
                      "outside");
    else if (!gate.asks && !gate.other && gate.overridden)
        mistake_maybe(pconf, &at, "%s", open_to_all);
    else if (!gate.asks && !gate.other)
        mistake(pconf, &at, "%s", open_to_all);
}
