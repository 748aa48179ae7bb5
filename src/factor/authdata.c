/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/authdata.h"

#include "factor/cbor.h"

static const unsigned char *item_of(bytes_in_t *in, apr_size_t *len)
{
    const unsigned char *item = in->next;
    cbor_skip(in);
    *len = (apr_size_t)(in->next - item);
    return item;
}

static void read_credential(bytes_in_t *in, authdata_t *data)
{
    unsigned char len[2];
    bytes_get(in, data->aaguid, AAGUID_BYTES);
    bytes_get(in, len, sizeof(len));
    data->credential_len = (apr_size_t)len[0] << 8 | len[1];
    data->credential = in->next;
    in->ok = in->ok && data->credential_len && data->credential_len <= CREDENTIAL_MAX &&
             data->credential_len <= (apr_size_t)(in->end - in->next);
    if (!in->ok)
        return;
    in->next += data->credential_len;
    data->key = item_of(in, &data->key_len);
}

bool authdata_read(const void *bytes, apr_size_t len, authdata_t *data)
{
    bytes_in_t in = bytes_in(bytes, len);
    *data = (authdata_t){.flags = 0};
    bytes_get(&in, data->rp_hash, RP_HASH_BYTES);
    data->flags = bytes_get_u8(&in);
    data->count = bytes_get_u32(&in);
    if (data->flags & AUTHDATA_ATTESTED)
        read_credential(&in, data);
    if (data->flags & AUTHDATA_EXTENDED) {
        bytes_in_t extensions = in;
        cbor_map(&extensions); /* it is one */
        in.ok = extensions.ok;
        cbor_skip(&in);
    }
    return bytes_all_read(&in);
}
