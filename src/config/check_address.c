/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: the public URL, and the other addresses at which people may find the site. */
#include "config/checks.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"

/* The port that the text names; 0 where it names none. */
static unsigned named_port(const public_url_t *url)
{
    const char *host = strstr(url->text, "://") + 3;
    const char *port = host + strlen(url->host);
    return *port == ':' ? (unsigned)strtoul(port + 1, NULL, 10) : 0;
}

/* Something in front may listen there. It is hardly ever at a port of its own, and never on
 * loopback. */
static void check_port(const checked_t *site)
{
    const unsigned named = named_port(&site->url);
    const unsigned port = named ? named : site->url.https ? 443 : 80;
    if ((named || site->url.loopback) && !surroundings_listen(port))
        mistake_maybe(site->pconf, check_at(site, SETTING_public_url),
                      "nobody listens on port %u here; write the port that people use, unless "
                      "something in front of httpd has that one",
                      port);
}

static const char *add_aliases(const char *all, const apr_array_header_t *names,
                               const public_url_t *url, apr_pool_t *p)
{
    for (int i = 0; names && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        if (strcasecmp(name, url->host) != 0)
            all = all ? apr_pstrcat(p, all, ", ", name, NULL) : name;
    }
    return all;
}

/* Each vhost that shares this configuration may have aliases. */
static void check_aliases(const checked_t *site)
{
    const char *aliases = NULL;
    for (const server_rec *server = site->main_server; server; server = server->next) {
        if (directives_of(server) != site->config)
            continue;
        aliases = add_aliases(aliases, server->names, &site->url, site->pconf);
        aliases = add_aliases(aliases, server->wild_names, &site->url, site->pconf);
    }
    if (aliases)
        mistake_maybe(site->pconf, check_at(site, SETTING_public_url),
                      "nobody signs in at ServerAlias %s, as our cookies are those of %s; give the "
                      "aliases a vhost of their own with Redirect permanent / %s/",
                      aliases, site->url.text, site->url.text);
}

void check_address(const checked_t *site)
{
    if (!site->url.text)
        return;
    if (site->config->written[SETTING_public_url])
        check_port(site);
    if (site->config->paths.path[PATH_LOGIN] && !site->config->service.parts)
        check_aliases(site);
}
