/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a file that is loaded, and all that is derived from them. */
#include "keys/keys_text.h"

#include <sodium.h>
#include <string.h>

#include "keys/hkdf.h"

#define SALT "mod_auth_mpin"
#define PURPOSE_MAX 64

const keys_root_t *keys_find_root(const keys_t *keys, unsigned long number)
{
    for (int i = 0; i < keys->root_count; i++)
        if (keys->roots[i].number == number)
            return &keys->roots[i];
    return NULL;
}

const unsigned char *keys_id(const keys_t *keys)
{
    return keys->id;
}

bool keys_root(const keys_t *keys, int place, unsigned char *number, char date[KEY_DATE_SIZE])
{
    if (place < 0 || place >= keys->root_count)
        return false;
    *number = keys->roots[place].number;
    memcpy(date, keys->roots[place].date, KEY_DATE_SIZE);
    return true;
}

unsigned char keys_current(const keys_t *keys)
{
    return keys->roots[keys->root_count - 1].number;
}

bool keys_derive(const keys_t *keys, unsigned char number, const char *purpose, uint16_t day,
                 unsigned char key[KEY_BYTES])
{
    unsigned char info[PURPOSE_MAX + 2];
    size_t len = strlen(purpose);
    const keys_root_t *root = keys_find_root(keys, number);
    if (!root || len > PURPOSE_MAX)
        return false;

    memcpy(info, purpose, len);
    info[len++] = (unsigned char)(day >> 8);
    info[len++] = (unsigned char)day;
    hkdf_sha256(root->key->bytes, root->key->len, (const unsigned char *)SALT, sizeof SALT - 1,
                info, len, key, KEY_BYTES);
    return true;
}

static void *make_root_keys(const keys_t *keys, const char *purpose, apr_pool_t *p)
{
    const int count = keys->root_count;
    const secret_t **each = apr_pcalloc(p, sizeof *each * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        secret_t *key = secret_make(p, KEY_BYTES);
        if (!key || !keys_derive(keys, keys->roots[count - 1 - i].number, purpose, 0, key->bytes))
            return NULL;
        each[i] = key;
    }
    return each;
}

const secret_t *const *keys_derive_each(const keys_t *keys, const char *purpose)
{
    return keys_shared(keys->shared, make_root_keys, purpose);
}

static void *make_app_key(const keys_t *keys, const char *purpose, apr_pool_t *p)
{
    secret_t *key = secret_make(p, KEY_BYTES);
    if (key)
        hkdf_sha256(keys->app->bytes, keys->app->len, (const unsigned char *)SALT, sizeof SALT - 1,
                    (const unsigned char *)purpose, strlen(purpose), key->bytes, KEY_BYTES);
    return key;
}

const secret_t *keys_derive_app(const keys_t *keys, const char *purpose)
{
    return keys_shared(keys->shared, make_app_key, purpose);
}

const keys_app_t *keys_dta_app(const keys_t *keys, apr_pool_t *p)
{
    keys_app_t *app = apr_palloc(p, sizeof *app);
    memcpy(app->id, keys->app_id, sizeof app->id);
    app->key = keys_derive_app(keys, "D-TA signature");
    return app->key ? app : NULL;
}

const secret_t *keys_app(const keys_t *keys)
{
    return keys->app;
}

const secret_t *keys_master(const keys_t *keys)
{
    return keys->master;
}

const char *keys_app_id(const keys_t *keys)
{
    return keys->app_id;
}
