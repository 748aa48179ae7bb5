/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/attestation.h"

#include "factor/cbor.h"

#define FORMAT_MAX 32 /* characters (section 8.1) */

static bool is_key(const char *text, size_t len, const char *key)
{
    return text && len == strlen(key) && memcmp(text, key, len) == 0;
}

static void read_format(bytes_in_t *in)
{
    size_t len;
    const char *format = cbor_text(in, &len);
    in->ok = in->ok && format && len && len <= FORMAT_MAX;
}

static void read_statement(bytes_in_t *in)
{
    bytes_in_t statement = *in;
    cbor_map(&statement); /* it is one */
    in->ok = statement.ok;
    cbor_skip(in);
}

bool attestation_read(const void *bytes, apr_size_t len, const unsigned char **data,
                      apr_size_t *data_len)
{
    bytes_in_t in = bytes_in(bytes, len);
    bool format = false, statement = false;
    *data = NULL;
    *data_len = 0;
    for (uint64_t pairs = cbor_map(&in); in.ok && pairs; pairs--) {
        size_t key_len;
        const char *key = cbor_text(&in, &key_len);
        if (is_key(key, key_len, "fmt") && !format) {
            format = true;
            read_format(&in);
        } else if (is_key(key, key_len, "attStmt") && !statement) {
            statement = true;
            read_statement(&in);
        } else if (is_key(key, key_len, "authData") && !*data) {
            *data = cbor_bytes(&in, data_len);
        } else {
            in.ok = false;
        }
    }
    return bytes_all_read(&in) && format && statement && *data;
}
