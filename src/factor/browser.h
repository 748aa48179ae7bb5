/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_BROWSER_H
#define MPIN_FACTOR_BROWSER_H

#include "factor/factors.h"

/* Browsers in which a user need not take the second step again for a while (MPinRememberBrowser).
 * Each is a factor of its user's; the browser has its id in a sealed cookie (session/remember.h).
 * It counts for one version of the user: whatever changes the ways to sign in ends it. */
#define BROWSERS_MAX 8 /* of a user: at the next one the oldest gives way */

typedef struct browser_t {
    uint32_t version; /* of the user */
    apr_time_t until;
    bool by_sms; /* the second step that was taken in it was a code by SMS */
} browser_t;

/* `name` and `uid` are the caller's. Those that count no more are dropped. */
store_status_t browser_add(factors_t *factors, own_factor_t *factor, const browser_t *browser,
                           apr_time_t now, apr_pool_t *p);

/* FACTOR_REMEMBERED, or FACTOR_REMEMBERED_SMS. */
factor_t browser_proves(const own_factor_t *factor);

/* Does this factor spare a user of this version the second step? */
bool browser_counts(const own_factor_t *factor, uint32_t version, apr_time_t now);

/* The browser has signed in, to a session of that family: written behind. */
void browser_note_use(factors_t *factors, const own_factor_t *browser,
                      const unsigned char family[SESSION_ID_BYTES], apr_time_t now, apr_pool_t *p);

store_status_t browser_forget_use(factors_t *factors, const own_factor_t *browser, apr_pool_t *p);

/* When that was last, in seconds, and in which family. STORE_MISSING: nobody knows. */
store_status_t browser_last_use(factors_t *factors, const own_factor_t *browser, uint32_t *seconds,
                                unsigned char family[SESSION_ID_BYTES], apr_pool_t *p);

#endif
