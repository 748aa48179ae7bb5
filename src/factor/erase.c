/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/erase.h"

#include "factor/factors.h"
#include "factor/tries.h"

store_status_t factor_erase_user(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    const store_status_t status = tries_erase(store, uid, p);
    return status == STORE_OK ? factors_erase(store, uid, p) : status;
}
