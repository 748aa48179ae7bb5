/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cookie.h"

#include <sodium.h>
#include <string.h>

#include "base/base64.h"

struct cookie_sealer_t {
    sealer_t *sealer;
    unsigned char bound[crypto_generichash_BYTES_MIN]; /* one block: every request pays for it */
};

/* A hash of name and realm, which the NUL between them keeps apart. */
static void bind_to(cookie_sealer_t *sealer, const char *cookie, const char *realm)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof sealer->bound);
    crypto_generichash_update(&state, (const unsigned char *)cookie, strlen(cookie) + 1);
    crypto_generichash_update(&state, (const unsigned char *)realm, strlen(realm));
    crypto_generichash_final(&state, sealer->bound, sizeof sealer->bound);
}

cookie_sealer_t *cookie_sealer_make(const keys_t *keys, const char *purpose,
                                    apr_interval_time_t longest, const char *cookie,
                                    const char *realm, apr_pool_t *p)
{
    const apr_interval_time_t day = apr_time_from_sec(86400);
    cookie_sealer_t *made = apr_pcalloc(p, sizeof *made);

    bind_to(made, cookie, realm);
    made->sealer = sealer_make(keys, purpose, (int)((longest + day - 1) / day), p);
    return made->sealer ? made : NULL;
}

const char *cookie_seal(const cookie_sealer_t *sealer, apr_time_t now, const unsigned char *bytes,
                        apr_size_t len, apr_pool_t *p)
{
    unsigned char blob[BASE64_BYTES_MAX(COOKIE_TEXT_MAX)];
    if (len + SEAL_OVERHEAD > sizeof blob ||
        !sealer_seal(sealer->sealer, now, sealer->bound, sizeof sealer->bound, bytes, len, blob))
        return NULL;
    return base64_encode(p, blob, len + SEAL_OVERHEAD);
}

bool cookie_open(const cookie_sealer_t *sealer, apr_time_t now, const char *text, apr_size_t len,
                 unsigned char *bytes, apr_size_t max, apr_size_t *got)
{
    unsigned char blob[BASE64_BYTES_MAX(COOKIE_TEXT_MAX)];
    apr_size_t blob_len;
    if (len > COOKIE_TEXT_MAX || !base64_decode(text, len, blob, &blob_len) ||
        blob_len < SEAL_OVERHEAD || blob_len - SEAL_OVERHEAD > max)
        return false;
    *got = blob_len - SEAL_OVERHEAD;
    return sealer_open(sealer->sealer, now, sealer->bound, sizeof sealer->bound, blob, blob_len,
                       bytes);
}
