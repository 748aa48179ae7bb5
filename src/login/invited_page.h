/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_INVITED_PAGE_H
#define MPIN_LOGIN_INVITED_PAGE_H

#include "web/facts.h"

/* Where an administrator's invitation leads (mpinctl invite): activate.h's rows, with `i`. */
result_t *invited_page(facts_t *facts);   /* shows whom it is for, and changes nothing */
result_t *invited_submit(facts_t *facts); /* accepts it in this browser, and on to the PIN pad */

#endif
