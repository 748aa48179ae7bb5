/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_ACCOUNTS_H
#define MPIN_SITE_ACCOUNTS_H

#include <mod_auth.h>

#include "config/directives.h"
#include "config/provider.h"

/* Where the names of a store come from: the password providers of the vhosts that share it. Made in
 * the parent; shared by all threads, and never changed. */
typedef struct password_provider_t {
    const char *name; /* as written, for AUTHN_PROVIDER_NAME_NOTE */
    const provider_kind_t *kind;
    const authn_provider *provider;
    /* in an account_source_t only */
    provider_manner_t manner;   /* the kind's, unless its settings there say otherwise */
    ap_conf_vector_t *settings; /* of its <AuthnProviderAlias>, where it is asked by a search */
    apr_time_t *told;           /* when its trouble was told (log_may_say) */
} password_provider_t;

/* The providers of one vhost, and what the configuration says to them. */
typedef struct account_source_t {
    server_rec *server;
    const char *path;              /* its login page */
    ap_conf_vector_t *settings;    /* of <Location> sections that hold for that page */
    apr_array_header_t *providers; /* of password_provider_t */
} account_source_t;

typedef struct accounts_t {
    apr_array_header_t *sources; /* of account_source_t; NULL = none */
    apr_array_header_t *files;   /* of const char *: who changes a source changes one of these */
    bool searches;               /* one of the providers is asked by a search */
    bool silent;                 /* one of the providers can't be asked for names */
    bool other_ways; /* names come from elsewhere, too: from mailboxes, or from being first */
    bool open;       /* the latter */
} accounts_t;

/* The providers that are named, in order. */
const apr_array_header_t *accounts_providers(const apr_array_header_t *names,
                                             const server_rec *main_server, apr_pool_t *p);

/* Adds what a vhost has. `providers` is empty where it has no password form. A main server that
 * serves nobody has nothing. */
void accounts_add(accounts_t *accounts, const server_config_t *config, server_rec *server,
                  server_rec *main_server, const apr_array_header_t *providers, apr_pool_t *p);

/* The files that are named anywhere as a source of passwords: too many do no harm. */
void accounts_find_files(accounts_t *accounts, const server_rec *main_server, apr_pool_t *p);

/* True where there are sources, and each can be asked whether it knows a name. */
bool accounts_tell(const accounts_t *accounts);

/* True where, besides, a name that they don't know is nobody's. */
bool accounts_decide(const accounts_t *accounts);

/* True where a session may have to end: its name is nobody's, or is another person's now. */
bool accounts_end_sessions(const accounts_t *accounts);

#endif
