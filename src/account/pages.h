/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_PAGES_H
#define MPIN_ACCOUNT_PAGES_H

#include "web/facts.h"

/* The signed-in person's own pages: what is theirs, and how they end it. Each change is a form with
 * a token, and works without script. */
result_t *account_page(facts_t *facts); /* GET /account */

/* POST /account/totp begins an authenticator app (name), /account/totp/confirm has its first code
 * (factor, code). */
result_t *account_totp(facts_t *facts);
result_t *account_totp_confirm(facts_t *facts);

/* POST /account/passkey ({csrf, key}) is what the browser asks a new passkey, or with `key` one that
 * is a second step only; /account/passkey/add ({csrf, credential}) has its answer. Both are JSON, as
 * is the way on: {location}. POST /account/passkey/rename: factor, name. */
result_t *account_passkey(facts_t *facts);
result_t *account_passkey_add(facts_t *facts);
result_t *account_passkey_rename(facts_t *facts);

/* POST /account/factor/remove: factor */
result_t *account_factor_remove(facts_t *facts);

#endif
