/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys_text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utc.h"

/* ---- words ----------------------------------------------------------------------------------- */

int keys_text_words(char **rest, char **words, int max)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (!end)
        return 0;
    *end = '\0';
    *rest = end + 1;

    int count = 0;
    for (char *word = line; word; count++) {
        if (count == max)
            return 0;
        words[count] = word;
        word = strchr(word, ' ');
        if (word)
            *word++ = '\0';
    }
    return count;
}

bool keys_text_number(const char *word, unsigned long max, unsigned long *number)
{
    size_t digits = strspn(word, "0123456789");
    if (!digits || digits > 9 || word[digits])
        return false;
    *number = strtoul(word, NULL, 10);
    return *number <= max;
}

/* ---- read ------------------------------------------------------------------------------------ */

/* The order of BLS12-381's groups: draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1, r. */
static const unsigned char group_order[KEY_BYTES] = {
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

static bool is_scalar(const unsigned char bytes[KEY_BYTES])
{
    return !sodium_is_zero(bytes, KEY_BYTES) && memcmp(bytes, group_order, KEY_BYTES) < 0;
}

/* YYYY-MM-DDTHH:MM:SSZ; dates are for people, so the shape is all that is looked at. */
static bool is_date(const char *word)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    size_t i = 0;
    for (; shape[i] && word[i]; i++)
        if (shape[i] == 'd' ? word[i] < '0' || word[i] > '9' : word[i] != shape[i])
            return false;
    return shape[i] == word[i];
}

static const secret_t *read_key(const char *word, apr_pool_t *p)
{
    secret_t *key = secret_make(p, KEY_BYTES);
    return key && hex_decode(word, key->bytes, KEY_BYTES) ? key : NULL;
}

static bool read_root(keys_t *keys, char **words, apr_pool_t *p)
{
    unsigned long number;
    if (keys->root_count == KEYS_ROOTS_MAX || !keys_text_number(words[1], 255, &number) ||
        keys_find_root(keys, number))
        return false;
    keys_root_t *root = &keys->roots[keys->root_count];
    root->number = (unsigned char)number;
    memcpy(root->date, words[2], sizeof root->date);
    root->key = read_key(words[3], p);
    keys->root_count++;
    return root->key;
}

static bool read_app(keys_t *keys, char **words, apr_pool_t *p)
{
    unsigned char id[KEY_ID_BYTES];
    if (keys->app || !hex_decode(words[1], id, sizeof id))
        return false;
    memcpy(keys->app_id, words[1], sizeof keys->app_id);
    keys->app = read_key(words[3], p);
    return keys->app;
}

static bool read_master(keys_t *keys, char **words, apr_pool_t *p)
{
    unsigned long number;
    if (keys->master || !keys_text_number(words[1], 255, &number))
        return false;
    keys->master = read_key(words[3], p);
    return keys->master && is_scalar(keys->master->bytes);
}

static bool read_key_line(keys_t *keys, char **words, apr_pool_t *p)
{
    if (!is_date(words[2]))
        return false;
    if (!strcmp(words[0], "root"))
        return read_root(keys, words, p);
    if (!strcmp(words[0], "app"))
        return read_app(keys, words, p);
    return !strcmp(words[0], "master") && read_master(keys, words, p);
}

static bool read_key_text(keys_t *keys, char *rest, apr_pool_t *p)
{
    char *words[4];

    if (keys_text_words(&rest, words, 4) != 2 || strcmp(words[0], "mpin-keys") ||
        strcmp(words[1], "1"))
        return false;
    if (keys_text_words(&rest, words, 4) != 2 || strcmp(words[0], "file") ||
        !hex_decode(words[1], keys->id, KEY_ID_BYTES))
        return false;
    while (*rest)
        if (keys_text_words(&rest, words, 4) != 4 || !read_key_line(keys, words, p))
            return false;
    return keys->root_count && keys->app && keys->master;
}

keys_status_t keys_parse(keys_t **keys, secret_t *text, const secret_t *passphrase, apr_pool_t *p,
                         const char **why)
{
    static const char sealed[] = "mpin-keys-sealed ";

    if (strnlen((const char *)text->bytes, text->len) + 1 != text->len) {
        *why = "is not a key file; restore it from a copy";
        return KEYS_BROKEN;
    }
    bool is_sealed = !strncmp((const char *)text->bytes, sealed, sizeof sealed - 1);
    if (is_sealed && !passphrase) {
        *why = "is sealed; set MPinKeyPassphrase";
        return KEYS_PASSPHRASE;
    }
    if (!is_sealed && passphrase) {
        *why = "is not sealed; remove MPinKeyPassphrase or seal the file";
        return KEYS_PASSPHRASE;
    }
    if (is_sealed && !(text = keys_text_open(text, passphrase, p))) {
        *why = "does not open with this passphrase; correct MPinKeyPassphrase, or restore the file";
        return KEYS_PASSPHRASE;
    }
    keys_t *read = apr_pcalloc(p, sizeof *read);
    read->shared = keys_shared_make(read, p);
    if (!read->shared || !read_key_text(read, (char *)text->bytes, p)) {
        *why = "is damaged; restore it from a copy";
        return KEYS_BROKEN;
    }
    *keys = read;
    return KEYS_OK;
}

/* ---- made ------------------------------------------------------------------------------------ */

static char *put_hex(char *out, const unsigned char *bytes, size_t len)
{
    sodium_bin2hex(out, 2 * len + 1, bytes, len);
    return out + 2 * len;
}

secret_t *keys_fresh(apr_pool_t *p)
{
    secret_t *text = secret_make(p, 512), *keys = secret_make(p, 3 * KEY_BYTES);
    if (!text || !keys)
        return NULL;
    unsigned char ids[2 * KEY_ID_BYTES];
    unsigned char *root = keys->bytes, *app = root + KEY_BYTES, *master = app + KEY_BYTES;
    randombytes_buf(ids, sizeof ids);
    randombytes_buf(keys->bytes, keys->len);
    while (!is_scalar(master))
        randombytes_buf(master, KEY_BYTES);

    const char *now = utc_text(apr_time_now(), p);

    /* Not by printf, whose buffers may keep copies. */
    char *out = stpcpy((char *)text->bytes, "mpin-keys 1\nfile ");
    out = put_hex(out, ids, KEY_ID_BYTES);
    out = stpcpy(stpcpy(stpcpy(out, "\nroot 1 "), now), " ");
    out = put_hex(out, root, KEY_BYTES);
    out = stpcpy(out, "\napp ");
    out = put_hex(out, ids + KEY_ID_BYTES, KEY_ID_BYTES);
    out = stpcpy(stpcpy(stpcpy(out, " "), now), " ");
    out = put_hex(out, app, KEY_BYTES);
    out = stpcpy(stpcpy(stpcpy(out, "\nmaster 1 "), now), " ");
    out = put_hex(out, master, KEY_BYTES);
    out = stpcpy(out, "\n");
    text->len = (apr_size_t)(out - (char *)text->bytes);
    return text;
}
