/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cookie_name.h"

#include <apr_strings.h>
#include <string.h>

const char *cookie_name(const cookie_settings_t *settings, const char *suffix, apr_pool_t *p)
{
    const char *prefix = !settings->https                     ? ""
                         : settings->domain || settings->path ? "__Secure-"
                                                              : "__Host-";
    return apr_pstrcat(p, prefix, settings->name, suffix, NULL);
}

const char *cookie_attributes(const cookie_settings_t *settings, apr_pool_t *p)
{
    return apr_pstrcat(
        p, settings->domain ? "; Domain=" : "", settings->domain ? settings->domain : "",
        "; Path=", settings->path ? settings->path : "/", settings->https ? "; Secure" : "",
        "; HttpOnly; SameSite=", settings->same_site, NULL);
}

bool cookie_domain_fits(const char *domain, const char *host)
{
    const size_t domain_len = strlen(domain), host_len = strlen(host);
    if (domain_len > host_len || strcmp(host + host_len - domain_len, domain))
        return false;
    return domain_len == host_len || host[host_len - domain_len - 1] == '.';
}

bool cookie_path_covers(const char *cookie_path, const char *path)
{
    const size_t len = strlen(cookie_path);
    if (strncmp(path, cookie_path, len))
        return false;
    return !path[len] || cookie_path[len - 1] == '/' || path[len] == '/';
}
