/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_BIND_H
#define MPIN_RPA_BIND_H

#include "web/facts.h"

/* Somebody has signed in by this browser, and so its pre-login cookie has gone, by another tab perhaps
 * while this one was at it: what comes next is bound to a new one. False: no randomness. */
bool rpa_bind_anew(facts_t *facts);

#endif
