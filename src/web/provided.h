/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_PROVIDED_H
#define MPIN_WEB_PROVIDED_H

#include "people/subject.h"
#include "web/facts.h"
#include "web/proven.h"

/* What trusted logins have to do with a sign-in by anything else. */

/* Somebody whom a trusted login has brought here once comes by a PIN or a passkey of theirs: their
 * session is of that provider, too, and whatever it has told goes on to applications. Or they come
 * by another login, which is linked to them. Where it has not had its say for longer than
 * MPinTrustedMaxAge, `*location` is where it is asked, and there is no session before. NULL, or the
 * refusal. */
result_t *provided_weigh(facts_t *facts, proven_t *proven, const char **location);

/* Has the trusted login that gave a user their name been silent for longer than MPinTrustedMaxAge? False
 * for those whom none has brought. */
store_status_t provided_is_late(const site_t *site, const unsigned char uid[UID_BYTES],
                                apr_time_t now, bool *late, apr_pool_t *p);

/* All that was told of the user of this request's session is read at first use; NULL: nothing was, or the
 * store does not say. */
const subject_t *provided_of(const request_rec *r, const session_t *session);

/* A provider's session has ended (docs/trusted.md, "Signing out"): all of ours that came of it do.
 * `name` is the trusted login's. NULL, or the refusal of a store in trouble. */
result_t *provided_end(request_rec *r, const char *name, const char *sid);

#endif
