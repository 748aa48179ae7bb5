/* SPDX-License-Identifier: Apache-2.0 */
/* A key file of any content: what is accepted has a root key that seals and a master share that is
 * a scalar. Sealed files are refused for want of a passphrase, so that no time goes into stretching
 * one. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys_text.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    keys_t *keys = NULL;
    const char *why = NULL;
    unsigned char key[KEY_BYTES];

    if (size > KEYS_TEXT_MAX)
        return 0;
    apr_initialize();
    apr_pool_create(&p, NULL);
    secret_t *text = secret_make(p, size + 1);
    if (size)
        memcpy(text->bytes, data, size);
    keys_status_t status = keys_parse(&keys, text, NULL, p, &why);
    require((status == KEYS_OK) == (keys != NULL) && (keys || why));
    if (keys) {
        require(keys_derive(keys, keys_current(keys), "fuzz", 0, key));
        require(strlen(keys_app_id(keys)) == 2 * KEY_ID_BYTES);
        require(!sodium_is_zero(keys_master(keys)->bytes, KEY_BYTES));
        require(keys_master(keys)->bytes[0] <= 0x73);
    }
    apr_pool_destroy(p);
    return 0;
}
