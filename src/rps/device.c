/* SPDX-License-Identifier: Apache-2.0 */
/* What a device asks of itself, without its PIN: POST /rps/standing and /rps/remove
 * (docs/protocol.md, "A device without its PIN"). */
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/admission.h"
#include "rps/application.h"
#include "rps/mailed.h"
#include "rps/standing.h"

/* A device proves itself by a MAC of its handle, which it got with its secret: nothing is kept for
 * it, and nothing in it helps to guess a PIN. */
#define DEVICE_KEY_BYTES crypto_generichash_BYTES

static void device_mac(const secret_t *key, const unsigned char handle[HANDLE_BYTES],
                       unsigned char mac[DEVICE_KEY_BYTES])
{
    crypto_generichash(mac, DEVICE_KEY_BYTES, handle, HANDLE_BYTES, key->bytes, key->len);
}

/* One that it got before another root key sealed is good until it gets the next, with its next PIN. */
static bool is_its_key(const rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                       const unsigned char given[DEVICE_KEY_BYTES])
{
    unsigned char mac[DEVICE_KEY_BYTES];
    bool its = false;
    for (const secret_t *const *key = rps->device_keys; *key; key++) {
        device_mac(*key, handle, mac);
        its |= sodium_memcmp(given, mac, sizeof mac) == 0;
    }
    return its;
}

void rps_add_device_key(rps_t *rps, const unsigned char handle[HANDLE_BYTES], json_t *json,
                        apr_pool_t *p)
{
    unsigned char mac[DEVICE_KEY_BYTES];
    device_mac(*rps->device_keys, handle, mac);
    json_set_text(json, "deviceKey", hex_encode(p, mac, sizeof mac));
}

/* NULL where the caller is that device. The key is looked at before the store is, so that the
 * answer, and its time, tell nobody else which identities there are. */
static result_t *read_device(const rps_t *rps, const caller_t *caller, const json_t *body,
                             mpin_id_t *id, apr_pool_t *p)
{
    unsigned char key[DEVICE_KEY_BYTES];
    const char *text = json_text(body, "deviceKey", 2 * DEVICE_KEY_BYTES);
    if (!mpin_id_read(id, json_text(body, "mpin_id", 2 * MPIN_ID_MAX), p))
        return result_error(p, 400, "field_malformed", "mpin_id is missing or not lower-case hex.");
    if (text && hex_decode(text, key, sizeof key) && is_its_key(rps, id->handle, key))
        return NULL;
    log_debug(caller->log, "MPIN0592", "identity %s: the deviceKey is none of that device's",
              people_label(id->handle, p));
    return result_error(p, 403, "device_key_wrong", "deviceKey is not this device's.");
}

/* What a sign-in would be told before any proof. An application that withdraws access is asked as
 * it is at a first pass. */
static result_t *device_refusal(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                const json_t *body, apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    verdict_t standing;
    store_status_t status = rps_standing(rps, id->handle, &identity, &user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    log_debug(caller->log, "MPIN0593", "identity %s asks how it stands: it is %s",
              people_label(id->handle, p), verdict_text(standing));
    if (standing != VERDICT_NONE)
        return standing_refusal(standing, p);
    result_t *closed = rps_way_open(rps, &identity, p);
    return closed
               ? closed
               : application_permits(rps, caller, json_text(body, "mpin_id", 2 * MPIN_ID_MAX), p);
}

result_t *rps_standing_of_device(rps_t *rps, const caller_t *caller, const json_t *body,
                                 apr_pool_t *p)
{
    mpin_id_t id;
    result_t *refusal = read_device(rps, caller, body, &id, p);
    if (!refusal)
        refusal = device_refusal(rps, caller, &id, body, p);
    return refusal ? refusal : result_ok(p, json_object());
}

static result_t *withdraw_device(rps_t *rps, const caller_t *caller, const identity_t *identity,
                                 apr_pool_t *p)
{
    store_status_t status = people_revoke_identity(rps->people, identity->handle, caller->now, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    log_debug(caller->log, "MPIN0594", "identity %s of %s was removed on its device: it is revoked",
              people_label(identity->handle, p), name_masked(identity->name, p));
    mailed_tell(rps, caller, NOTICE_REVOKED, identity, p);
    return rps_audited(result_ok(p, json_object()), "identity_removed", identity->name,
                       identity->handle, p);
}

result_t *rps_remove_device(rps_t *rps, const caller_t *caller, const json_t *body,
                            unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    mpin_id_t id;
    identity_t identity;
    result_t *refusal = read_device(rps, caller, body, &id, p);
    if (refusal)
        return refusal;
    memcpy(handle, id.handle, HANDLE_BYTES);
    store_status_t status = people_identity(rps->people, id.handle, &identity, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    if (status == STORE_MISSING || identity.state == IDENTITY_REVOKED)
        return result_ok(p, json_object());
    return withdraw_device(rps, caller, &identity, p);
}

void rps_add_forgotten(rps_t *rps, const caller_t *caller, json_t *json, apr_pool_t *p)
{
    identity_t identity;
    user_t user;
    verdict_t standing;
    const unsigned char *handle =
        caller->known ? known_device(caller->known, rps->settings->public_url) : NULL;
    if (!handle || rps_standing(rps, handle, &identity, &user, &standing, p) != STORE_OK ||
        (standing != VERDICT_NONE && standing != VERDICT_LOCKED))
        return;
    json_set_text(json, "forgotten", identity.name);
    if (identity.origin == ORIGIN_OPEN && rps->settings->register_open)
        json_object_set_new(json, "forgottenOpen", json_true());
}
