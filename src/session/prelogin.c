/* SPDX-License-Identifier: Apache-2.0 */
#include "session/prelogin.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "session/cookie.h"

/* The version of the layout is its first byte. The first one has id and time alone. */
#define LAYOUT_PLAIN 1
#define LAYOUT 2
#define BYTES                                                                                      \
    (1 + PRELOGIN_ID_BYTES + 4 + 3 + 4 + 4 + PRELOGIN_NONCE_BYTES + SESSION_ID_BYTES +             \
     PRELOGIN_TARGET_MAX)
#define BYTES_MAX (PRELOGIN_TEXT_MAX / 4 * 3) /* 0.2.0 wrote more behind it, which nobody reads */

/* A form token is a salt and a MAC; pages of earlier releases have the MAC of none. */
#define SALT_BYTES 16
#define MAC_BYTES crypto_auth_hmacsha256_BYTES
#define TOKEN_BYTES (SALT_BYTES + MAC_BYTES)
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
    prelogins->token_key = keys_derive_app(keys, "form-token");
    return prelogins->sealer && prelogins->token_key ? prelogins : NULL;
}

void prelogin_start(prelogin_t *prelogin, apr_time_t now)
{
    memset(prelogin, 0, sizeof *prelogin);
    randombytes_buf(prelogin->id, sizeof prelogin->id);
    prelogin->made = (uint32_t)apr_time_sec(now);
}

void prelogin_await(prelogin_t *prelogin, uint32_t mark, const char *target, apr_time_t now,
                    apr_interval_time_t wait)
{
    const bool fits = target && strlen(target) <= PRELOGIN_TARGET_MAX;
    prelogin->awaits = mark;
    prelogin->refreshing = false;
    memset(prelogin->links_for, 0, sizeof prelogin->links_for);
    prelogin->until = (uint32_t)apr_time_sec(now + wait);
    randombytes_buf(prelogin->nonce, sizeof prelogin->nonce);
    apr_cpystrn(prelogin->target, fits ? target : "", sizeof prelogin->target);
}

void prelogin_await_link(prelogin_t *prelogin, uint32_t mark, const session_t *session,
                         apr_time_t now, apr_interval_time_t wait)
{
    prelogin_await(prelogin, mark, NULL, now, wait);
    memcpy(prelogin->links_for, session->family, sizeof prelogin->links_for);
}

bool prelogin_is_linking(const prelogin_t *prelogin)
{
    return prelogin->awaits && !sodium_is_zero(prelogin->links_for, sizeof prelogin->links_for);
}

void prelogin_settle(prelogin_t *prelogin)
{
    prelogin->awaits = prelogin->until = 0;
    prelogin->refreshing = false;
    memset(prelogin->links_for, 0, sizeof prelogin->links_for);
    prelogin->target[0] = '\0';
}

#define KEPT_ELSEWHERE 86400 /* seconds */

bool prelogin_waits(const prelogin_t *prelogin, apr_time_t now)
{
    const apr_time_t seconds = apr_time_sec(now);
    const bool elsewhere = prelogin->form_kept || prelogin->registering;
    return prelogin->said || (prelogin->awaits && prelogin->until > seconds) ||
           (elsewhere && prelogin->made + KEPT_ELSEWHERE > seconds);
}

/* ---- the cookie ---- */

/* flags 1 | said 1, and where it awaits something: mark 4 | until 4 | nonce 16 | where it links:
 * family 16 | target */
#define RESTING 1u
#define REFRESHING 2u
#define LINKING 4u
#define FORM_KEPT 8u
#define REGISTERING 16u

static bool has_more(const prelogin_t *prelogin)
{
    return prelogin->resting || prelogin->form_kept || prelogin->registering || prelogin->said ||
           prelogin->awaits;
}

