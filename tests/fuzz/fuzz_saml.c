/* SPDX-License-Identifier: Apache-2.0 */
/* SAML messages from strangers: what is packed comes out as it went in, what is read lies in the
 * message, and an envelope changes nothing of it. */
#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/saml.h"

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"

static apr_pool_t *pool;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const char *in_base64(const unsigned char *bytes, size_t len)
{
    const size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    return sodium_bin2base64(apr_palloc(pool, room), room, bytes, len,
                             sodium_base64_VARIANT_ORIGINAL);
}

static const char *deflated(const unsigned char *bytes, size_t len)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (uInt)len};
    unsigned char *out = apr_palloc(pool, len + 1000);
    stream.next_out = out;
    stream.avail_out = (uInt)len + 1000;
    require(deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&stream);
    return in_base64(out, stream.total_out);
}

/* No text comes of what is empty, or has a NUL. */
static void comes_out(const char *got, const unsigned char *data, size_t size)
{
    const bool is_text = size && !memchr(data, '\0', size);
    require(is_text ? got && strlen(got) == size && memcmp(got, data, size) == 0 : !got);
}

static void is_bounded(const char *text)
{
    require(!text || (*text && strlen(text) <= SAML_TEXT_MAX));
}

static void fuzz_packing(const unsigned char *data, size_t size, const char *text)
{
    comes_out(saml_of_form(in_base64(data, size), pool), data, size);
    comes_out(saml_of_query(deflated(data, size), pool), data, size);
    is_bounded(saml_of_query(in_base64(data, size), pool));
    is_bounded(saml_of_form(text, pool));
    is_bounded(saml_of_query(text, pool));
}

/* A declaration stands before everything, or nowhere. */
static void fuzz_envelope(const char *xml, const saml_logout_t *logout)
{
    saml_logout_t inside;
    if (strstr(xml, "<?") || strstr(xml, "<!"))
        return;
    require(saml_read_logout(apr_pstrcat(pool, "<S:Envelope xmlns:S='" SOAP "'><S:Body>", xml,
                                         "</S:Body></S:Envelope>", NULL),
                             &inside, pool));
    require(inside.has_signature == logout->has_signature && !inside.name == !logout->name);
    require(!inside.name || strcmp(inside.name, logout->name) == 0);
}

/* A letter of ISO-8859-1 may become two bytes. */
static void fuzz_reading(const char *xml)
{
    saml_logout_t logout;
    if (saml_read_logout(xml, &logout, pool)) {
        require(!logout.name || (*logout.name && strlen(logout.name) < 2 * strlen(xml)));
        if (!strstr(xml, SOAP))
            fuzz_envelope(xml, &logout);
    }
    require(!saml_seen_at(xml, pool) || strstr(xml, "AuthnInstant"));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    const char *text = apr_pstrmemdup(pool, (const char *)data, size);
    fuzz_packing(data, size, text);
    fuzz_reading(text);
    apr_pool_clear(pool);
    return 0;
}
