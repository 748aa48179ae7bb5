/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_REFUSAL_H
#define MPIN_STORE_REFUSAL_H

#include "base/result.h"
#include "store/store.h"

/* 503 for a store that did not do what it was asked: store_full where it takes nothing new, else
 * store_down. Nothing is decided without the store; what is wrong with it, it has logged itself. */
result_t *store_refusal(store_status_t status, apr_pool_t *p);

#endif
