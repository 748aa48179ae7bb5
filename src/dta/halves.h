/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_HALVES_H
#define MPIN_DTA_HALVES_H

#include "keys/keys.h"
#include "mpin/mpin.h"

/* One D-TA that looks like two. Clients of the protocol ask two D-TAs and add what they get; where
 * there is one, its secrets and permits are split at random: c*H and (s-c)*H, for a scalar c that
 * follows from the id, the day and a key. Nothing is safer by it: it is for the sake of clients
 * that know no other way. */
typedef enum { HALF_FIRST, HALF_SECOND } half_t;

typedef struct halves_t halves_t;

/* NULL when memory is out. */
halves_t *halves_make(const keys_t *keys, apr_pool_t *p);

/* The caller wipes the secret. */
mpin_status_t halves_client_secret(const halves_t *halves, half_t half,
                                   const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                   unsigned char secret[MPIN_G1_BYTES]);
mpin_status_t halves_time_permit(const halves_t *halves, half_t half, uint32_t date,
                                 const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                 unsigned char permit[MPIN_G1_BYTES]);

/* The key that clients sign their request for the second half with. No D-TA takes it. */
const keys_app_t *halves_app(const halves_t *halves);

#endif
