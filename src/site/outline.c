/* SPDX-License-Identifier: Apache-2.0 */
#include "site/outline.h"
#include "session/demand.h"

#include <apr_strings.h>

static const char *either(bool first, const char *one, const char *other)
{
    return first ? one : other;
}

static const char *services_text(const site_t *site)
{
    if (!site->services)
        return "a site";
    if (site->services == (SERVICE_RPS | SERVICE_DTA))
        return "a service, rps and dta";
    return either(site->services & SERVICE_RPS, "a service, rps", "a service, dta");
}

static const char *sign_in_text(const site_t *site, apr_pool_t *p)
{
    if (!site->paths[PATH_LOGIN])
        return "elsewhere";
    const demand_t offered = {.first = site->methods};
    return apr_pstrcat(p, site->methods ? demand_text(&offered, p) : "by nothing",
                       site->phone_settings.on ? ", also by phone" : "", NULL);
}

static const char *registration_text(const site_t *site, apr_pool_t *p)
{
    const rps_settings_t *s = &site->rps_settings;
    if (s->service)
        return "as its applications say";
    if (!s->register_signed_in && !s->register_mail && !s->register_invite && !s->register_open)
        return "closed";
    return apr_pstrcat(p, either(s->register_signed_in, " signed-in", ""),
                       either(s->register_mail, " mail", ""),
                       either(s->register_invite, " invite", ""),
                       either(s->register_open, " open", ""),
                       either(s->open_to_anyone, " open-to-anyone", ""), NULL) +
           1;
}

static const char *rps_text(const site_t *site)
{
    return site->remote_settings.url ? site->remote_settings.url : "here";
}

void outline_say(const place_t *place, apr_pool_t *p)
{
    const site_t *site = &place->down;
    const second_dta_setting_t *second = place->depot->second;
    log_debug(&site->log, "MPIN0790",
              "%s is %s; sign-in: %s; registration: %s; RPS: %s; store: %s; second D-TA: %s; "
              "time permits: %s; mail: %s; audit log: %s",
              site->url.text, services_text(site), sign_in_text(site, p),
              registration_text(site, p), rps_text(site), place->depot->settings.url,
              second ? second->url : "none", either(site->rps_settings.time_permits, "on", "off"),
              either(site->mail != NULL, "sent", "none"), either(site->audit != NULL, "yes", "no"));
}
