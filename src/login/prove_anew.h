/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_PROVE_ANEW_H
#define MPIN_LOGIN_PROVE_ANEW_H

#include "factor/own_factor.h"
#include "web/facts.h"

/* Before somebody changes how they sign in they show once more that it's them, by the strongest
 * thing that they have: a passkey, else their second step, else any first factor. */
#define PROVE_AGE 300 /* seconds that this is good for */

/* Where the store does not say what they have, nothing would do. */
demand_t prove_demand(const facts_t *facts);

/* The same of somebody who is signed in, whose factors have been read already. */
demand_t prove_demand_of(const facts_t *facts, const own_factor_t *list, int count);

#endif
