/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/passkey_challenge.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "store/key.h"

#include <apr_strings.h>
#include <sodium.h>

/* random 16 | seconds 4 | MAC 32 */
#define MADE (CHALLENGE_RANDOM + 4)
#define WHOLE (MADE + crypto_auth_hmacsha256_BYTES)

static const char *purpose_of(const passkey_challenge_t *challenge, const unsigned char made[MADE],
                              apr_pool_t *p)
{
    return apr_psprintf(p, "passkey %d %s %s", (int)challenge->ceremony,
                        challenge->user ? hex_encode(p, challenge->user, 16) : "-",
                        hex_encode(p, made, MADE));
}

const char *passkey_challenge_make(const prelogins_t *prelogins,
                                   const passkey_challenge_t *challenge, apr_time_t now,
                                   apr_pool_t *p)
{
    unsigned char made[MADE];
    bytes_out_t out = bytes_out(made, sizeof(made));
    unsigned char random[CHALLENGE_RANDOM];
    randombytes_buf(random, sizeof(random));
    bytes_put(&out, random, sizeof(random));
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    /* 27, 1 and 43 characters: together they are base64url again, as a browser writes it */
    return apr_pstrcat(
        p, base64_encode(p, made, MADE), "A",
        prelogin_token(prelogins, challenge->browser, purpose_of(challenge, made, p), p), NULL);
}

/* The first part; false where there is none. */
static bool read_made(const char *text, unsigned char made[MADE], uint32_t *seconds)
{
    unsigned char bytes[BASE64_BYTES_MAX(BASE64_TEXT_LEN(MADE))];
    apr_size_t got;
    if (strlen(text) <= BASE64_TEXT_LEN(MADE) || text[BASE64_TEXT_LEN(MADE)] != 'A' ||
        !base64_decode(text, BASE64_TEXT_LEN(MADE), bytes, &got) || got != MADE)
        return false;
    memcpy(made, bytes, MADE);
    bytes_in_t in = bytes_in(made + CHALLENGE_RANDOM, 4);
    *seconds = bytes_get_u32(&in);
    return true;
}

bool passkey_challenge_is_for(const prelogins_t *prelogins, const char *text,
                              const passkey_challenge_t *challenge, apr_time_t now, apr_pool_t *p)
{
    unsigned char made[MADE];
    uint32_t seconds;
    if (!read_made(text, made, &seconds))
        return false;
    const apr_time_t age = apr_time_sec(now) - (apr_time_t)seconds;
    return age > -SEAL_SKEW && age < CHALLENGE_SECONDS &&
           prelogin_token_ok(prelogins, challenge->browser, purpose_of(challenge, made, p),
                             text + BASE64_TEXT_LEN(MADE) + 1);
}

store_status_t passkey_challenge_spend(store_t *store, const char *text, apr_time_t now,
                                       apr_pool_t *p)
{
    unsigned char made[MADE];
    uint32_t seconds;
    if (!read_made(text, made, &seconds))
        return STORE_EXISTS;
    return store_add(store, STORE_COMING_IN, store_key("passkey-used", made, MADE, p), "1", 1,
                     now + apr_time_from_sec(CHALLENGE_SECONDS + SEAL_SKEW));
}
