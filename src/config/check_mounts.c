/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: one line that tells which vhosts serve the login. An administrator's own rules
 * decide (docs/directives.md, "MPinEngine"); what they do is read from the text here, so it is a
 * word for people: only the request itself can tell for sure. */
#include "config/checks.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"
#include "config/tree.h"

APLOG_USE_MODULE(auth_mpin);

/* What a vhost's rules say of the login, as they are read from top to bottom. */
typedef struct mount_t {
    const server_rec *server;
    const char *path;              /* of the login */
    bool conditional;              /* a RewriteCond stands before the next rule */
    bool inside;                   /* a rule has led it somewhere inside */
    const ap_directive_t *answers; /* the line that sends it away or refuses it, NULL for none */
    const ap_directive_t *may;     /* the same under a condition */
    apr_pool_t *p;
} mount_t;

/* ---- one rule ---- */

static bool matches(const mount_t *mount, const char *pattern)
{
    const bool negated = *pattern == '!';
    ap_regex_t *regex = ap_pregcomp(mount->p, pattern + negated, AP_REG_EXTENDED);
    return regex && (ap_regexec(regex, mount->path, 0, NULL, 0) == 0) != negated;
}

static bool is_status(const char *word)
{
    return apr_isdigit(*word) || !strcasecmp(word, "permanent") || !strcasecmp(word, "temp") ||
           !strcasecmp(word, "seeother") || !strcasecmp(word, "gone");
}

/* Redirect [status] [path] URL: in a section without its path. */
static bool redirects(const mount_t *mount, const ap_directive_t *node)
{
    const char *rest = node->args;
    const char *word = ap_getword_conf(mount->p, &rest);
    if (!strcasecmp(node->directive, "Redirect") && is_status(word))
        word = ap_getword_conf(mount->p, &rest);
    if (!strcasecmp(node->directive, "RedirectMatch")) {
        if (is_status(word))
            word = ap_getword_conf(mount->p, &rest);
        return matches(mount, word);
    }
    const bool in_section = !*rest && *word != '/';
    return in_section || surroundings_inside(mount->path, word);
}

static bool has_flag(const mount_t *mount, const char *flags, const char *brief, const char *name)
{
    char *last;
    char *flag = apr_strtok(apr_pstrdup(mount->p, flags), "[], \t", &last);
    for (; flag; flag = apr_strtok(NULL, "[], \t", &last)) {
        flag[strcspn(flag, "=")] = '\0';
        if (!strcasecmp(flag, brief) || !strcasecmp(flag, name))
            return true;
    }
    return false;
}

typedef enum { GOES_ON, GOES_INSIDE, GOES_AWAY } rule_t;

static rule_t rewrites(const mount_t *mount, const ap_directive_t *node)
{
    const char *rest = node->args;
    const char *pattern = ap_getword_conf(mount->p, &rest);
    const char *target = ap_getword_conf(mount->p, &rest);
    const char *flags = ap_getword_conf(mount->p, &rest);
    if (!matches(mount, pattern))
        return GOES_ON;
    if (has_flag(mount, flags, "R", "redirect") || has_flag(mount, flags, "F", "forbidden") ||
        has_flag(mount, flags, "G", "gone") ||
        (ap_is_url(target) && !has_flag(mount, flags, "P", "proxy")))
        return GOES_AWAY;
    return has_flag(mount, flags, "L", "last") || has_flag(mount, flags, "END", "end") ? GOES_INSIDE
                                                                                       : GOES_ON;
}

/* ---- where a rule stands ---- */

/* Does it stand for the whole vhost, or in a <Location> that the login lies in? */
static bool holds_here(const mount_t *mount, const ap_directive_t *node, bool *conditional)
{
    for (const ap_directive_t *up = node->parent; up; up = up->parent) {
        const bool is_condition = !strncasecmp(up->directive, "<If", strlen("<If"));
        *conditional = *conditional || is_condition;
        const char *rest = apr_pstrndup(mount->p, up->args, strcspn(up->args, ">"));
        const char *path = ap_getword_conf(mount->p, &rest);
        if (!strcasecmp(up->directive, "<VirtualHost") || is_condition)
            continue;
        if (strcasecmp(up->directive, "<Location") || strpbrk(path, "~*?[") ||
            !surroundings_inside(mount->path, path))
            return false;
    }
    return true;
}

static bool is_redirect(const char *directive)
{
    return !strcasecmp(directive, "Redirect") || !strcasecmp(directive, "RedirectMatch") ||
           !strcasecmp(directive, "RedirectPermanent") || !strcasecmp(directive, "RedirectTemp");
}

