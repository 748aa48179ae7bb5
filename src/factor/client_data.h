/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_CLIENT_DATA_H
#define MPIN_FACTOR_CLIENT_DATA_H

#include <apr_pools.h>
#include <stdbool.h>

/* What a browser says of a ceremony (WebAuthn Level 3, section 5.8.1). Fields that are not known
 * here may come; a repeated one is refused. */
#define CLIENT_DATA_MAX 4096 /* bytes */
#define CLIENT_TEXT_MAX 1024 /* of one of its fields */

typedef struct client_data_t {
    const char *type;      /* "webauthn.create", "webauthn.get" */
    const char *challenge; /* base64url */
    const char *origin;
    bool cross_origin;      /* in a page of another origin */
    const char *top_origin; /* that page's, NULL without */
} client_data_t;

/* The texts belong to the pool. */
bool client_data_read(const void *bytes, apr_size_t len, client_data_t *data, apr_pool_t *p);

#endif
