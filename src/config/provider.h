/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_PROVIDER_H
#define MPIN_CONFIG_PROVIDER_H

#include <httpd.h>
#include <stdbool.h>
#include <util_cfgtree.h>

/* What there is to know of httpd's password providers, whoever wrote them. */

/* How a provider can be asked whether it knows a name, without the password. */
typedef enum {
    /* not at all: a wrong password counts as a failed login somewhere, or nobody knows what it
     * does */
    PROVIDER_KEEPS_STILL = 0,
    PROVIDER_TELLS,    /* a wrong password harms nobody, and the answer tells known from unknown */
    PROVIDER_REPEATS,  /* the same, but it repeats what others said some minutes ago */
    PROVIDER_SEARCHES, /* by a search, without a password (web/directory.h) */
} provider_manner_t;

typedef struct provider_kind_t {
    const char *name;   /* the provider's own; NULL: one that nobody here knows */
    const char *module; /* of it */
    const char *needs;  /* the directive without which it knows nobody, or NULL */
    const char *look;   /* at what an administrator looks when it is in trouble */
    provider_manner_t manner;
    bool folds_case; /* it takes "Anna" and "anna" for one, mostly */
} provider_kind_t;

/* Of a provider's own name; never NULL. */
const provider_kind_t *provider_kind(const char *name);

/* The provider's own name: of an <AuthnProviderAlias> the one that it stands for. The tree of the
 * configuration must be there. */
const char *provider_base(const char *name, const server_rec *main_server, apr_pool_t *p);

/* How the provider can be asked at that page of a vhost, as its settings there are. */
provider_manner_t provider_manner(const char *name, const server_rec *main_server,
                                  const server_rec *server, const char *page, apr_pool_t *p);

/* The <AuthnProviderAlias> of that name; NULL: it is none. */
const ap_directive_t *provider_alias(const char *name, const server_rec *main_server,
                                     apr_pool_t *p);

#endif
