/* SPDX-License-Identifier: Apache-2.0 */
#include "session/prelogin.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "session/cookie.h"

#define LAYOUT 1 /* the version of the layout, its first byte */
#define BYTES (1 + PRELOGIN_ID_BYTES + 4)
#define BYTES_MAX (PRELOGIN_TEXT_MAX / 4 * 3) /* 0.2.0 wrote more behind it, which nobody reads */

#define TOKEN_BYTES crypto_auth_hmacsha256_BYTES
#define TOKEN_TEXT BASE64_TEXT_LEN(TOKEN_BYTES)

struct prelogins_t {
    cookie_sealer_t *sealer;
    apr_time_t max; /* seconds */
    const secret_t *token_key;
};

prelogins_t *prelogins_make(const keys_t *keys, const char *cookie, const char *realm,
                            apr_interval_time_t max, apr_pool_t *p)
{
    prelogins_t *prelogins = apr_pcalloc(p, sizeof *prelogins);

    prelogins->max = apr_time_sec(max);
    prelogins->sealer = cookie_sealer_make(keys, "pre-login", max, cookie, realm, p);
    prelogins->token_key = keys_derive_lasting(keys, "form-token", p);
    return prelogins->sealer && prelogins->token_key ? prelogins : NULL;
}

void prelogin_start(prelogin_t *prelogin, apr_time_t now)
{
    randombytes_buf(prelogin->id, sizeof prelogin->id);
    prelogin->made = (uint32_t)apr_time_sec(now);
}

/* ---- the cookie ---- */

const char *prelogin_seal(const prelogins_t *prelogins, const prelogin_t *prelogin, apr_time_t now,
                          apr_pool_t *p)
{
    unsigned char bytes[BYTES];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);

    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, prelogin->id, sizeof prelogin->id);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    return cookie_seal(prelogins->sealer, now, bytes, bytes_written(&out), p);
}

bool prelogin_open(const prelogins_t *prelogins, const char *text, apr_size_t len, apr_time_t now,
                   prelogin_t *prelogin)
{
    unsigned char bytes[BYTES_MAX];
    apr_size_t got;
    apr_time_t seconds = apr_time_sec(now);

    if (!cookie_open(prelogins->sealer, now, text, len, bytes, sizeof bytes, &got))
        return false;
    bytes_in_t in = bytes_in(bytes, got);
    if (bytes_get_u8(&in) != LAYOUT)
        return false;
    bytes_get(&in, prelogin->id, sizeof prelogin->id);
    prelogin->made = bytes_get_u32(&in);
    return in.ok && prelogin->made <= seconds + SEAL_SKEW &&
           prelogin->made + prelogins->max > seconds;
}

/* ---- form tokens ---- */

static void token_bytes(const prelogins_t *prelogins, const unsigned char id[16],
                        const char *purpose, unsigned char token[TOKEN_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, prelogins->token_key->bytes, prelogins->token_key->len);
    crypto_auth_hmacsha256_update(&state, id, 16);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose, strlen(purpose));
    crypto_auth_hmacsha256_final(&state, token);
    sodium_memzero(&state, sizeof state);
}

const char *prelogin_token(const prelogins_t *prelogins, const unsigned char id[16],
                           const char *purpose, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    token_bytes(prelogins, id, purpose, token);
    return base64_encode(p, token, sizeof token);
}

bool prelogin_token_ok(const prelogins_t *prelogins, const unsigned char id[16],
                       const char *purpose, const char *token)
{
    unsigned char right[TOKEN_BYTES], given[BASE64_BYTES_MAX(TOKEN_TEXT)];
    apr_size_t len = strnlen(token, TOKEN_TEXT + 1), got;
    if (len != TOKEN_TEXT || !base64_decode(token, len, given, &got))
        return false;
    token_bytes(prelogins, id, purpose, right);
    return !sodium_memcmp(given, right, sizeof right);
}
