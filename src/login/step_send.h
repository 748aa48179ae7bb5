/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_STEP_SEND_H
#define MPIN_LOGIN_STEP_SEND_H

#include "factor/kinds.h"
#include "login/page.h"
#include "web/facts.h"

/* Second steps whose code is sent: nothing is sent by a GET, so that no link and no look ahead of a
 * browser's sends anything. */

/* The values of a page that asks for a code: `sends` where it is one that is sent, `unsent` where
 * none is on its way to this session yet, `again` (seconds) while another one may not be sent. */
void send_show(page_values_t *page, const turn_t *turn);

/* Why a page is shown again: `throttled` (seconds), `code_wrong`, or `refused`, a text of the
 * catalogue for anything else. Sets Retry-After. */
void send_show_refusal(page_values_t *page, const result_t *refusal);

/* Is it one that the page itself tells, beside another try and other ways? Any other has the
 * error page. */
bool send_is_told(const page_values_t *page, const result_t *refusal);

/* Sends. NULL, or the refusal. */
result_t *send_now(const turn_t *turn);

#endif
