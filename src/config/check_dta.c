/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: a D-TA of our own and the second one. */
#include "config/checks.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "config/mistakes.h"
#include "config/surroundings.h"
#include "config/tree.h"

/* The second D-TA is another one (docs/security.md, "D-TA requests"). Whether its key differs is
 * seen where keys are read, at the start. */
static void check_origin(const checked_t *site, const second_dta_setting_t *second)
{
    const written_t *at = check_at(site, SETTING_second_dta);
    const bool local = site->url.loopback && surroundings_all_loopback();
    if (!second->origin.https && !(second->origin.loopback && local))
        mistake(site->pconf, at,
                "secrets would cross the network for all to read; write https://%s",
                second->origin.host);
    if (site->url.text && !strcmp(second->origin.text, site->url.text))
        mistake(site->pconf, at,
                "%s is this site itself, and one server would hold both shares; name a D-TA on "
                "another machine",
                second->origin.text);
}

static void check_key_file(const checked_t *site, const second_dta_setting_t *second)
{
    struct stat info;
    const written_t *at = check_at(site, SETTING_second_dta);
    const bool elsewhere = site->config->rps.url;
    if (!second->key_file != elsewhere)
        mistake(site->pconf, at,
                elsewhere ? "the RPS elsewhere has the key of its D-TAs; leave the file out"
                          : "we ask it by its key; add the key file that it has made beside its "
                            "MPinKeyFile");
    else if (elsewhere)
        return;
    else if (!strcmp(second->key_file, site->config->key_file))
        mistake(site->pconf, at,
                "that is our own key file; copy the one that the second D-TA has made beside its "
                "own");
    else if (stat(second->key_file, &info) ? errno != EACCES : !S_ISREG(info.st_mode))
        mistake_around(site->pconf, at,
                       "%s is no such file; copy the one that the second D-TA has made beside its "
                       "MPinKeyFile",
                       second->key_file);
}

/* ---- never proxied here ---- */

typedef struct proxied_t {
    const checked_t *site;
    const char *host; /* "://dta.example.net" */
} proxied_t;

static bool names_host(const char *text, const char *host)
{
    const char *found = strcasestr(text, host);
    const char next = found ? found[strlen(host)] : 'x';
    return found && (!next || strchr("/:?\" \t", next));
}

static void visit(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    static const char *const proxies[] = {
        "ProxyPass",  "ProxyPassMatch", "BalancerMember",   "RewriteRule",
        "SetHandler", "ProxyRemote",    "ProxyRemoteMatch", NULL};
    const proxied_t *look = walk->baton;
    (void)server;
    for (const char *const *each = proxies; *each; each++)
        if (!strcasecmp(node->directive, *each) && names_host(node->args, look->host)) {
            const written_t at = check_written(node);
            mistake(look->site->pconf, &at,
                    "it leads to the second D-TA, so that we would see both shares of every "
                    "secret; browsers ask it themselves, remove the line");
        }
}

static void check_not_proxied(const checked_t *site, const second_dta_setting_t *second)
{
    proxied_t look = {site, strstr(second->origin.text, "://")};
    tree_walk_t walk = {site->main_server, visit, &look};
    tree_walk(&walk);
}

void check_second_dta(const checked_t *site)
{
    const second_dta_setting_t *second = &site->config->second_dta;
    if (!second->url)
        return;
    check_origin(site, second);
    check_key_file(site, second);
    check_not_proxied(site, second);
}

static const char *name_of(const second_dta_setting_t *second)
{
    return second->key_file ? second->key_file : "";
}

/* What one vhost of a store issues, all of them judge. */
void check_second_dta_beside(const checked_t *site, const checked_t *other)
{
    const second_dta_setting_t *a = &site->config->second_dta, *b = &other->config->second_dta;
    if (strcmp(site->config->store, other->config->store) ||
        site->config->service.parts == SERVICE_DTA || other->config->service.parts == SERVICE_DTA ||
        site->config->rps.url || other->config->rps.url)
        return;
    if (!a->url != !b->url ||
        (a->url && (strcmp(a->url, b->url) || strcmp(name_of(a), name_of(b)))))
        mistake(site->pconf, check_at(a->url ? site : other, SETTING_second_dta),
                "another vhost with the same store has not this second D-TA, and a PIN of one "
                "would not work at the other; write MPinSecondDTA for the whole server, or an "
                "MPinStore for each");
}
