/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PERMIT_H
#define MPIN_RPS_PERMIT_H

#include "rps/room.h"

/* NULL for an identity that gets a time permit; else the refusal, audited. */
result_t *permit_refusal(rps_t *rps, const caller_t *caller,
                         const unsigned char handle[HANDLE_BYTES], apr_pool_t *p);

#endif
