/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/factor_record.h"

#include "base/bytes.h"

#define LAYOUT 1

enum { IS_CONFIRMED = 1, IS_OPEN = 2, IS_ALL = 3 };

/* layout 1 | kind 1 | what it is 1 | created 4 | used 4 | name text | length 4 | data */
apr_size_t factor_write(const own_factor_t *factor, unsigned char record[FACTOR_RECORD_MAX])
{
    bytes_out_t out = bytes_out(record, FACTOR_RECORD_MAX);
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u8(&out, (uint8_t)factor->kind);
    bytes_put_u8(&out,
                 (uint8_t)((factor->confirmed ? IS_CONFIRMED : 0) | (factor->open ? IS_OPEN : 0)));
    bytes_put_u32(&out, factor->created);
    bytes_put_u32(&out, factor->used);
    bytes_put_text(&out, factor->name);
    bytes_put_u32(&out, (uint32_t)factor->len);
    bytes_put(&out, factor->data, factor->len);
    return factor->len <= FACTOR_DATA_MAX ? bytes_written(&out) : 0;
}

bool factor_read(const void *record, apr_size_t len, own_factor_t *factor)
{
    bytes_in_t in = bytes_in(record, len);
    const uint8_t layout = bytes_get_u8(&in);
    factor->kind = (factor_kind_t)bytes_get_u8(&in);
    const uint8_t is = bytes_get_u8(&in);
    factor->confirmed = is & IS_CONFIRMED;
    factor->open = is & IS_OPEN;
    factor->created = bytes_get_u32(&in);
    factor->used = bytes_get_u32(&in);
    bytes_get_text(&in, factor->name, sizeof(factor->name));
    factor->len = bytes_get_u32(&in);
    in.ok = in.ok && factor->len <= FACTOR_DATA_MAX;
    bytes_get(&in, factor->data, in.ok ? factor->len : 0);
    return bytes_all_read(&in) && layout == LAYOUT && is <= IS_ALL && factor->kind >= KIND_TOTP &&
           factor->kind < KIND_END;
}
