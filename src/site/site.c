/* SPDX-License-Identifier: Apache-2.0 */
#include "site/site.h"

#include <apr_strings.h>
#include <http_main.h>
#include <string.h>

#include "base/assets.h"
#include "config/cookie_name.h"
#include "site/sink.h"
#include "site/trusted_logins.h"
#include "config/surroundings.h"

#define PHONE_WAIT 10     /* seconds that a phone waits for its desktop */
#define MOBILE_ALIAS "/m" /* where an administrator's own mobile app lies once ours is off */

/* A service has no login, no sessions and no users of its own: of our pages it has the RPS's public
 * part and the PIN pad, and what its applications ask, at the root. */
static void set_service_paths(site_t *site, const server_config_t *config)
{
    static const path_name_t kept[] = {PATH_RPS, PATH_PAD, PATH_ASSETS, PATH_MOBILE,
                                       PATH_MOBILE_SERVICE};
    const bool rps = config->service.parts & SERVICE_RPS;
    memset(site->paths, 0, sizeof(site->paths));
    for (apr_size_t i = 0; rps && i < sizeof(kept) / sizeof(kept[0]); i++)
        site->paths[kept[i]] = config->paths.path[kept[i]];
    site->paths[BASE_RPS_SERVICE] = rps ? "" : NULL;
    site->paths[BASE_DTA_SERVICE] = config->service.parts & SERVICE_DTA ? "" : NULL;
    memset(site->path_starts, true, sizeof(site->path_starts));
}

static name_rules_t names_of(const server_config_t *config)
{
    return (config->user_lower ? NAMES_LOWER : 0) | (config->user_unicode ? NAMES_UNICODE : 0);
}

/* As this site spells them. */
static const apr_array_header_t *admins_of(const server_config_t *config, apr_pool_t *p)
{
    if (!config->admins)
        return NULL;
    apr_array_header_t *admins = apr_array_make(p, config->admins->nelts, sizeof(const char *));
    for (int i = 0; i < config->admins->nelts; i++) {
        const char *name =
            name_here(names_of(config), APR_ARRAY_IDX(config->admins, i, const char *), p);
        if (name)
            APR_ARRAY_PUSH(admins, const char *) = name;
    }
    return admins;
}

static void set_paths(site_t *site, const server_config_t *config)
{
    memcpy(site->paths, config->paths.path, sizeof(config->paths.path));
    if (!config->phone_login)
        site->paths[PATH_MOBILE] = site->paths[PATH_MOBILE_SERVICE] = NULL;
    if (!config->rps.url) /* nobody asks */
        site->paths[PATH_VERIFY] = site->paths[PATH_PERMIT] = NULL;
    site->paths[BASE_RPS_FRONT] = config->rps.url ? site->paths[PATH_RPS] : NULL;
    if (!config->admins) /* then it is an administrator's SetHandler, if anybody's */
        site->paths[PATH_STATUS] = NULL;
    for (int i = 0; i < PATH_COUNT; i++)
        if (site->paths[i])
            site->path_starts[(unsigned char)site->paths[i][1]] = true;
    site->services = config->service.parts;
    if (site->services)
        set_service_paths(site, config);
}

static void set_cookies(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    const cookie_settings_t cookies = {site->url.https, config->cookie_name, config->cookie_domain,
                                       config->cookie_path, config->same_site};
    site->session_cookie = cookie_name(&cookies, "", p);
    site->prelogin_cookie = cookie_name(&cookies, "-login", p);
    site->known_cookie = cookie_name(&cookies, "-known", p);
    site->remember_cookie = cookie_name(&cookies, "-remember", p);
    site->cookie_attributes = cookie_attributes(&cookies, p);
    site->realm = config->realm ? config->realm : site->url.text;
    site->return_hosts =
        (return_hosts_t){.domain = config->cookie_domain, .are = config->return_hosts};
}

/* Ours, or the application that lies there instead. */
static const char *mobile_path(const site_t *site)
{
    return site->paths[PATH_MOBILE] ? site->paths[PATH_MOBILE] : MOBILE_ALIAS;
}

static void set_phone(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    site->phone_settings = (phone_settings_t){
        .on = config->phone_login,
        .wait = PHONE_WAIT,
        .code_seconds = (int)apr_time_sec(config->expiry.code),
        .title = site->title,
        .public_url = site->url.text,
        .host = strstr(site->url.text, "://") + 3,
        .base_url = site->rps_settings.base_url,
        .mobile_url = apr_pstrcat(p, site->url.text, mobile_path(site), NULL),
        .logo_url = site->logo ? apr_pstrcat(p, site->url.text, site->logo, NULL) : "",
        .names = names_of(config),
        .logout_path = site->services ? config->paths.path[PATH_LOGOUT] : NULL,
    };
}

