/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_TRUSTED_LOGINS_H
#define MPIN_SITE_TRUSTED_LOGINS_H

#include <ap_expr.h>

#include "config/directives.h"

/* The MPinTrustedLogin lines of a site at work. Made in the parent, and never changed. */
typedef struct trusted_login_t {
    const trusted_setting_t *set;
    const ap_expr_info_t *user; /* NULL: the other module's user */
} trusted_login_t;

const apr_array_header_t *trusted_logins_make(const server_config_t *config, apr_pool_t *p);

/* One of them (of NULL none), by its number, its name, or its mark; NULL for none. */
const trusted_login_t *trusted_login_number(const apr_array_header_t *logins, int i);
const trusted_login_t *trusted_login_named(const apr_array_header_t *logins, const char *name);
const trusted_login_t *trusted_login_marked(const apr_array_header_t *logins, uint32_t mark);

/* The one whose place this path is; and the one in whose place it lies. */
const trusted_login_t *trusted_login_at(const apr_array_header_t *logins, const char *path);
const trusted_login_t *trusted_login_around(const apr_array_header_t *logins, const char *path);

/* The one whose module hears its provider at this path with this query, where no page of ours
 * answers: what the provider says (state, and code or error), a sign-out, and a beginning that the
 * module is told of (docs/trusted.md, "OpenID Connect"). */
const trusted_login_t *trusted_login_called(const apr_array_header_t *logins, const char *path,
                                            const char *args);

/* Is it what a provider answers, or a beginning, which both lead on; and is it a no, or trouble of the
 * provider's? */
bool trusted_login_leads_on(const char *args);
bool trusted_login_is_refusal(const char *args);

#endif
