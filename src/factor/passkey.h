/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_PASSKEY_H
#define MPIN_FACTOR_PASSKEY_H

#include "base/result.h"
#include "factor/factors.h"
#include "factor/webauthn.h"

/* Passkeys: factors of KIND_PASSKEY. Beside each there is a record that leads from the credential's
 * id to its owner, and a user has a handle, which is all that passkeys know of them:
 *   passkey:<SHA-256 of the credential's id>   uid 16 | factor id 16; lasting
 *   passkey-handle:<uid>                       USER_HANDLE_BYTES; lasting */
typedef struct passkey_t {
    unsigned char party[RP_HASH_BYTES]; /* the site that it was made for */
    cose_key_t key;
    uint32_t count; /* of signatures; 0: it does not count them */
    unsigned char aaguid[AAGUID_BYTES];
    bool eligible;  /* it may be kept on several devices: never changes */
    bool backed_up; /* it is */
    bool verified;  /* it looked who made it */
    bool open;      /* whoever made it had proven the name by being the first, and no more */
    uint8_t transports;
    apr_size_t credential_len;
    unsigned char credential[CREDENTIAL_MAX];
} passkey_t;

/* What a factor of that kind keeps; false for what passkey_write cannot have made. */
bool passkey_read(const own_factor_t *factor, passkey_t *passkey);
bool passkey_write(own_factor_t *factor, const passkey_t *passkey);

/* Is it one that browsers would use at this site? Not where it was made for another one. */
bool passkey_is_of(const own_factor_t *factor, const relying_party_t *party);

/* The user's handle, made at first; one that was made already, else STORE_MISSING. */
store_status_t passkey_handle(factors_t *factors, const unsigned char uid[UID_BYTES],
                              unsigned char handle[USER_HANDLE_BYTES], apr_pool_t *p);
store_status_t passkey_handle_made(factors_t *factors, const unsigned char uid[UID_BYTES],
                                   unsigned char handle[USER_HANDLE_BYTES], apr_pool_t *p);

store_status_t passkey_forget_handle(factors_t *factors, const unsigned char uid[UID_BYTES],
                                     apr_pool_t *p);

/* The one of an answer (webauthn_read_new) that was judged and is right. False: its key is none that
 * was asked for. */
bool passkey_of(const relying_party_t *party, const webauthn_t *answer, passkey_t *passkey);

/* Adds it as a factor of `factor->uid` and `factor->name`. NULL, or the refusal: 409 passkey_taken
 * for one that is there already, whoever's it is, 409 too_many_factors, 503. */
result_t *passkey_add(factors_t *factors, own_factor_t *factor, const passkey_t *passkey,
                      apr_time_t now, apr_pool_t *p);

/* The factor of a credential. STORE_MISSING: nobody's. */
store_status_t passkey_find(factors_t *factors, const unsigned char *credential, apr_size_t len,
                            own_factor_t *factor, apr_pool_t *p);

/* It has signed: the count moves on, and the day of use. STORE_EXISTS: the count did not rise, so
 * that there are two of it. Waits for the disk only where something has changed. */
store_status_t passkey_used(factors_t *factors, own_factor_t *factor, const authdata_t *data,
                            apr_time_t now, apr_pool_t *p);

store_status_t passkey_remove(factors_t *factors, const own_factor_t *factor, apr_pool_t *p);

#endif
