/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_FOUND_H
#define MPIN_CTL_FOUND_H

#include <apr_tables.h>
#include <apr_time.h>
#include <apr_user.h>
#include "base/json.h"
#include "base/name.h"
#include "ctl/options.h"

/* Where a site's store and keys are, and what else the configuration says of it: as httpd itself has
 * read it (-t -D DUMP_MPIN, src/site/described.c), or as --store and --keys say. */
typedef struct found_t {
    const char *url, *title;      /* NULL: not known */
    const char *store, *key_file; /* MPinStore, MPinKeyFile */
    apr_off_t quota;
    const char *const *passphrase;          /* the program and its arguments, NULL without */
    const char *audit;                      /* MPinAuditLog, NULL without */
    const char *account, *login, *activate; /* paths, NULL: there is no such page */
    name_rules_t names;
    bool mail;
    apr_uid_t uid; /* who httpd's children run as; whoever runs mpinctl, where nobody says */
    apr_gid_t gid;
    apr_interval_time_t longest; /* session that can live in the store */
    const char *pid_file;        /* httpd's, NULL where it isn't known */
    bool keys_shared;            /* another site with another store has the same key file */
    const json_t *json;          /* the site as httpd said it, NULL without */
} found_t;

/* False: `*why` is one sentence with the mend. */
bool found_site(found_t *found, const options_t *options, apr_pool_t *p, const char **why);

/* The same in two steps: all that httpd says, and with a define more than that (MPIN_AT=URL,
 * DUMP_MPIN_LINES); and one site of it, by its URL or NULL for the only one. */
const json_t *found_said(const options_t *options, const char *define, apr_pool_t *p,
                         const char **why);
bool found_one(found_t *found, const json_t *said, const char *url, apr_pool_t *p,
               const char **why);

#endif
