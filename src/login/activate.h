/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_ACTIVATE_H
#define MPIN_LOGIN_ACTIVATE_H

#include "web/facts.h"

/* Where the links of mails lead: rows of the route table. */
result_t *activate_page(facts_t *facts);   /* GET /mpinActivate?t=: shows, and changes nothing */
result_t *activate_submit(facts_t *facts); /* POST /mpinActivate: t, number, csrf */

#endif
