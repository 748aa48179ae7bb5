#include "session/cookie.h"

#include <string.h>

#include "base/base64.h"

struct cookie_sealer_t {
    sealer_t *sealer;
    const char *bound; /* cookie's name, NUL, realm */
    apr_size_t bound_len;
};

cookie_sealer_t *cookie_sealer_make(const keys_t *keys, const char *purpose,
                                    apr_interval_time_t longest, const char *cookie,
                                    const char *realm, apr_pool_t *p)
{
    const apr_interval_time_t day = apr_time_from_sec(86400);
    cookie_sealer_t *made = apr_pcalloc(p, sizeof *made);
    apr_size_t name_len = strlen(cookie) + 1, realm_len = strlen(realm);
    char *bound = apr_palloc(p, name_len + realm_len);

    memcpy(bound, cookie, name_len);
    memcpy(bound + name_len, realm, realm_len);
    made->bound = bound;
    made->bound_len = name_len + realm_len;
    made->sealer = sealer_make(keys, purpose, (int)((longest + day - 1) / day), p);
    return made->sealer ? made : NULL;
}

const char *cookie_seal(const cookie_sealer_t *sealer, apr_time_t now, const unsigned char *bytes,
                        apr_size_t len, apr_pool_t *p)
{
    unsigned char blob[BASE64_BYTES_MAX(COOKIE_TEXT_MAX)];
    if (len + SEAL_OVERHEAD > sizeof blob ||
        !sealer_seal(sealer->sealer, now, sealer->bound, sealer->bound_len, bytes, len, blob))
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
    return sealer_open(sealer->sealer, now, sealer->bound, sealer->bound_len, blob, blob_len,
                       bytes);
}
