/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_FLASH_H
#define MPIN_LOGIN_FLASH_H

#include "login/page.h"
#include "web/facts.h"

/* Somebody has just signed in, or out, or was refused by a provider, and is told so once, where the
 * next page comes within a minute: on one of ours, as the values `flash_in`, `flash_out` and
 * `flash_refused`. */
void flash_show(facts_t *facts, page_values_t *page);

/* ... or by an application: "success", "info" or "danger", NULL for nothing to tell, or nobody who
 * reads it. */
const char *flash_pass(request_rec *r);

#endif