/* A service's clients are on pages of other origins: they get whole URLs, but for the one where the
 * application itself takes their authOTT. */
static void set_service_urls(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    rps_settings_t *rps = &site->rps_settings;
    rps->base_url = apr_pstrcat(p, site->url.text, rps->base_url, NULL);
    rps->authenticate_url =
        config->authenticate_url ? config->authenticate_url : config->paths.path[PATH_AUTHENTICATE];
    rps->login_url = rps->logout_url = "";
}

/* At a service the applications say who registers. */

static void set_rps(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    const unsigned ways = site->services ? 0 : config->ways;
    site->rps_settings = (rps_settings_t){
        .pin_length = config->pin_length,
        .max_failures = config->max_failures,
        .names = names_of(config),
        .time_permits = config->time_permits,
        .issue_otp = config->issue_otp.on,
        .set_device_name = config->ask_device_name,
        .pending_seconds = (int)apr_time_sec(config->expiry.registration),
        .register_signed_in = ways & REGISTER_SIGNED_IN,
        .register_open = ways & REGISTER_OPEN,
        .register_mail = ways & REGISTER_MAIL,
        .register_invite = ways & REGISTER_INVITE,
        .open_to_anyone = ways & REGISTER_OPEN_TO_ANYONE,
        .allow = config->allow,
        .service = site->services & SERVICE_RPS,
        .verify_url = config->verify_url,
        .permit_url = site->services & SERVICE_RPS ? config->permit_url : NULL,
        .public_url = site->url.text,
        .title = site->title,
        .contact = site->contact,
        .base_url = site->paths[PATH_RPS],
        .authenticate_url = site->paths[PATH_AUTHENTICATE],
        .login_url = site->paths[PATH_LOGIN],
        .passwords = !site->services && site->methods & FACTOR_BIT(FACTOR_PASSWORD),
        .logout_url = site->paths[PATH_LOGOUT],
        .account_url = site->services ? NULL : site->paths[PATH_ACCOUNT],
        .activate_url = site->paths[PATH_ACTIVATE]
                            ? apr_pstrcat(p, site->url.text, site->paths[PATH_ACTIVATE], NULL)
                            : NULL,
    };
    site->rps_settings.allow.names = names_of(config);
}

/* A login form's answer leads on to these hosts, too, and some browsers ask the policy for that. */
static const char *policy_for_forms(const site_t *site, apr_pool_t *p)
{
    const return_hosts_t *hosts = &site->return_hosts;
    const char *scheme = site->url.https ? " https://" : " http://", *policy = "form-action 'self'";
    if (hosts->domain)
        policy = apr_pstrcat(p, policy, scheme, hosts->domain, ":*", scheme, "*.", hosts->domain,
                             ":*", NULL);
    for (int i = 0; hosts->are && i < hosts->are->nelts; i++)
        policy = apr_pstrcat(p, policy, scheme, APR_ARRAY_IDX(hosts->are, i, const char *), NULL);
    return apr_pstrcat(p, policy, "; ", NULL);
}

/* Everything is ours; but the pad asks the second D-TA for its shares, and a service's page for
 * phones signs computers out at their application. */
static const char *content_policy(const site_t *site, const server_config_t *config, apr_pool_t *p)
{
    const second_dta_setting_t *second = &config->second_dta;
    const char *others = second->url ? apr_pstrcat(p, " ", second->origin.text, NULL) : "";
    for (int i = 0; config->service.parts && config->cors && i < config->cors->nelts; i++)
        others = apr_pstrcat(p, others, " ", APR_ARRAY_IDX(config->cors, i, const char *), NULL);
    return apr_pstrcat(p, "default-src 'self'; ",
                       *others ? apr_pstrcat(p, "connect-src 'self'", others, "; ", NULL) : "",
                       "object-src 'none'; base-uri 'none'; ", policy_for_forms(site, p),
                       "frame-ancestors 'none'", NULL);
}

/* An RPS elsewhere may send its clients to our second D-TA only. */
static void set_remote(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    const char **origins = apr_pcalloc(p, 2 * sizeof(*origins));
    origins[0] = config->second_dta.url ? config->second_dta.origin.text : NULL;
    site->remote_settings = (remote_settings_t){
        .url = config->rps.url, .mobile_page = mobile_path(site), .dta_origins = origins};
}

/* One passkey is for all hosts of a domain that share their cookies. Where login is elsewhere, one
 * could not be used at the login of another host's. */
