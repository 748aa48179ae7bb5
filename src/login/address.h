/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_ADDRESS_H
#define MPIN_LOGIN_ADDRESS_H

#include "web/request.h"

/* The address at which a page was opened, and the public one, where alone anybody signs in
 * (docs/operations.md, "One address"). A browser's script knows the first for sure; this is what a
 * request tells of it. */

/* True where the request says that it was sent to another host or scheme: it may be so, or something
 * in front has rewritten them. Nobody is redirected for it. */
bool address_doubtful(const request_rec *r, const site_t *site);

/* The login page at the public address, which leads on to `target` (a path; NULL: to MPinAfterLogin
 * there). */
const char *address_login(const site_t *site, const char *target, apr_pool_t *p);

#endif
