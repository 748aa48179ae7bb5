/* SPDX-License-Identifier: Apache-2.0 */
/* Root keys come, move and go, line by line, in secret memory. */
#include "keys/keys_roots.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"
#include "keys/keys_text.h"

#define LINE_MAX_NEW 160 /* bytes of a root's line */

/* A file that is being changed: its text, and where its lines are. */
typedef struct roots_text_t {
    const char *path;
    const secret_t *passphrase;
    secret_t *text;   /* plain, with a NUL */
    secret_t *fresh;  /* room for that and one root key's line more */
    const char *last; /* line of the root key that seals */
    int count;        /* of root keys */
    bool taken[256];  /* numbers */
} roots_text_t;

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* -1: it is no root key's. */
static int root_of(const char *line)
{
    return strncmp(line, "root ", 5) ? -1 : (int)strtol(line + 5, NULL, 10);
}

static const char *root_line(const roots_text_t *roots, unsigned char number)
{
    const char *line = (const char *)roots->text->bytes;
    while (*line && root_of(line) != number)
        line = next_line(line);
    return *line ? line : NULL;
}

static void look_at_lines(roots_text_t *roots)
{
    for (const char *line = (const char *)roots->text->bytes; *line; line = next_line(line)) {
        const int number = root_of(line);
        if (number < 0)
            continue;
        roots->last = line;
        roots->taken[number & 255] = true;
        roots->count++;
    }
}

/* keys_open has judged the file before; it is looked at once more, as it may have changed. */
static keys_status_t read_roots(roots_text_t *roots, const char *path, const secret_t *passphrase,
                                apr_pool_t *p, const char **why)
{
    const secret_t *bytes = keys_bytes(path, p);
    secret_t *text = bytes ? secret_make(p, bytes->len + 1) : NULL;
    *roots = (roots_text_t){.path = path, .passphrase = passphrase};
    *why = apr_psprintf(p, "key file %s can't be read, or doesn't open", path);
    if (!text)
        return KEYS_UNREADABLE;
    memcpy(text->bytes, bytes->bytes, bytes->len);
    roots->text = passphrase ? keys_text_open(text, passphrase, p) : text;
    if (!roots->text)
        return KEYS_PASSPHRASE;
    look_at_lines(roots);
    if (!roots->last)
        return KEYS_BROKEN;
    *why = "out of memory";
    roots->fresh = secret_make(p, roots->text->len + LINE_MAX_NEW);
    return roots->fresh ? KEYS_OK : KEYS_UNREADABLE;
}

static char *put_key_line(char *out, const char *line)
{
    const size_t len = (size_t)(next_line(line) - line);
    memcpy(out, line, len);
    return out + len;
}

/* Not by printf, whose buffers may keep copies. */
static char *put_fresh(char *out, unsigned char number, apr_pool_t *p)
{
    secret_t *key = secret_make(p, KEY_BYTES);
    if (!key)
        return NULL;
    randombytes_buf(key->bytes, key->len);
    out = stpcpy(stpcpy(stpcpy(out, "root "), apr_itoa(p, number)), " ");
    out = stpcpy(stpcpy(out, utc_text(apr_time_now(), p)), " ");
    sodium_bin2hex(out, 2 * KEY_BYTES + 1, key->bytes, KEY_BYTES);
    return stpcpy(out + 2 * KEY_BYTES, "\n");
}

static keys_status_t write_roots(const roots_text_t *roots, const char *end, apr_pool_t *p,
                                 const char **why)
{
    secret_t *fresh = roots->fresh;
    fresh->len = (apr_size_t)(end - (const char *)fresh->bytes);
    const secret_t *text = roots->passphrase ? keys_text_seal(fresh, roots->passphrase, p) : fresh;
    *why = "out of memory";
    return text ? keys_replace(roots->path, text, p, why) : KEYS_UNREADABLE;
}

/* ---- the changes ----------------------------------------------------------------------------- */

keys_status_t keys_add_root(const char *path, const secret_t *passphrase, unsigned char *number,
                            apr_pool_t *p, const char **why)
{
    roots_text_t roots;
    const keys_status_t status = read_roots(&roots, path, passphrase, p, why);
    if (status != KEYS_OK)
        return status;
    *why = "there are as many root keys as a key file may have; retire one first";
    if (roots.count >= KEYS_ROOTS_MAX)
        return KEYS_EXISTS;
    *number = (unsigned char)root_of(roots.last);
    while (roots.taken[*number])
        ++*number;
    char *out = (char *)roots.fresh->bytes;
    for (const char *line = (const char *)roots.text->bytes; out && *line; line = next_line(line)) {
        if (line == roots.last)
            out = put_fresh(out, *number, p);
        out = out ? put_key_line(out, line) : NULL;
    }
    *why = "out of memory";
    return out ? write_roots(&roots, out, p, why) : KEYS_UNREADABLE;
}

keys_status_t keys_seal_by(const char *path, const secret_t *passphrase, unsigned char number,
                           apr_pool_t *p, const char **why)
{
    roots_text_t roots;
    const keys_status_t status = read_roots(&roots, path, passphrase, p, why);
    if (status != KEYS_OK)
        return status;
    const char *moved = root_line(&roots, number);
    char *out = (char *)roots.fresh->bytes;
    *why = apr_psprintf(p, "there is no root key %d", number);
    if (!moved || moved == roots.last)
        return moved ? KEYS_OK : KEYS_MISSING;
    for (const char *line = (const char *)roots.text->bytes; *line; line = next_line(line)) {
        if (line != moved)
            out = put_key_line(out, line);
        if (line == roots.last)
            out = put_key_line(out, moved);
    }
    return write_roots(&roots, out, p, why);
}

keys_status_t keys_drop_root(const char *path, const secret_t *passphrase, unsigned char number,
                             apr_pool_t *p, const char **why)
{
    roots_text_t roots;
    const keys_status_t status = read_roots(&roots, path, passphrase, p, why);
    if (status != KEYS_OK)
        return status;
    const char *dropped = root_line(&roots, number);
    char *out = (char *)roots.fresh->bytes;
    *why = apr_psprintf(p, dropped ? "root key %d seals: rotate first" : "there is no root key %d",
                        number);
    if (!dropped || dropped == roots.last)
        return dropped ? KEYS_EXISTS : KEYS_MISSING;
    for (const char *line = (const char *)roots.text->bytes; *line; line = next_line(line))
        if (line != dropped)
            out = put_key_line(out, line);
    return write_roots(&roots, out, p, why);
}
