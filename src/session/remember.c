/* SPDX-License-Identifier: Apache-2.0 */
#include "session/remember.h"

#include "base/bytes.h"
#include "session/cookie.h"

#define LAYOUT 1
#define BYTES (1 + 2 * REMEMBER_ID_BYTES + 4)

struct remembers_t {
    cookie_sealer_t *sealer;
};

remembers_t *remembers_make(const keys_t *keys, const char *cookie, const char *realm,
                            apr_interval_time_t longest, apr_pool_t *p)
{
    remembers_t *remembers = apr_palloc(p, sizeof *remembers);
    remembers->sealer = cookie_sealer_make(keys, "remember", longest, cookie, realm, p);
    return remembers->sealer ? remembers : NULL;
}

const char *remember_seal(const remembers_t *remembers, const remember_t *remember, apr_time_t now,
                          apr_pool_t *p)
{
    unsigned char bytes[BYTES];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, remember->uid, sizeof remember->uid);
    bytes_put(&out, remember->factor, sizeof remember->factor);
    bytes_put_u32(&out, remember->version);
    return cookie_seal(remembers->sealer, now, bytes, bytes_written(&out), p);
}

bool remember_open(const remembers_t *remembers, const char *text, apr_size_t len, apr_time_t now,
                   remember_t *remember)
{
    unsigned char bytes[BYTES];
    apr_size_t got;
    if (!cookie_open(remembers->sealer, now, text, len, bytes, sizeof bytes, &got))
        return false;
    bytes_in_t in = bytes_in(bytes, got);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, remember->uid, sizeof remember->uid);
    bytes_get(&in, remember->factor, sizeof remember->factor);
    remember->version = bytes_get_u32(&in);
    return bytes_all_read(&in) && layout == LAYOUT;
}
