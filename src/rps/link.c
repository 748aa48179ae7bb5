/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/link.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"

/* A token: what it is about 1 | handle 16 | MAC 16, in hex. */
#define MAC_BYTES 16
#define TOKEN_LEN (1 + HANDLE_BYTES + MAC_BYTES)

static void link_mac(const secret_t *key, const unsigned char token[TOKEN_LEN],
                     unsigned char mac[MAC_BYTES])
{
    crypto_generichash(mac, MAC_BYTES, token, TOKEN_LEN - MAC_BYTES, key->bytes, key->len);
}

const char *link_to(const rps_t *rps, link_kind_t kind, const unsigned char handle[HANDLE_BYTES],
                    apr_pool_t *p)
{
    unsigned char token[TOKEN_LEN] = {(unsigned char)kind};
    memcpy(token + 1, handle, HANDLE_BYTES);
    link_mac(*rps->link_keys, token, token + 1 + HANDLE_BYTES);
    return apr_pstrcat(p, rps->settings->activate_url, "?t=", hex_encode(p, token, sizeof token),
                       NULL);
}

/* A mail may be older than the key that seals now. */
static bool is_link_of_ours(const rps_t *rps, const unsigned char token[TOKEN_LEN])
{
    unsigned char mac[MAC_BYTES];
    bool ours = false;
    for (const secret_t *const *key = rps->link_keys; *key; key++) {
        link_mac(*key, token, mac);
        ours |= sodium_memcmp(mac, token + 1 + HANDLE_BYTES, sizeof mac) == 0;
    }
    return ours;
}

bool link_read(const rps_t *rps, const char *token, link_kind_t *kind,
               unsigned char handle[HANDLE_BYTES])
{
    unsigned char bytes[TOKEN_LEN];
    if (!token || !hex_decode(token, bytes, sizeof bytes) || !is_link_of_ours(rps, bytes))
        return false;
    *kind = (link_kind_t)bytes[0];
    memcpy(handle, bytes + 1, HANDLE_BYTES);
    return true;
}

result_t *link_gone(apr_pool_t *p)
{
    return result_error(p, 410, "link_gone", "This link has been used, or is too old.");
}
