/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_PUBLIC_URL_H
#define MPIN_CONFIG_PUBLIC_URL_H

#include <apr_pools.h>
#include <stdbool.h>

/* The origin that people see (MPinPublicURL), spelled as a browser spells it in Origin: scheme and
 * host in lower case, the scheme's own port left out, no path. */
typedef struct public_url_t {
    const char *text; /* "https://www.example.com", no trailing slash; default port left out */
    const char *host; /* host name without port; an IPv6 address in its brackets */
    bool https;
    bool loopback; /* localhost, 127.0.0.1, [::1] */
} public_url_t;

/* NULL, and `url` filled in the pool; else what is wrong and the mend, a sentence's end. */
const char *public_url_parse(public_url_t *url, const char *text, apr_pool_t *p);

/* The same from its parts, as a Listen line has them. `host` needs no brackets. */
const char *public_url_make(public_url_t *url, bool https, const char *host, unsigned port,
                            apr_pool_t *p);

/* Do browsers keep passkeys for it? Where its host is a name, and it is https, or http on localhost:
 * WebAuthn takes no address, and plain http nowhere else. */
bool public_url_takes_passkeys(const public_url_t *url);

#endif
