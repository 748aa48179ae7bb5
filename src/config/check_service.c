/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: a vhost that serves other applications. */
#include "config/checks.h"

#include <string.h>

#include "config/header_name.h"
#include "config/mistakes.h"
#include "config/surroundings.h"

static void refuse_at_site(const checked_t *site, const void *said, int setting)
{
    if (said)
        mistake(site->pconf, site->config->written[setting],
                "this vhost is no application's RPS; move it to the one with MPinService rps");
}

/* A service without its application's word would let nobody in, or anybody. */
static void check_applications(const checked_t *site)
{
    const server_config_t *config = site->config;
    const bool rps = config->service.parts & SERVICE_RPS;
    if (rps && !config->written[SETTING_verify_url])
        mistake(site->pconf, check_at(site, SETTING_service),
                "nobody says who may register; write MPinVerifyURL, where the application does");
    if (!rps) {
        refuse_at_site(site, config->verify_url, SETTING_verify_url);
        refuse_at_site(site, config->permit_url, SETTING_permit_url);
        refuse_at_site(site, config->authenticate_url, SETTING_authenticate_url);
        refuse_at_site(site, config->forward_headers, SETTING_forward_headers);
        refuse_at_site(site, config->expiry.registration ? config : NULL, SETTING_expiry);
    }
}

/* The application hears our secret there, or a client's word in place of it. */
static void check_forward_headers(const checked_t *site)
{
    const apr_array_header_t *names = site->config->forward_headers;
    for (int i = 0; names && i < names->nelts; i++)
        if (site->config->service.secret_file &&
            header_name_same(APR_ARRAY_IDX(names, i, const char *), "Authorization"))
            mistake(site->pconf, check_at(site, SETTING_forward_headers),
                    "the application is told the secret of MPinService in Authorization; leave it "
                    "out");
}

/* A pad takes what it has proven there: only to a page that may use this RPS at all. */
static void check_authenticate_url(const checked_t *site)
{
    const server_config_t *config = site->config;
    const char *url = config->authenticate_url;
    for (int i = 0; url && config->cors && i < config->cors->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(config->cors, i, const char *);
        if (!strncmp(url, origin, strlen(origin)) && strchr("/?", url[strlen(origin)]))
            return;
    }
    if (url && (config->service.parts & SERVICE_RPS))
        mistake(site->pconf, site->config->written[SETTING_authenticate_url],
                "it is on no origin of an application of this RPS; write that into MPinCORS");
}

/* A secret can be left out by those who are on this machine. A front that forwards bytes (TLS ended, a
 * port passed on) makes all the world look so; a public URL elsewhere tells that there is one. */
bool check_may_go_without_secret(const checked_t *site)
{
    return site->url.loopback && surroundings_all_loopback();
}

/* An application that redeems codes at a site is told from a stranger as at a service. */
static void check_otp(const checked_t *site)
{
    const server_config_t *config = site->config;
    const issue_otp_t *otp = &config->issue_otp;
    if (otp->on && config->rps.url)
        mistake(site->pconf, check_at(site, SETTING_issue_otp),
                "the RPS elsewhere issues codes or does not; leave this out");
    else if (config->service.parts && otp->secret_file)
        mistake(site->pconf, check_at(site, SETTING_issue_otp),
                "applications name the secret of MPinService here; leave out secret=FILE");
    else if (otp->on && !config->service.parts && !otp->secret_file &&
             !check_may_go_without_secret(site))
        mistake(site->pconf, check_at(site, SETTING_issue_otp),
                "MPinPublicURL or a Listen address is not loopback, so who redeems a code must "
                "name a secret; add secret=FILE");
    else if (otp->secret_file)
        check_secret(site, SETTING_issue_otp, otp->secret_file);
}

/* MPinService opens endpoints that let somebody in or make secrets: they exist on a vhost of their
 * own, and only for who can be told from a stranger. */
void check_service(const checked_t *site)
{
    const server_config_t *config = site->config;
    check_applications(site);
    check_authenticate_url(site);
    check_forward_headers(site);
    check_otp(site);
    if (!config->service.parts)
        return;
    if (site->server == site->main_server)
        mistake(site->pconf, check_at(site, SETTING_service),
                "it opens what only applications may ask, so it belongs to a vhost of its own; "
                "write it in a <VirtualHost>");
    if (config->path_prefix)
        mistake(site->pconf, check_at(site, SETTING_path_prefix),
                "applications and their pages look for a service at /rps and /mpin.js; write "
                "MPinPathPrefix off in its vhost");
    /* a D-TA's requests are signed */
    if ((config->service.parts & SERVICE_RPS) && !config->service.secret_file &&
        !check_may_go_without_secret(site))
        mistake(site->pconf, check_at(site, SETTING_service),
                "MPinPublicURL or a Listen address is not loopback, so applications must name a "
                "secret; add secret=FILE");
    if (config->service.secret_file)
        check_secret(site, SETTING_service, config->service.secret_file);
}

static bool has_people(const server_config_t *config)
{
    return config->service.parts != SERVICE_DTA;
}

/* One store is one set of people: an application that registers names would do so for the others,
 * too. */
void check_service_beside(const checked_t *site, const checked_t *other)
{
    const server_config_t *a = site->config, *b = other->config;
    const bool serves = (a->service.parts | b->service.parts) & SERVICE_RPS;
    const bool both = a->service.parts & b->service.parts & SERVICE_RPS;
    if (both && !strcmp(a->store, b->store))
        mistake(site->pconf, check_at(site, SETTING_service),
                "another service has the same store, and each application would vouch for the "
                "other's users; write an MPinStore for each");
    else if (serves && has_people(a) && has_people(b) && !strcmp(a->store, b->store))
        mistake_maybe(site->pconf,
                      check_at(a->service.parts & SERVICE_RPS ? site : other, SETTING_service),
                      "another vhost has the same store, where the same name is the same person; "
                      "write an MPinStore for each");
}
