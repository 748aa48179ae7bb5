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

/* POST /login/step/totp and /login/step/totp/confirm: the same on the way to a place that asks for a
 * second step, for who never had one. */
result_t *first_step_totp(facts_t *facts);
result_t *first_step_totp_confirm(facts_t *facts);

/* POST /account/codes: new recovery codes, which the answer shows, and nothing ever again */
result_t *account_codes_make(facts_t *facts);

/* POST /account/browser/remove: factor */
result_t *account_browser_remove(facts_t *facts);

/* POST /account/sms sends a code to a number (phone), or once more (factor); /account/sms/confirm
 * has it typed (factor, code). */
result_t *account_sms(facts_t *facts);
result_t *account_sms_confirm(facts_t *facts);

/* The same of what WorkOS keeps: POST /account/workos (type totp: issuer, user_name; type sms: phone;
 * or factor), /account/workos/confirm (factor, code), /account/workos/clear. GET
 * /account/workos/detail?factor=; POST /account/workos/challenge (factor, text) and
 * /account/workos/verify (factor, code). */
result_t *account_workos_enrol(facts_t *facts);
result_t *account_workos_confirm(facts_t *facts);
result_t *account_workos_clear(facts_t *facts);
result_t *account_workos_detail(facts_t *facts);
result_t *account_workos_challenge(facts_t *facts);
result_t *account_workos_verify(facts_t *facts);

/* POST /account/passkey ({csrf, key}) is what the browser asks a new passkey, or with `key` one that
 * is a second step only; /account/passkey/add ({csrf, credential}) has its answer. Both are JSON, as
 * is the way on: {location}. POST /account/passkey/rename: factor, name. */
result_t *account_passkey(facts_t *facts);
result_t *account_passkey_add(facts_t *facts);
result_t *account_passkey_rename(facts_t *facts);

/* POST /account/login/add (login) leads to a trusted login, and that to GET /account/login?link=, which
 * asks whether it's them; POST /account/login/confirm (link) links it. /account/login/remove: login */
result_t *account_login_add(facts_t *facts);
result_t *account_login_page(facts_t *facts);
result_t *account_login_confirm(facts_t *facts);
result_t *account_login_remove(facts_t *facts);

/* POST /account/factor/remove: factor */
result_t *account_factor_remove(facts_t *facts);

/* POST /account/device/remove, /unlock, /rename: device (name) */
result_t *account_device_remove(facts_t *facts);
result_t *account_device_unlock(facts_t *facts);
result_t *account_device_rename(facts_t *facts);

/* POST /account/token (name, days, paths, methods) makes one, which the answer shows, and nothing ever
 * again; /account/token/remove: token */
result_t *account_token_make(facts_t *facts);
result_t *account_token_remove(facts_t *facts);

/* POST /account/session/end: session; /account/sessions/end ends all but this one. */
result_t *account_session_end(facts_t *facts);
result_t *account_sessions_end(facts_t *facts);

#endif
