/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/webauthn.h"

#include "base/base64.h"
#include "factor/attestation.h"

#include <sodium.h>
#include <string.h>

#define TYPE_NEW "webauthn.create"
#define TYPE_SIGNED "webauthn.get"
#define SIGNATURE_MAX 1024 /* bytes */

const char *const webauthn_transports[] = {"internal", "hybrid",     "usb", "nfc",
                                           "ble",      "smart-card", NULL};

relying_party_t relying_party(const char *id, const char *origin)
{
    relying_party_t party = {.id = id, .origin = origin};
    if (id)
        crypto_hash_sha256(party.hash, (const unsigned char *)id, strlen(id));
    return party;
}

/* ---- reading ---- */

/* Bytes that stand as base64url under `key`; NULL where they do not, or are none or more than
 * `max`. */
static const unsigned char *read_bytes(const json_t *json, const char *key, apr_size_t max,
                                       apr_size_t *len, apr_pool_t *p)
{
    const char *text = json_text(json, key, BASE64_TEXT_LEN(max));
    const apr_size_t text_len = text ? strlen(text) : 0;
    unsigned char *bytes = apr_palloc(p, BASE64_BYTES_MAX(text_len));
    return text_len && base64_decode(text, text_len, bytes, len) ? bytes : NULL;
}

static unsigned read_transports(const json_t *names)
{
    unsigned bits = 0;
    size_t at;
    json_t *name;
    json_array_foreach(names, at,
                       name) for (unsigned i = 0; webauthn_transports[i];
                                  i++) if (json_is_string(name) &&
                                           !strcmp(json_string_value(name), webauthn_transports[i]))
        bits |= 1u << i;
    return bits;
}

/* Both ids are the same bytes. */
static bool read_id(const json_t *json, webauthn_t *answer, apr_pool_t *p)
{
    const char *type = json_text(json, "type", 32), *raw = json_text(json, "rawId", 2048),
               *id = json_text(json, "id", 2048);
    answer->credential = read_bytes(json, "rawId", CREDENTIAL_MAX, &answer->credential_len, p);
    return answer->credential && type && !strcmp(type, "public-key") && id && !strcmp(id, raw);
}

static bool read_client(const json_t *response, webauthn_t *answer, apr_pool_t *p)
{
    answer->client_bytes =
        read_bytes(response, "clientDataJSON", CLIENT_DATA_MAX, &answer->client_len, p);
    return answer->client_bytes &&
           client_data_read(answer->client_bytes, answer->client_len, &answer->client, p);
}

bool webauthn_read_new(const json_t *json, webauthn_t *answer, apr_pool_t *p)
{
    const json_t *response = json_object_get(json, "response");
    apr_size_t len;
    *answer = (webauthn_t){.transports = read_transports(json_object_get(response, "transports"))};
    if (!read_id(json, answer, p) || !read_client(response, answer, p))
        return false;
    const unsigned char *object =
        read_bytes(response, "attestationObject", WEBAUTHN_BODY_MAX, &len, p);
    return object && attestation_read(object, len, &answer->data_bytes, &answer->data_len) &&
           authdata_read(answer->data_bytes, answer->data_len, &answer->data);
}

bool webauthn_read_signed(const json_t *json, webauthn_t *answer, apr_pool_t *p)
{
    const json_t *response = json_object_get(json, "response");
    *answer = (webauthn_t){.transports = 0};
    if (!read_id(json, answer, p) || !read_client(response, answer, p))
        return false;
    answer->data_bytes =
        read_bytes(response, "authenticatorData", WEBAUTHN_BODY_MAX, &answer->data_len, p);
    answer->signature = read_bytes(response, "signature", SIGNATURE_MAX, &answer->signature_len, p);
    if (json_is_string(json_object_get(response, "userHandle")))
        answer->handle = read_bytes(response, "userHandle", 64, &answer->handle_len, p);
    return answer->data_bytes && answer->signature &&
           authdata_read(answer->data_bytes, answer->data_len, &answer->data);
}

/* ---- judging ---- */

static const char *client_wrong(const relying_party_t *party, const client_data_t *client,
                                const char *type)
{
    if (strcmp(client->type, type) != 0)
        return "it answers another kind of question";
    if (strcmp(client->origin, party->origin) != 0)
        return "it was made for a page of another origin";
    if (client->cross_origin || client->top_origin)
        return "it was made in a page of another origin";
    return NULL;
}

static const char *data_wrong(const relying_party_t *party, const authdata_t *data, bool verified)
{
    if (sodium_memcmp(data->rp_hash, party->hash, RP_HASH_BYTES) != 0)
        return "it was made for another site";
    if (!(data->flags & AUTHDATA_PRESENT))
        return "nobody was there";
    if (verified && !(data->flags & AUTHDATA_VERIFIED))
        return "it did not look who it was";
    if ((data->flags & AUTHDATA_BACKED_UP) && !(data->flags & AUTHDATA_ELIGIBLE))
        return "it is backed up, and says that it cannot be";
    return NULL;
}

const char *webauthn_new_wrong(const relying_party_t *party, const webauthn_t *answer,
                               bool verified)
{
    const char *wrong = client_wrong(party, &answer->client, TYPE_NEW);
    if (!wrong)
        wrong = data_wrong(party, &answer->data, verified);
    if (wrong)
        return wrong;
    if (!(answer->data.flags & AUTHDATA_ATTESTED))
        return "it has no key in it";
    if (answer->data.credential_len != answer->credential_len ||
        memcmp(answer->data.credential, answer->credential, answer->credential_len) != 0)
        return "it has two ids";
    return NULL;
}

const char *webauthn_signed_wrong(const relying_party_t *party, const webauthn_t *answer,
                                  bool verified)
{
    const char *wrong = client_wrong(party, &answer->client, TYPE_SIGNED);
    if (!wrong)
        wrong = data_wrong(party, &answer->data, verified);
    if (wrong)
        return wrong;
    return answer->data.flags & AUTHDATA_ATTESTED ? "it brings a new key" : NULL;
}
