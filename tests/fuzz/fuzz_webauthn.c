/* SPDX-License-Identifier: Apache-2.0 */
/* What authenticators and browsers send for passkeys: whatever bytes, nothing is read beyond them, and
 * what is accepted has the bounds that it promises. */
#include <apr_general.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "factor/attestation.h"
#include "factor/passkey.h"

static apr_pool_t *pool;

static void require(int holds)
{
    if (!holds)
        abort();
}

static int lies_in(const unsigned char *part, apr_size_t len, const uint8_t *data, size_t size)
{
    return part >= data && part + len <= data + size;
}

static void fuzz_key(const uint8_t *data, size_t size)
{
    cose_key_t key;
    if (!cose_read(data, size, &key))
        return;
    require(key.len <= COSE_KEY_MAX && cose_is_good(&key));
    const cose_signed_t what = {.rp_id = "example.org",
                                .authdata = data,
                                .authdata_len = size,
                                .client_data = data,
                                .client_data_len = size,
                                .signature = data,
                                .signature_len = size};
    require(!cose_holds(&key, &what));
}

static void fuzz_authdata(const uint8_t *data, size_t size)
{
    authdata_t read, shorter;
    if (!authdata_read(data, size, &read))
        return;
    require(!authdata_read(data, size - 1, &shorter));
    if (!(read.flags & AUTHDATA_ATTESTED))
        return;
    require(read.credential_len >= 1 && read.credential_len <= CREDENTIAL_MAX);
    require(lies_in(read.credential, read.credential_len, data, size));
    require(lies_in(read.key, read.key_len, data, size));
    fuzz_key(read.key, read.key_len);
}

static void fuzz_attestation(const uint8_t *data, size_t size)
{
    const unsigned char *part;
    apr_size_t len;
    if (!attestation_read(data, size, &part, &len))
        return;
    require(lies_in(part, len, data, size));
    fuzz_authdata(part, len);
}

static void fuzz_record(const uint8_t *data, size_t size)
{
    own_factor_t factor = {.kind = KIND_PASSKEY}, again = {.kind = KIND_PASSKEY};
    passkey_t passkey;
    if (size > sizeof(factor.data))
        return;
    memcpy(factor.data, data, size);
    factor.len = size;
    if (!passkey_read(&factor, &passkey))
        return;
    require(passkey_write(&again, &passkey));
    require(again.len == size && memcmp(again.data, data, size) == 0);
}

/* The whole answer, where the input is JSON; else an answer with the input in each of its parts. */
static void fuzz_answer(const uint8_t *data, size_t size)
{
    static const relying_party_t party = {.id = "example.org", .origin = "https://example.org"};
    webauthn_t answer;
    json_t *json = json_read(pool, (const char *)data, size);
    if (!json) {
        const char *text = base64_encode(pool, data, size);
        json = json_tie(pool, json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "type",
                                        "public-key", "id", "AAAA", "rawId", "AAAA", "response",
                                        "clientDataJSON", "e30", "attestationObject", text,
                                        "authenticatorData", text, "signature", text, "userHandle",
                                        text));
    }
    if (webauthn_read_new(json, &answer, pool))
        webauthn_new_wrong(&party, &answer, true);
    if (webauthn_read_signed(json, &answer, pool))
        webauthn_signed_wrong(&party, &answer, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    client_data_t client;
    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    if (client_data_read(data, size, &client, pool))
        require(strlen(client.challenge) <= CLIENT_TEXT_MAX);
    fuzz_key(data, size);
    fuzz_authdata(data, size);
    fuzz_attestation(data, size);
    fuzz_record(data, size);
    fuzz_answer(data, size);
    apr_pool_clear(pool);
    return 0;
}
