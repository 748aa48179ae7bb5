/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_FLASH_H
#define MPIN_LOGIN_FLASH_H

#include "login/page.h"
#include "web/facts.h"

/* Somebody has just signed in, or out, and is told so once: on the next page of ours, where that comes within a minute.
 * The values `flash_in` and `flash_out` of the page. */
void flash_show(facts_t *facts, page_values_t *page);

#endif
