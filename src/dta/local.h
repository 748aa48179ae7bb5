/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_LOCAL_H
#define MPIN_DTA_LOCAL_H

#include "dta/dta.h"
#include "keys/keys.h"

/* The D-TA of our own key file: its share is the whole secret. `keys` must outlive it. */
dta_t *dta_local(const keys_t *keys, apr_pool_t *p);

#endif
