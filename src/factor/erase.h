/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_ERASE_H
#define MPIN_FACTOR_ERASE_H

#include "people/people.h"

/* What this room keeps of a user, for people_erase_with: factors, what passkeys know the user by,
 * and wrong codes. */
store_status_t factor_erase_user(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p);

/* The name was proven: what somebody has added who was merely its first, and the codes and browsers
 * that may have come of it. */
store_status_t factor_erase_open(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p);

#endif
