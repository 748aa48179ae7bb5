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

/* POST /account/factor/remove: factor */
result_t *account_factor_remove(facts_t *facts);

/* POST /account/device/remove, /unlock, /rename: device (name) */
result_t *account_device_remove(facts_t *facts);
result_t *account_device_unlock(facts_t *facts);
result_t *account_device_rename(facts_t *facts);

/* POST /account/session/end: session; /account/sessions/end ends all but this one. */
result_t *account_session_end(facts_t *facts);
result_t *account_sessions_end(facts_t *facts);

#endif
