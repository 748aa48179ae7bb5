/* SPDX-License-Identifier: Apache-2.0 */
#include "session/signout.h"

#include <string.h>

#include "base/bytes.h"
#include "session/cookie.h"

#define LAYOUT 1 /* the version of the layout, its first byte */
#define BYTES_MAX (1 + SESSION_ID_BYTES + 4 + 1 + SESSION_NAME_MAX)

struct signouts_t {
    cookie_sealer_t *sealer;
};

signouts_t *signouts_make(const keys_t *keys, const char *realm, apr_interval_time_t longest,
                          apr_pool_t *p)
{
    signouts_t *signouts = apr_palloc(p, sizeof *signouts);
    signouts->sealer = cookie_sealer_make(keys, "logoutData", longest, "logoutData", realm, p);
    return signouts->sealer ? signouts : NULL;
}

const char *signout_seal(const signouts_t *signouts, const session_t *session, apr_time_t now,
                         apr_pool_t *p)
{
    unsigned char bytes[BYTES_MAX];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);

    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, session->family, SESSION_ID_BYTES);
    bytes_put_u32(&out, session->expires);
    bytes_put_text(&out, session->name);
    return out.ok ? cookie_seal(signouts->sealer, now, bytes, bytes_written(&out), p) : NULL;
}

bool signout_open(const signouts_t *signouts, const char *text, apr_time_t now, session_t *session)
{
    unsigned char bytes[BYTES_MAX];
    apr_size_t got;

    if (!cookie_open(signouts->sealer, now, text, strlen(text), bytes, sizeof bytes, &got))
        return false;
    bytes_in_t in = bytes_in(bytes, got);
    if (bytes_get_u8(&in) != LAYOUT)
        return false;
    bytes_get(&in, session->family, SESSION_ID_BYTES);
    session->expires = bytes_get_u32(&in);
    bytes_get_text(&in, session->name, sizeof session->name);
    return bytes_all_read(&in) && session->expires > apr_time_sec(now);
}
