/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_MAILED_H
#define MPIN_RPS_MAILED_H

#include "rps/pending.h"

/* The mails of an RPS (docs/security.md, "A mail link alone activates nothing"). */

/* A fresh number from 1 to 999999, and its six digits. */
uint32_t mailed_number(void);
const char *mailed_number_text(uint32_t number, apr_pool_t *p);

/* Queues the mail with the link of a registration that is kept already; one that is `silent` costs
 * the same and sends nothing. NULL, or the refusal, and then the registration has ended. */
result_t *mailed_send(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p);

/* PUT of a registration of that canonical name that waits for its link: the same mail again, and
 * the number stays. NULL: it is not such a one. Else `old` is what it is, with the refusal (429
 * too_many_mails leaves it as it is) or 200 without a body. */
result_t *mailed_again(rps_t *rps, const caller_t *caller, const mpin_id_t *id, const char *name,
                       const char *reg_ott, pending_t *old, apr_pool_t *p);

/* The owner of a name, if it is a mailbox, is told of a new device or PIN, or there is none: the
 * notice goes with what else is in `together`. NULL: there is nobody to tell. Where the piece is
 * refused, so many mails wait that the other is the answer: 503 mail_queue_full. */
store_piece_t *mailed_join_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                  const pending_t *pending, store_together_t *together,
                                  apr_pool_t *p);
result_t *mailed_refusal(rps_t *rps, const pending_t *pending, apr_pool_t *p);

/* Tells them what has happened to an identity of theirs for their protection: it is locked, its
 * access was withdrawn. That happens whether they can be told or not: a mail that cannot be queued
 * is logged. */
void mailed_tell(rps_t *rps, const caller_t *caller, notice_kind_t kind, const identity_t *identity,
                 apr_pool_t *p);

#endif
