/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_BECOME_H
#define MPIN_RPS_BECOME_H

#include "rps/pending.h"

/* The end of a registration that went well: it becomes an identity of its user, who is made where
 * the name was free. NULL, or the refusal: 400 registration_unknown where its user has signed out
 * everywhere since, 403 name_taken, not_allowed, user_disabled or too_many_identities; of two
 * who ask for the same at once, one gets 400. All of it is there, or nothing; only where the device
 * that it replaces can't be ended (503) are both there. */
result_t *become_identity(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                          const pending_t *pending, apr_pool_t *p);

/* The same, and its owner is told, if there is a mailbox; 503 mail_queue_full where they can't be. */
result_t *become_told(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p);

/* Only the identity, of a user who is there and has proven the name. */
result_t *become_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                        const pending_t *pending, const user_t *user, apr_pool_t *p);

#endif
