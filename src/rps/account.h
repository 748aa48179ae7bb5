/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ACCOUNT_H
#define MPIN_RPS_ACCOUNT_H

#include "rps/room.h"

/* The place where a site's names come from, beside the people of the store: its password providers
 * (caller->book). A name that they know is theirs. */

/* May a stranger take the name? NULL, 403 name_taken, or 503 accounts_down. */
result_t *account_is_free(const caller_t *caller, const char *name, apr_pool_t *p);

/* May somebody who is signed in add a device? NULL, also where nobody can tell, or 403 account_gone:
 * their only source no longer knows the name. */
result_t *account_is_there(const caller_t *caller, const char *name, apr_pool_t *p);

/* May this identity still stand for its name? NULL, 403 name_taken (registered by a stranger before
 * the name was given to somebody), or 403 account_gone.
 * Where nobody can tell, nobody is kept out. */
result_t *account_is_theirs(const rps_t *rps, const caller_t *caller, const identity_t *identity,
                            apr_pool_t *p);

#endif
