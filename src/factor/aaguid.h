/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_AAGUID_H
#define MPIN_FACTOR_AAGUID_H

#include "factor/authdata.h"

/* What the makers call that which keeps passkeys, by the number of its kind; NULL for one that is
 * not among the best known. It is not proven: a name for people, and nothing else. */
const char *aaguid_name(const unsigned char aaguid[AAGUID_BYTES]);

#endif
