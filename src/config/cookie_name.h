/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_COOKIE_NAME_H
#define MPIN_CONFIG_COOKIE_NAME_H

#include <apr_pools.h>
#include <stdbool.h>

/* What browsers know our cookies by. Everything follows from the configuration, never from a
 * request: TLS may end before us. Under https a name begins with __Host- (RFC 6265bis,
 * section 4.1.3), or with __Secure- where a domain or path makes that prefix impossible; under http
 * on loopback it has none. */
typedef struct cookie_settings_t {
    bool https;
    const char *name;
    const char *domain; /* NULL: this host only */
    const char *path;   /* NULL: "/" */
    const char *same_site;
} cookie_settings_t;

/* "__Host-mpin-login" for the suffix "-login". */
const char *cookie_name(const cookie_settings_t *settings, const char *suffix, apr_pool_t *p);

/* "; Path=/; Secure; HttpOnly; SameSite=Lax" */
const char *cookie_attributes(const cookie_settings_t *settings, apr_pool_t *p);

/* True where a browser at `host` accepts the domain: the host itself, or a parent of it. */
bool cookie_domain_fits(const char *domain, const char *host);

/* True where the cookie comes with requests for `path` (RFC 6265, section 5.1.4). */
bool cookie_path_covers(const char *cookie_path, const char *path);

#endif
