/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_CEREMONY_H
#define MPIN_LOGIN_CEREMONY_H

#include "factor/passkey_challenge.h"
#include "factor/passkey.h"
#include "web/facts.h"

/* What asking a browser for a passkey has in common, whatever for. */

/* A challenge for this browser, which gets its pre-login cookie where it has none, and for who is
 * signed in, where it is not a sign-in. NULL, or the refusal: 503. */
result_t *ceremony_begin(facts_t *facts, ceremony_t ceremony, const char **challenge);

/* Was one begun for that in this browser, by this user, less than five minutes ago? */
bool ceremony_is(const facts_t *facts, const client_data_t *client, ceremony_t ceremony);

/* Ends it, once its answer has been found right. NULL, or the refusal: 408 passkey_expired where it
 * has ended before, 503. */
result_t *ceremony_end(const facts_t *facts, const client_data_t *client);

/* 408 passkey_expired. */
result_t *ceremony_expired(const facts_t *facts, const char *why);

/* The passkeys of who is signed in as browsers are told them: [{type, id, transports}]; the
 * caller's reference. NULL: the store is in trouble. */
json_t *ceremony_credentials(const facts_t *facts, store_status_t *status);

/* 404 where there are no passkeys; NULL: go on. */
result_t *ceremony_is_here(const facts_t *facts);

/* 400 for an answer that cannot be read; 401 for one that does not hold, and the log says why. */
result_t *ceremony_malformed(const facts_t *facts);
result_t *ceremony_refused(const facts_t *facts, const char *why);

#endif
