/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_GROUPS_H
#define MPIN_AUTHN_GROUPS_H

#include <httpd.h>

#include "base/result.h"

/* The groups of a user in the AuthGroupFile that holds for the request, as mod_authz_groupfile reads it:
 * their names with a comma between; NULL for none. `groups_unread` where the file cannot be read, and
 * nobody knows. */
extern const char groups_unread[];
const char *groups_of(request_rec *r, const char *user);

/* 503, groups_unread. */
result_t *groups_refusal(apr_pool_t *p);

#endif
