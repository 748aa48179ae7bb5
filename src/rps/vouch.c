/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/vouch.h"

#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/pending.h"

#define KEY_HEX (2 * crypto_auth_hmacsha256_BYTES)
#define KEY_MAX 256 /* bytes of one that somebody sends */

/* hex HMAC-SHA256(key, mpinId | regOTT), both as their hex. */
static const char *activate_key(const rps_t *rps, const char *mpin_id, const char *reg_ott,
                                apr_pool_t *p)
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, rps->activation->bytes, rps->activation->len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)mpin_id, strlen(mpin_id));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)reg_ott, strlen(reg_ott));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
    return hex_encode(p, mac, sizeof mac);
}

/* The registration is kept before the application is asked, which may activate it while it
 * answers. */
result_t *vouch_registration(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                             const verify_t *verify, const char *reg_ott, bool *active,
                             apr_pool_t *p)
{
    verify_t whole = *verify;
    whole.activate_key = activate_key(rps, verify->mpin_id, reg_ott, p);
    result_t *refusal =
        application_verify(rps, caller, &whole, "This name may not register here.", active, p);
    log_debug(caller->log, "MPIN0759", "registration %s: the application %s",
              people_label(id->handle, p),
              refusal   ? "did not say yes"
              : *active ? "activates it at once (forceActivate)"
                        : "will activate it later (POST /user)");
    if (refusal)
        return refusal;
    store_status_t status = *active ? pending_activate(rps, id->handle, p) : STORE_OK;
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

static result_t *activation_unknown(apr_pool_t *p)
{
    return result_error(p, 401, "activation_unknown",
                        "No registration waits for this mpinId and activateKey.");
}

static result_t *nothing_to_activate(const caller_t *caller, const mpin_id_t *id, const char *why,
                                     apr_pool_t *p)
{
    log_debug(caller->log, "MPIN0759", "registration %s is not activated: %s",
              people_label(id->handle, p), why);
    return activation_unknown(p);
}

/* POST /user/<mpinId> (docs/protocol.md, "RPS, private"). A wrong key leaves the registration as it
 * is. */
result_t *rps_activate(rps_t *rps, const caller_t *caller, const char *mpin_id, const json_t *body,
                       apr_pool_t *p)
{
    mpin_id_t id;
    pending_t pending;
    const char *key = json_text(body, "activateKey", KEY_MAX);
    if (!key)
        return result_error(p, 400, "field_missing", "activateKey is missing");
    if (!mpin_id_read(&id, mpin_id, p))
        return activation_unknown(p);
    store_status_t status = pending_get(rps, id.handle, &pending, p);
    if (status == STORE_MISSING || (status == STORE_OK && pending.origin != ORIGIN_APPLICATION))
        return nothing_to_activate(caller, &id, "it is none of an application's that waits", p);
    if (status != STORE_OK)
        return store_refusal(status, p);

    const char *expected =
        activate_key(rps, mpin_id, hex_encode(p, pending.reg_ott, sizeof pending.reg_ott), p);
    if (strlen(key) != KEY_HEX || sodium_memcmp(key, expected, KEY_HEX) != 0)
        return rps_audited(nothing_to_activate(caller, &id, "the activateKey is another", p),
                           "activation_refused", pending.name, id.handle, p);
    status = pending_activate(rps, id.handle, p);
    if (status == STORE_MISSING)
        return nothing_to_activate(caller, &id, "it has just ended", p);
    return status == STORE_OK ? result_ok(p, NULL) : store_refusal(status, p);
}