static void note_answer(mount_t *mount, const ap_directive_t *node, bool conditional)
{
    if (conditional)
        mount->may = mount->may ? mount->may : node;
    else if (!mount->answers)
        mount->answers = node;
}

static void visit_rules(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    mount_t *mount = walk->baton;
    const bool rule = !strcasecmp(node->directive, "RewriteRule");
    bool conditional = rule && mount->conditional;
    if (server != mount->server || !holds_here(mount, node, &conditional))
        return;
    if (!strcasecmp(node->directive, "RewriteCond"))
        mount->conditional = true;
    if (is_redirect(node->directive) && redirects(mount, node))
        note_answer(mount, node, conditional);
    if (!rule)
        return;
    mount->conditional = false;
    const rule_t where = rewrites(mount, node);
    if (where == GOES_AWAY && !mount->inside)
        note_answer(mount, node, conditional);
    mount->inside = mount->inside || (where == GOES_INSIDE && !conditional);
}

/* ---- the line ---- */

static const char *mount_name(const mount_t *mount)
{
    const server_rec *server = mount->server;
    const char *name = server->server_hostname ? server->server_hostname : "the main server";
    return server->addrs && server->addrs->host_port
               ? apr_psprintf(mount->p, "%s:%d", name, server->addrs->host_port)
               : name;
}

static const char *mount_line(const mount_t *mount, const ap_directive_t *node)
{
    return apr_psprintf(mount->p, "%s, %s:%d", node->directive, node->filename, node->line_num);
}

static const char *add_name(const char *list, const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, list, *list ? ", " : "", name, NULL);
}

typedef struct mounts_t {
    const char *served, *away;
    bool ruled; /* some have rules that say so, or may */
} mounts_t;

static void look_at(mounts_t *mounts, mount_t *mount, const server_rec *main_server)
{
    tree_walk_t walk = {main_server, visit_rules, mount};
    tree_walk_beside(&walk, mount->server);
    const char *name = mount_name(mount);
    mounts->ruled = mounts->ruled || mount->answers || mount->may;
    if (mount->answers) {
        mounts->away = add_name(
            mounts->away,
            apr_psprintf(mount->p, "%s (%s)", name, mount_line(mount, mount->answers)), mount->p);
        return;
    }
    if (mount->may)
        name = apr_psprintf(mount->p, "%s (unless its conditions say otherwise: %s)", name,
                            mount_line(mount, mount->may));
    mounts->served = add_name(mounts->served, name, mount->p);
}

/* A vhost that serves the login may send the place of a trusted login away. */
static void look_at_places(const mount_t *login, const server_rec *main_server)
{
    const apr_array_header_t *logins = directives_of(login->server)->trusted;
    for (int i = 0; !login->answers && logins && i < logins->nelts; i++) {
        const trusted_setting_t *trusted = &APR_ARRAY_IDX(logins, i, trusted_setting_t);
        mount_t place = {.server = login->server, .path = trusted->location, .p = login->p};
        tree_walk_t walk = {main_server, visit_rules, &place};
        tree_walk_beside(&walk, place.server);
        if (!place.answers)
            continue;
        const written_t at = check_written(place.answers);
        mistake_maybe(login->p, &at,
                      "it sends %s away, so that nobody comes back by the trusted login %s; let it "
                      "leave that path out",
                      trusted->location, trusted->name);
    }
}

void check_mounts(apr_pool_t *pconf, const server_rec *main_server)
{
    mounts_t mounts = {"", "", false};
    if (ap_state_query(AP_SQ_MAIN_STATE) !=
        AP_SQ_MS_CREATE_PRE_CONFIG) /* once, at -t and a start */
        return;
    for (const server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        mount_t mount = {.server = server, .path = config->paths.path[PATH_LOGIN], .p = pconf};
        if (!config->engine || !mount.path || config->service.parts)
            continue;
        look_at(&mounts, &mount, main_server);
        look_at_places(&mount, main_server);
    }
    if (!*mounts.served && !*mounts.away)
        return;
    /* where all serve it nobody has to be told */
    ap_log_error(APLOG_MARK, APLOG_STARTUP | (mounts.ruled ? APLOG_NOTICE : APLOG_INFO), 0,
                 main_server, "MPIN0442: the login is served by: %s%s%s",
                 *mounts.served ? mounts.served : "no vhost",
                 *mounts.away ? "; sent away or refused by rules of their own: " : "", mounts.away);
}
