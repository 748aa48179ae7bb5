/* SPDX-License-Identifier: Apache-2.0 */
#include "sample_keys.h"

#include <string.h>

#include "keys/keys_text.h"

keys_t *sample_keys_of(const char *text, apr_pool_t *p)
{
    keys_t *keys;
    const char *why;
    secret_t *secret = secret_make(p, strlen(text) + 1);
    memcpy(secret->bytes, text, secret->len);
    return keys_parse(&keys, secret, NULL, p, &why) == KEYS_OK ? keys : NULL;
}

keys_t *sample_keys(apr_pool_t *p)
{
    return sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_1), p);
}
