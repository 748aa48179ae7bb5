/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_MAIL_H
#define MPIN_REMOTE_REMOTE_MAIL_H

#include "remote/remote_room.h"
#include "rps/pending.h"

/* A name that is proven by its mailbox, where the RPS is elsewhere (docs/protocol.md, "RPS to RPA",
 * not forceActivate). The RPS keeps the registration, and we what activates it there. It knows of
 * no number that a pad shows, so the link must be opened in the browser that registers, which its
 * userData tells. */

/* Queues the mail; `pending` has name and device, and becomes what waits for its link. Again for
 * the same identity: the later counts. NULL, or the refusal. */
result_t *remote_await_mail(remote_t *remote, const caller_t *caller, const mpin_id_t *id,
                            const char *mpin_id, const char *activate_key, pending_t *pending,
                            apr_pool_t *p);

#endif
