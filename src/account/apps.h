/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_APPS_H
#define MPIN_ACCOUNT_APPS_H

#include "factor/kinds.h"
#include "login/page.h"
#include "web/facts.h"

/* Authenticator apps: one is shown its secret, and counts after its first right code. */

/* A new one of the session's user, with the name that the form gives it. NULL, or the refusal. */
result_t *apps_begin(const facts_t *facts, own_factor_t *factor);

/* The values of totp_offer.html: factor, secret, qr_side, qr_path. 404 for one that counts already. */
result_t *apps_show_secret(page_values_t *page, const facts_t *facts, const own_factor_t *factor);

/* 404 where MPinTOTP is not set. */
result_t *apps_none_here(const facts_t *facts);

#endif
