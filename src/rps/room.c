/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/room.h"

#include <apr_strings.h>
#include <sodium.h>
#include "base/hex.h"

bool mpin_id_read(mpin_id_t *id, const char *text, apr_pool_t *p)
{
    unsigned char *decoded = apr_palloc(p, MPIN_ID_MAX);
    apr_size_t len = 0;
    if (!text || !hex_decode_upto(text, decoded, MPIN_ID_MAX, &len) || len == 0)
        return false;
    crypto_hash_sha256(id->hash, decoded, len);
    people_handle(id->hash, id->handle);
    return true;
}

uint32_t rps_day(apr_time_t now)
{
    return (uint32_t)(apr_time_sec(now) / 86400);
}

const char *rps_time(apr_time_t when, char between, apr_pool_t *p)
{
    apr_time_exp_t t;
    apr_time_exp_gmt(&t, when);
    return apr_psprintf(p, "%04d-%02d-%02d%c%02d:%02d:%02d.%06d", t.tm_year + 1900, t.tm_mon + 1,
                        t.tm_mday, between, t.tm_hour, t.tm_min, t.tm_sec, t.tm_usec);
}

result_t *rps_audited(result_t *result, const char *event, const char *name,
                      const unsigned char *handle, apr_pool_t *p)
{
    result->event = event;
    result->user = name ? apr_pstrdup(p, name) : NULL;
    result->identity = handle ? people_label(handle, p) : NULL;
    return result;
}
