/* SPDX-License-Identifier: Apache-2.0 */
#include "store/refusal.h"

result_t *store_refusal(store_status_t status, apr_pool_t *p)
{
    return status == STORE_FULL
               ? result_error(p, 503, "store_full", "The server cannot remember more just now.")
               : result_error(p, 503, "store_down", "The server cannot reach its store.");
}
