/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_RECOVERY_H
#define MPIN_FACTOR_RECOVERY_H

#include "factor/kind.h"

/* Recovery codes stand for a second step that was lost: ten of 120 random bits, shown once, kept as
 * keyed hashes, each good once. All of a user's are one factor. */
#define RECOVERY_CODES 10
#define RECOVERY_BYTES 15 /* of a code; as people see it, six groups of four */
#define RECOVERY_TEXT_SIZE (RECOVERY_BYTES * 8 / 5 + 6)
#define RECOVERY_FEW 3 /* so many left, and the user is told */

extern const kind_ops_t recovery_ops;

typedef struct recovery_codes_t {
    char text[RECOVERY_CODES][RECOVERY_TEXT_SIZE];
} recovery_codes_t;

/* New ones for a user: those before them are void. STORE_EXISTS: the user has FACTORS_MAX. */
store_status_t recovery_make(factors_t *factors, const unsigned char uid[UID_BYTES],
                             recovery_codes_t *codes, apr_time_t now, apr_pool_t *p);

/* How many of a KIND_RECOVERY have not been used. */
int recovery_left(const own_factor_t *factor);

/* The number of the root key that judges them; -1 for what is no such factor. */
int recovery_root(const own_factor_t *factor);

#endif
