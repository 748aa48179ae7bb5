/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_SHARED_H
#define MPIN_KEYS_SHARED_H

#include "keys/secret.h"

/* The vhosts of a key file share what is made of it, which is made once. */
typedef struct keys_shared_t keys_shared_t;
struct keys_t;

/* Empty, and for the life of `keys`. NULL when memory is out. */
keys_shared_t *keys_shared_make(const struct keys_t *keys, apr_pool_t *p);

/* What `make` makes for that purpose at the first call, and the same ever after. NULL: it could not be
 * made. Any thread may call, but not from within `make`, whose pool is another's afterwards. */
typedef void *keys_shared_maker_t(const struct keys_t *keys, const char *purpose, apr_pool_t *p);
void *keys_shared(keys_shared_t *shared, keys_shared_maker_t *make, const char *purpose);

/* A secret for something that has been made so, and grows. */
secret_t *keys_shared_secret(keys_shared_t *shared, apr_size_t len);

#endif
