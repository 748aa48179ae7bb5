/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_AUTHDATA_H
#define MPIN_FACTOR_AUTHDATA_H

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

/* What an authenticator says and signs (WebAuthn Level 3, section 6.1), exactly: nothing may follow
 * it. */
#define RP_HASH_BYTES 32
#define AAGUID_BYTES 16
#define CREDENTIAL_MAX 1023 /* bytes of a credential's id */

#define AUTHDATA_PRESENT 0x01u   /* UP: somebody was there */
#define AUTHDATA_VERIFIED 0x04u  /* UV: it looked who it was */
#define AUTHDATA_ELIGIBLE 0x08u  /* BE: the key may be kept on several devices */
#define AUTHDATA_BACKED_UP 0x10u /* BS: it is */
#define AUTHDATA_ATTESTED 0x40u  /* AT: a new key follows */
#define AUTHDATA_EXTENDED 0x80u  /* ED: extensions follow */

typedef struct authdata_t {
    unsigned char rp_hash[RP_HASH_BYTES];
    uint8_t flags; /* AUTHDATA_ bits */
    uint32_t count;
    /* with AUTHDATA_ATTESTED; they lie in the bytes that were read */
    unsigned char aaguid[AAGUID_BYTES];
    const unsigned char *credential, *key; /* the key as a COSE_Key */
    apr_size_t credential_len, key_len;
} authdata_t;

bool authdata_read(const void *bytes, apr_size_t len, authdata_t *data);

#endif
