/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_WEBAUTHN_H
#define MPIN_FACTOR_WEBAUTHN_H

#include "base/json.h"
#include "factor/authdata.h"
#include "factor/client_data.h"
#include "factor/cose.h"

/* What a browser answers to a request for a passkey (WebAuthn Level 3, sections 7.1 and 7.2), and
 * what must be true of it. */
#define WEBAUTHN_BODY_MAX 65536 /* bytes of a whole answer */
#define USER_HANDLE_BYTES 32    /* random, of a user: what passkeys know them by */

/* The site, as browsers know it. */
typedef struct relying_party_t {
    const char *id;     /* its host, or the domain that several have in common; NULL: no passkeys */
    const char *origin; /* "https://www.example.com" */
    unsigned char hash[RP_HASH_BYTES]; /* SHA-256 of `id` */
} relying_party_t;

relying_party_t relying_party(const char *id, const char *origin);

/* An answer, decoded. */
typedef struct webauthn_t {
    const unsigned char *credential, *client_bytes, *data_bytes, *signature, *handle;
    apr_size_t credential_len, client_len, data_len, signature_len, handle_len;
    client_data_t client;
    authdata_t data;
    unsigned transports; /* bits of webauthn_transports */
} webauthn_t;

/* The answer to a request for a new passkey, and to one for a signature, as
 * PublicKeyCredential.toJSON writes them. False for whatever is not that. */
bool webauthn_read_new(const json_t *json, webauthn_t *answer, apr_pool_t *p);
bool webauthn_read_signed(const json_t *json, webauthn_t *answer, apr_pool_t *p);

/* How a browser reaches a passkey: the names of bits, NULL at the end. */
extern const char *const webauthn_transports[];

/* They say what is wrong with it, NULL for nothing. `verified`: it must have looked who it was. */
const char *webauthn_new_wrong(const relying_party_t *party, const webauthn_t *answer,
                               bool verified);
const char *webauthn_signed_wrong(const relying_party_t *party, const webauthn_t *answer,
                                  bool verified);

#endif
