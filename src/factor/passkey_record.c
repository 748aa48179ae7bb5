/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes in which a passkey is kept. */
#include "factor/passkey.h"

#include "base/bytes.h"

/* layout 1 | party 32 | algorithm 4 | count 4 | aaguid 16 | what it is 1 | transports 1 |
 * credential: length 4, bytes | key: length 4, bytes */
#define LAYOUT 1
enum { IS_ELIGIBLE = 1u, IS_BACKED_UP = 2, IS_VERIFIED = 4, IS_OPEN = 8, IS_ALL = 15 };

bool passkey_write(own_factor_t *factor, const passkey_t *passkey)
{
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, passkey->party, RP_HASH_BYTES);
    bytes_put_u32(&out, (uint32_t)passkey->key.algorithm);
    bytes_put_u32(&out, passkey->count);
    bytes_put(&out, passkey->aaguid, AAGUID_BYTES);
    bytes_put_u8(&out,
                 (uint8_t)((passkey->eligible ? IS_ELIGIBLE : 0) |
                           (passkey->backed_up ? IS_BACKED_UP : 0) |
                           (passkey->verified ? IS_VERIFIED : 0) | (passkey->open ? IS_OPEN : 0)));
    bytes_put_u8(&out, passkey->transports);
    bytes_put_u32(&out, (uint32_t)passkey->credential_len);
    bytes_put(&out, passkey->credential, passkey->credential_len);
    bytes_put_u32(&out, (uint32_t)passkey->key.len);
    bytes_put(&out, passkey->key.bytes, passkey->key.len);
    factor->len = bytes_written(&out);
    return factor->len;
}

static apr_size_t read_part(bytes_in_t *in, unsigned char *part, apr_size_t max)
{
    const apr_size_t len = bytes_get_u32(in);
    in->ok = in->ok && len && len <= max;
    bytes_get(in, part, in->ok ? len : 0);
    return len;
}

bool passkey_read(const own_factor_t *factor, passkey_t *passkey)
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, passkey->party, RP_HASH_BYTES);
    passkey->key.algorithm = (int32_t)bytes_get_u32(&in);
    passkey->count = bytes_get_u32(&in);
    bytes_get(&in, passkey->aaguid, AAGUID_BYTES);
    const uint8_t is = bytes_get_u8(&in);
    passkey->eligible = is & IS_ELIGIBLE;
    passkey->backed_up = is & IS_BACKED_UP;
    passkey->verified = is & IS_VERIFIED;
    passkey->open = is & IS_OPEN;
    passkey->transports = bytes_get_u8(&in);
    passkey->credential_len = read_part(&in, passkey->credential, CREDENTIAL_MAX);
    passkey->key.len = read_part(&in, passkey->key.bytes, COSE_KEY_MAX);
    return bytes_all_read(&in) && layout == LAYOUT && is <= IS_ALL && factor->kind == KIND_PASSKEY;
}

bool passkey_is_of(const own_factor_t *factor, const relying_party_t *party)
{
    passkey_t passkey;
    return party->id && factor->confirmed && passkey_read(factor, &passkey) &&
           memcmp(passkey.party, party->hash, RP_HASH_BYTES) == 0;
}

bool passkey_of(const relying_party_t *party, const webauthn_t *answer, passkey_t *passkey)
{
    const authdata_t *data = &answer->data;
    *passkey = (passkey_t){.count = data->count,
                           .eligible = data->flags & AUTHDATA_ELIGIBLE,
                           .backed_up = data->flags & AUTHDATA_BACKED_UP,
                           .verified = data->flags & AUTHDATA_VERIFIED,
                           .transports = (uint8_t)answer->transports,
                           .credential_len = data->credential_len};
    memcpy(passkey->party, party->hash, RP_HASH_BYTES);
    memcpy(passkey->aaguid, data->aaguid, AAGUID_BYTES);
    memcpy(passkey->credential, data->credential, data->credential_len);
    return cose_read(data->key, data->key_len, &passkey->key);
}
