/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_OWN_FACTOR_H
#define MPIN_FACTOR_OWN_FACTOR_H

#include "people/people.h"

/* What a user has beside a first factor: authenticator apps, numbers, keys, codes, browsers. Each
 * belongs to a uid, has a name, and counts once it has been confirmed. Nothing here knows httpd. */
#define FACTOR_ID_BYTES 16
#define FACTOR_ID_SIZE (2 * FACTOR_ID_BYTES + 1)
#define FACTOR_NAME_MAX DEVICE_MAX /* bytes of its name, which is a device's (base/unicode.h) */
#define FACTOR_DATA_MAX 2048       /* bytes of what its kind keeps */
#define FACTORS_MAX 24             /* of a user, of all kinds */
#define FACTOR_WAITS 900           /* seconds that one waits for being confirmed */

/* Their numbers stand in records: none is ever given anew. */
typedef enum {
    KIND_TOTP = 1,
    KIND_SMS,
    KIND_WORKOS_TOTP,
    KIND_WORKOS_SMS,
    KIND_RECOVERY, /* the ten codes of a user, in one */
    KIND_PASSKEY,
    KIND_BROWSER, /* one that is remembered */
    KIND_END
} factor_kind_t;

typedef struct own_factor_t {
    unsigned char id[FACTOR_ID_BYTES];
    unsigned char uid[UID_BYTES];
    factor_kind_t kind;
    bool confirmed;
    bool open; /* whoever made it had proven the name by being the first, and no more */
    uint32_t created, used; /* seconds; used 0 = never */
    char name[FACTOR_NAME_MAX + 1];
    apr_size_t len; /* of `data`, which is its kind's own */
    unsigned char data[FACTOR_DATA_MAX];
} own_factor_t;

typedef struct factors_t factors_t;

#endif
