/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/remote_id.h"

#include "base/hex.h"
#include "base/json.h"
#include "rps/room.h"

const json_t *remote_mpin_id(const char *mpin_id, apr_pool_t *p)
{
    unsigned char *decoded = apr_palloc(p, MPIN_ID_MAX);
    apr_size_t len = 0;
    if (!mpin_id || !hex_decode_upto(mpin_id, decoded, MPIN_ID_MAX, &len))
        return NULL;
    return json_read(p, (const char *)decoded, len);
}

const char *remote_user_id(const char *mpin_id, apr_pool_t *p)
{
    return json_text(remote_mpin_id(mpin_id, p), "userID", 2 * NAME_MAX_BYTES);
}
