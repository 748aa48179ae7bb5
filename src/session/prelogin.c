/* SPDX-License-Identifier: Apache-2.0 */
#include "session/prelogin.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "session/cookie.h"

#define LAYOUT 1 /* the version of the layout, its first byte */
#define NONCE_BYTES (PRELOGIN_NONCE_HEX / 2)
#define ENTRY_MAX (NONCE_BYTES + 3 * 4 + 1 + 2 + PRELOGIN_TARGET_MAX)
#define BYTES_MAX (1 + PRELOGIN_ID_BYTES + 4 + PRELOGIN_ENTRIES * ENTRY_MAX)

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
    memset(prelogin, 0, sizeof *prelogin);
    randombytes_buf(prelogin->id, sizeof prelogin->id);
    prelogin->made = (uint32_t)apr_time_sec(now);
}

/* ---- login pages ---- */

static bool asks_the_same(const prelogin_entry_t *entry, const char *target, const demand_t *demand,
                          bool post_lost)
{
    return *entry->nonce && demand_is_same(&entry->demand, demand) &&
           entry->post_lost == post_lost && !strcmp(entry->target, target);
}

static prelogin_entry_t *place_for(prelogin_t *prelogin)
{
    prelogin_entry_t *oldest = prelogin->entries;
    for (int i = 0; i < PRELOGIN_ENTRIES; i++) {
        prelogin_entry_t *entry = &prelogin->entries[i];
        if (!*entry->nonce)
            return entry;
        if (entry->made < oldest->made)
            oldest = entry;
    }
    return oldest;
}

const char *prelogin_add(prelogin_t *prelogin, const char *target, const demand_t *demand,
                         bool post_lost, apr_time_t now)
{
    uint32_t seconds = (uint32_t)apr_time_sec(now);
    if (strlen(target) > PRELOGIN_TARGET_MAX)
        target = "/";
    for (int i = 0; i < PRELOGIN_ENTRIES; i++) {
        prelogin_entry_t *entry = &prelogin->entries[i];
        if (asks_the_same(entry, target, demand, post_lost)) {
            entry->made = seconds;
            return entry->nonce;
        }
    }
    unsigned char nonce[NONCE_BYTES];
    prelogin_entry_t *entry = place_for(prelogin);

    randombytes_buf(nonce, sizeof nonce);
    sodium_bin2hex(entry->nonce, sizeof entry->nonce, nonce, sizeof nonce);
    entry->made = seconds;
    entry->demand = *demand;
    entry->post_lost = post_lost;
    apr_cpystrn(entry->target, target, sizeof entry->target);
    return entry->nonce;
}

const prelogin_entry_t *prelogin_find(const prelogin_t *prelogin, const char *nonce)
{
    for (int i = 0; *nonce && i < PRELOGIN_ENTRIES; i++)
        if (!strcmp(prelogin->entries[i].nonce, nonce))
            return &prelogin->entries[i];
    return NULL;
}

void prelogin_remove(prelogin_t *prelogin, const char *nonce)
{
    for (int i = 0; i < PRELOGIN_ENTRIES; i++)
        if (!strcmp(prelogin->entries[i].nonce, nonce))
            memset(&prelogin->entries[i], 0, sizeof prelogin->entries[i]);
}

static const char *newest_nonce(const prelogin_t *prelogin)
{
    const prelogin_entry_t *newest = prelogin->entries;
    for (int i = 1; i < PRELOGIN_ENTRIES; i++)
        if (prelogin->entries[i].made > newest->made)
            newest = &prelogin->entries[i];
    return newest->nonce;
}

bool prelogin_drop_oldest(prelogin_t *prelogin, const char *keep)
{
    prelogin_entry_t *oldest = NULL;
    if (!keep)
        keep = newest_nonce(prelogin);
    for (int i = 0; i < PRELOGIN_ENTRIES; i++) {
        prelogin_entry_t *entry = &prelogin->entries[i];
        if (*entry->nonce && strcmp(entry->nonce, keep) != 0 &&
            (!oldest || entry->made < oldest->made))
            oldest = entry;
    }
    if (oldest)
        memset(oldest, 0, sizeof *oldest);
    return oldest != NULL;
}

bool prelogin_shorten(prelogin_t *prelogin)
{
    for (int i = 0; i < PRELOGIN_ENTRIES; i++) {
        char *target = prelogin->entries[i].target, *query = strchr(target, '?');
        if (strlen(target) < 2)
            continue;
        *(query ? query : target + 1) = '\0';
        return true;
    }
    return false;
}

/* ---- the cookie ---- */

/* Of the demand, `second` is not written: no place can ask for one yet. */
static void put_entry(bytes_out_t *out, const prelogin_entry_t *entry)
{
    unsigned char nonce[NONCE_BYTES];
    apr_size_t len = strlen(entry->target);

    sodium_hex2bin(nonce, sizeof nonce, entry->nonce, PRELOGIN_NONCE_HEX, NULL, NULL, NULL);
    bytes_put(out, nonce, sizeof nonce);
    bytes_put_u32(out, entry->made);
    bytes_put_u32(out, entry->demand.first);
    bytes_put_u32(out, entry->demand.max_age);
    bytes_put_u8(out, entry->post_lost);
    bytes_put_u8(out, (uint8_t)(len >> 8));
    bytes_put_u8(out, (uint8_t)len);
    bytes_put(out, entry->target, len);
}

const char *prelogin_seal(const prelogins_t *prelogins, const prelogin_t *prelogin, apr_time_t now,
                          apr_pool_t *p)
{
    unsigned char bytes[BYTES_MAX];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);

    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, prelogin->id, sizeof prelogin->id);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    for (int i = 0; i < PRELOGIN_ENTRIES; i++)
        if (*prelogin->entries[i].nonce)
            put_entry(&out, &prelogin->entries[i]);
    return cookie_seal(prelogins->sealer, now, bytes, bytes_written(&out), p);
}

static void get_entry(bytes_in_t *in, prelogin_entry_t *entry)
{
    unsigned char nonce[NONCE_BYTES];

    bytes_get(in, nonce, sizeof nonce);
    sodium_bin2hex(entry->nonce, sizeof entry->nonce, nonce, sizeof nonce);
    entry->made = bytes_get_u32(in);
    entry->demand.first = bytes_get_u32(in);
    entry->demand.max_age = bytes_get_u32(in);
    entry->post_lost = bytes_get_u8(in);

    apr_size_t len = (apr_size_t)bytes_get_u8(in) << 8;
    len |= bytes_get_u8(in);
    if (len > PRELOGIN_TARGET_MAX) {
        in->ok = false;
        return;
    }
    bytes_get(in, entry->target, len);
    entry->target[len] = '\0';
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
    memset(prelogin, 0, sizeof *prelogin);
    bytes_get(&in, prelogin->id, sizeof prelogin->id);
    prelogin->made = bytes_get_u32(&in);
    if (prelogin->made > seconds + SEAL_SKEW || prelogin->made + prelogins->max <= seconds)
        return false;

    for (int i = 0; i < PRELOGIN_ENTRIES && in.ok && in.next < in.end; i++) {
        prelogin_entry_t *entry = &prelogin->entries[i];
        get_entry(&in, entry);
        if (entry->made + prelogins->max <= seconds)
            memset(entry, 0, sizeof *entry);
    }
    return bytes_all_read(&in);
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
