/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_FORWARD_H
#define MPIN_RPA_FORWARD_H

#include "web/facts.h"

/* The request's headers that its application hears of at a registration (MPinForwardHeaders), as
 * "Name: value", NULL-terminated; NULL for none. Our own cookies have been taken out before. */
const char *const *forward_headers(const facts_t *facts);

#endif
