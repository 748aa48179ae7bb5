/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_TELL_H
#define MPIN_AUTHN_TELL_H

#include "web/facts.h"

/* GET /mpin-check (docs/forward.md, "The answer"): 200 and who it is; 401 and where to sign in. */
result_t *tell_asker(facts_t *facts);

#endif