static void set_passkeys(site_t *site, const server_config_t *config)
{
    const char *id = config->cookie_domain ? config->cookie_domain : site->url.host;
    const bool used = site->paths[PATH_LOGIN] || config->cookie_domain;
    const bool on =
        config->passkeys && used && !site->services && public_url_takes_passkeys(&site->url);
    site->passkeys = relying_party(on ? id : NULL, site->url.text);
    if (on && site->paths[PATH_LOGIN])
        site->methods |= FACTOR_BIT(FACTOR_PASSKEY);
}

static void note_starts(site_t *site, const trusted_setting_t *set)
{
    site->path_starts[(unsigned char)set->location[1]] = true;
    if (set->callback)
        site->path_starts[(unsigned char)set->callback[1]] = true;
}

/* Requests for their places are ours to look at before other modules answer them. */
static void set_trusted(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    const trusted_login_t *login;
    site->trusted = trusted_logins_make(config, p);
    if (!site->trusted)
        site->paths[PATH_REFRESH] = NULL;
    site->trusted_max_age = config->trusted_max_age;
    for (int i = 0; (login = trusted_login_number(site->trusted, i)); i++)
        note_starts(site, login->set);
    if (site->trusted)
        site->methods |= FACTOR_BIT(FACTOR_TRUSTED);
}

static void set_login_ways(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    site->providers = accounts_providers(config->providers, ap_server_conf, p);
    if (site->paths[PATH_RPS] && site->paths[PATH_AUTHENTICATE])
        site->methods |= FACTOR_BIT(FACTOR_PIN);
    if (site->paths[PATH_LOGIN] && site->providers->nelts)
        site->methods |= FACTOR_BIT(FACTOR_PASSWORD);
    set_passkeys(site, config);
    set_trusted(site, config, p);
    if (!(config->ways & REGISTER_OPEN))
        site->refused_amr = AMR_OPEN;
    if (!site->paths[PATH_LOGIN]) { /* elsewhere, and what was good there is good here */
        site->methods = FACTORS_FIRST;
        site->refused_amr = 0;
    }
    site->admins = admins_of(config, p);
    site->totp_issuer = config->totp_issuer;
    site->second_enrol = config->second_enrol;
    site->remember = config->remember;
    site->tokens = site->services ? TOKENS_OFF : config->tokens;
    site->after_login = config->after_login;
    site->after_logout = config->after_logout;
    site->session_idle = config->session_idle;
    site->session_max = config->session_max;
    site->throttle.address = config->throttle.address;
    site->throttle.account = config->throttle.account;
    site->throttle.registration = config->throttle.registration;
    site->open_registration = !site->services && (config->ways & REGISTER_OPEN);
}

/* What mpin.css says of its own colour, said anew. */
static const char *accent_style(const accent_t *accent, apr_pool_t *p)
{
    if (!accent->light)
        return NULL;
    return apr_psprintf(p,
                        ".mpin-page,.mp{--mp-accent:%s;--mp-on-accent:#fff}"
                        "@supports (color:light-dark(#000,#fff)){.mpin-page,.mp{"
                        "--mp-accent:light-dark(%s,%s);--mp-on-accent:light-dark(#fff,#0c1533)}}",
                        accent->light, accent->light, accent->dark);
}

static void set_pages(site_t *site, const server_config_t *config, apr_pool_t *p)
{
    site->title = config->title ? config->title : site->url.host;
    site->logo = config->logo;
    site->contact = config->contact;
    site->accent = accent_style(&config->accent, p);
    site->version = assets_version_with(site->accent, p);
    site->assets = site->paths[PATH_ASSETS]
                       ? apr_pstrcat(p, site->paths[PATH_ASSETS], "/", site->version, NULL)
                       : NULL;
    site->links = config->links;
    site->languages = config->languages;
    site->templates = (templates_t){config->templates, &site->log};
    site->content_policy = content_policy(site, config, p);
    site->cors = config->cors;
    site->forward_headers = config->forward_headers;
}

bool site_make(site_t *site, const server_config_t *config, server_rec *server, apr_pool_t *p)
{
    site->log = sink_of(server);
    site->url = config->public_url;
    if (!site->url.text && !surroundings_local_url(server, &site->url, p))
        return false;
    site->all_loopback = site->url.loopback && surroundings_all_loopback();
    site->pass_headers =
        config->pass_headers ? config->pass_headers : apr_array_make(p, 1, sizeof(pass_header_t));
    set_paths(site, config);
    set_cookies(site, config, p);
    set_login_ways(site, config, p);
    set_pages(site, config, p);
    set_rps(site, config, p);
    if (site->services)
        set_service_urls(site, config, p);
    set_phone(site, config, p);
    set_remote(site, config, p);
    return true;
}
