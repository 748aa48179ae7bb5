/* SPDX-License-Identifier: Apache-2.0 */
/* The check of the whole configuration, its parts in order. */
#include "config/checks.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

#include "config/cookie_name.h"
#include "config/hooks.h"
#include "config/mistakes.h"
#include "config/surroundings.h"

#define IDLE_LEAST apr_time_from_sec(120)

/* Where the public URL comes from, and that plain http stays on this machine. */
static void check_url(checked_t *site)
{
    site->url = site->config->public_url;
    if (!site->config->written[SETTING_public_url] &&
        !surroundings_local_url(site->server, &site->url, site->pconf))
        mistake(site->pconf, check_at(site, SETTING_public_url),
                "MPinPublicURL is missing, and not every Listen address is loopback; write "
                "MPinPublicURL https://HOST, as people see it");

    if (!site->url.text || site->url.https || (site->url.loopback && surroundings_all_loopback()))
        return;
    if (site->url.loopback)
        mistake(site->pconf, check_at(site, SETTING_public_url),
                "plain http is for servers that listen on loopback only, and not every Listen "
                "address is; write an https URL, or Listen 127.0.0.1:PORT");
    else
        mistake(site->pconf, check_at(site, SETTING_public_url),
                "plain http off loopback lets others read along; write https://%s (TLS may end "
                "before httpd)",
                site->url.host);
}

/* Is the domain what it is for, the cookies of several hosts here? Then it was weighed. */
static bool domain_is_shared(const checked_t *site)
{
    for (const server_rec *server = site->main_server; server; server = server->next) {
        const server_config_t *other = directives_of(server);
        if (other->engine && other->cookie_domain && other->public_url.text && site->url.text &&
            !strcasecmp(other->cookie_domain, site->config->cookie_domain) &&
            strcasecmp(other->public_url.host, site->url.host))
            return true;
    }
    return false;
}

static void check_cookies(const checked_t *site)
{
    const server_config_t *config = site->config;
    const int loose = config->cookie_domain ? SETTING_cookie_domain : SETTING_cookie_path;
    if ((config->cookie_domain || config->cookie_path) && !config->written[SETTING_realm])
        mistake(site->pconf, config->written[loose],
                "it lets other hosts or pages have our cookies, so they must be bound to a name; "
                "write MPinSessionRealm NAME");
    else if (config->cookie_path || (config->cookie_domain && !domain_is_shared(site)))
        mistake_maybe(site->pconf, config->written[loose],
                      "cookies lose the __Host- prefix, so that other hosts of the domain can set "
                      "them; leave it out unless you must");

    if (config->cookie_domain && site->url.text &&
        !cookie_domain_fits(config->cookie_domain, site->url.host))
        mistake(site->pconf, config->written[SETTING_cookie_domain],
                "browsers at %s refuse cookies of %s; write that host or a parent of it",
                site->url.host, config->cookie_domain);
    if (!strcmp(config->same_site, "None") && site->url.text && !site->url.https)
        mistake(site->pconf, config->written[SETTING_same_site],
                "browsers take SameSite=None over https only; write Lax or Strict");

    for (int i = 0; config->cookie_path && i < PATH_COUNT; i++)
        if (config->paths.path[i] && i != PATH_PAD && i != PATH_ASSETS &&
            i != PATH_MOBILE_SERVICE && i != PATH_CHECK && (i != PATH_REFRESH || config->trusted) &&
            (i != PATH_STATUS || config->admins) &&
            !cookie_path_covers(config->cookie_path, config->paths.path[i]))
            mistake(site->pconf, config->written[SETTING_cookie_path],
                    "%s lies outside of %s and would never see our cookies; move it there with "
                    "MPinPath",
                    config->paths.path[i], config->cookie_path);
}

/* Two pages at one place, or one in the tree that another serves whole. */
static void check_paths(const checked_t *site)
{
    const char *const *path = site->config->paths.path;
    for (int i = 0; i < PATH_COUNT; i++)
        for (int other = 0; path[i] && other < PATH_COUNT; other++) {
            if (other == i || !path[other])
                continue;
            const bool tree = other == PATH_RPS || other == PATH_ASSETS || other == PATH_MOBILE ||
                              other == PATH_CHECK;
            if ((i < other && !strcmp(path[i], path[other])) ||
                (tree && strcmp(path[i], path[other]) && surroundings_inside(path[i], path[other])))
                mistake(site->pconf, check_at(site, SETTING_paths),
                        "%s is taken by %s, another page of ours; choose another path", path[i],
                        path[other]);
        }
}

static void check_times(const checked_t *site)
{
    const server_config_t *config = site->config;
    const written_t *at = config->written[SETTING_session_idle];
    if (at && config->session_idle > config->session_max)
        mistake(site->pconf, at,
                "every session ends after MPinSessionMaxDuration anyway; make this the shorter");
    if (at && config->session_idle < IDLE_LEAST)
        mistake_maybe(
            site->pconf, at,
            "use is noted once a minute, so a session in use may end too; write 2min or more");
}