static void put_more(bytes_out_t *out, const prelogin_t *prelogin)
{
    bytes_put_u8(out, (uint8_t)((prelogin->resting ? RESTING : 0) |
                                (prelogin->refreshing ? REFRESHING : 0) |
                                (prelogin->form_kept ? FORM_KEPT : 0) |
                                (prelogin->registering ? REGISTERING : 0) |
                                (prelogin_is_linking(prelogin) ? LINKING : 0)));
    bytes_put_u8(out, (uint8_t)prelogin->said);
    if (!prelogin->awaits)
        return;
    bytes_put_u32(out, prelogin->awaits);
    bytes_put_u32(out, prelogin->until);
    bytes_put(out, prelogin->nonce, sizeof prelogin->nonce);
    if (prelogin_is_linking(prelogin))
        bytes_put(out, prelogin->links_for, sizeof prelogin->links_for);
    bytes_put(out, prelogin->target, strlen(prelogin->target));
}

static void get_more(bytes_in_t *in, prelogin_t *prelogin)
{
    const uint8_t flags = bytes_get_u8(in);
    prelogin->resting = flags & RESTING;
    prelogin->refreshing = flags & REFRESHING;
    prelogin->form_kept = flags & FORM_KEPT;
    prelogin->registering = flags & REGISTERING;
    prelogin->said = (prelogin_said_t)bytes_get_u8(in);
    if (!in->ok || in->next == in->end)
        return;
    prelogin->awaits = bytes_get_u32(in);
    prelogin->until = bytes_get_u32(in);
    bytes_get(in, prelogin->nonce, sizeof prelogin->nonce);
    if (flags & LINKING)
        bytes_get(in, prelogin->links_for, sizeof prelogin->links_for);
    const size_t len = in->ok ? (size_t)(in->end - in->next) : 0;
    in->ok = in->ok && len <= PRELOGIN_TARGET_MAX;
    bytes_get(in, prelogin->target, in->ok ? len : 0);
}

const char *prelogin_seal(const prelogins_t *prelogins, const prelogin_t *prelogin, apr_time_t now,
                          apr_pool_t *p)
{
    unsigned char bytes[BYTES];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);

    bytes_put_u8(&out, has_more(prelogin) ? LAYOUT : LAYOUT_PLAIN);
    bytes_put(&out, prelogin->id, sizeof prelogin->id);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    if (has_more(prelogin))
        put_more(&out, prelogin);
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
    const uint8_t layout = bytes_get_u8(&in);
    if (layout != LAYOUT && layout != LAYOUT_PLAIN)
        return false;
    memset(prelogin, 0, sizeof *prelogin);
    bytes_get(&in, prelogin->id, sizeof prelogin->id);
    prelogin->made = bytes_get_u32(&in);
    if (layout == LAYOUT)
        get_more(&in, prelogin);
    return in.ok && prelogin->made <= seconds + SEAL_SKEW &&
           prelogin->made + prelogins->max > seconds;
}

/* ---- form tokens ---- */

static void token_mac(const prelogins_t *prelogins, const unsigned char id[16], const char *purpose,
                      const unsigned char *salt, apr_size_t salt_len, unsigned char mac[MAC_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, prelogins->token_key->bytes, prelogins->token_key->len);
    crypto_auth_hmacsha256_update(&state, id, 16);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose, strlen(purpose));
    crypto_auth_hmacsha256_update(&state, salt, salt_len);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

const char *prelogin_token(const prelogins_t *prelogins, const unsigned char id[16],
                           const char *purpose, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    randombytes_buf(token, SALT_BYTES);
    token_mac(prelogins, id, purpose, token, SALT_BYTES, token + SALT_BYTES);
    return base64_encode(p, token, sizeof token);
}

bool prelogin_token_ok(const prelogins_t *prelogins, const unsigned char id[16],
                       const char *purpose, const char *token)
{
    unsigned char right[MAC_BYTES], given[BASE64_BYTES_MAX(TOKEN_TEXT)];
    apr_size_t len = strnlen(token, TOKEN_TEXT + 1), got;
    if (len > TOKEN_TEXT || !base64_decode(token, len, given, &got) ||
        (got != TOKEN_BYTES && got != MAC_BYTES))
        return false;
    const apr_size_t salt_len = got - MAC_BYTES;
    token_mac(prelogins, id, purpose, given, salt_len, right);
    return !sodium_memcmp(given + salt_len, right, sizeof right);
}