static const char *names(const apr_array_header_t *list, apr_pool_t *p)
{
    return list ? apr_array_pstrcat(p, list, ' ') : "";
}

/* Vhosts that share a store share its keys, its size and its people. */
static void check_shared(const checked_t *one, const checked_t *other)
{
    const server_config_t *a = one->config, *b = other->config;
    if (strcmp(a->store, b->store))
        return;
    check_open_beside(one, other);
    check_open_beside(other, one);
    if (strcmp(a->key_file, b->key_file))
        mistake(one->pconf, check_at(other, SETTING_key_file),
                "the store of this key file is used with %s too; write one MPinKeyFile, or another "
                "MPinStore",
                a->key_file);
    if (a->store_size != b->store_size)
        mistake(one->pconf, check_at(other, SETTING_store_size),
                "the same store has another size elsewhere; write one MPinStoreSize, or another "
                "MPinStore");
    if (a->passphrase != b->passphrase)
        mistake(one->pconf, check_at(other, SETTING_passphrase),
                "the same key file has another passphrase elsewhere; write one MPinKeyPassphrase "
                "for the whole server");
    if (a->providers && b->providers && /* a site that takes no passwords trusts the other's */
        strcmp(names(a->providers, one->pconf), names(b->providers, one->pconf)))
        mistake_maybe(
            one->pconf, check_at(other, SETTING_providers),
            "passwords come from elsewhere than in another vhost with the same store, where "
            "a name is one person all the same; write an MPinStore for each, unless it is");
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Sites of one host and different ports: browsers know no ports in cookies (RFC 6265, section 8.5).
 */
static void check_ports(const checked_t *one, const checked_t *other)
{
    const server_config_t *a = one->config, *b = other->config;
    const public_url_t *url = &one->url, *beside = &other->url;
    if (a->service.parts || b->service.parts || !url->text || !beside->text)
        return;
    if (url->https != beside->https || strcmp(url->host, beside->host) != 0 ||
        !strcmp(url->text, beside->text))
        return;
    const char *realm = a->realm ? a->realm : url->text;
    const bool one_realm =
        !strcmp(realm, b->realm ? b->realm : beside->text) && !strcmp(a->store, b->store);
    if (one_realm || strcmp(a->cookie_name, b->cookie_name) != 0 ||
        !is_same_text(a->cookie_path, b->cookie_path) ||
        !is_same_text(a->cookie_domain, b->cookie_domain))
        return;
    mistake_maybe(one->pconf, check_at(other, SETTING_public_url),
                  "browsers send the cookies of %s here too, so that a sign-in at one ends the "
                  "other's; write another MPinCookieName for one of them",
                  url->text);
}

static void check_site(checked_t *site)
{
    check_url(site);
    check_address(site);
    check_registration(site);
    check_throttle(site);
    check_cookies(site);
    check_paths(site);
    check_times(site);
    check_passwords(site);
    check_passkeys(site);
    check_names(site);
    check_trusted(site);
    check_open_beside(site, site);
    check_store(site);
    check_keys(site);
    check_files(site);
    check_service(site);
    check_second_dta(site);
    check_steps(site);
    check_tokens(site);
    check_rps(site);
    check_forward(site);
    check_sent(site);
    check_trailers(site);
    check_groups(site);
}

int config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    (void)plog;
    for (server_rec *server = main_server; server; server = server->next)
        settings_move(directives_of(server), pconf);

    /* Vhosts without directives of ours share the main server's configuration. */
    apr_array_header_t *sites = apr_array_make(ptemp, 4, sizeof(checked_t));
    for (server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        bool seen = !config->engine;
        for (int i = 0; i < sites->nelts; i++)
            seen |= APR_ARRAY_IDX(sites, i, checked_t).config == config;
        if (!seen)
            APR_ARRAY_PUSH(sites, checked_t) = (checked_t){server, main_server, config, {0}, pconf};
    }

    for (int i = 0; i < sites->nelts; i++) {
        check_site(&APR_ARRAY_IDX(sites, i, checked_t));
        for (int earlier = 0; earlier < i; earlier++) {
            const checked_t *other = &APR_ARRAY_IDX(sites, earlier, checked_t);
            check_shared(other, &APR_ARRAY_IDX(sites, i, checked_t));
            check_registration_beside(&APR_ARRAY_IDX(sites, i, checked_t), other);
            check_ports(other, &APR_ARRAY_IDX(sites, i, checked_t));
            check_second_dta_beside(&APR_ARRAY_IDX(sites, i, checked_t), other);
            check_service_beside(&APR_ARRAY_IDX(sites, i, checked_t), other);
        }
    }
    check_sections(pconf, main_server);
    check_places(pconf, main_server);
    check_trusted_places(pconf, main_server);
    check_status_places(pconf, main_server);
    check_second_factors(pconf, main_server);
    check_mounts(pconf, main_server);
    return mistakes_report(pconf, main_server) ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
