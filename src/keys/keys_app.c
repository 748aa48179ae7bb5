/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys_app.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/hex.h"
#include "keys/secret_file.h"

#define ID_LEN (2 * KEY_ID_BYTES)
#define LINE_LEN (ID_LEN + 1 + 2 * KEY_BYTES)

const keys_app_t *keys_app_open(const char *path, apr_pool_t *p, const char **why)
{
    unsigned char id[KEY_ID_BYTES];
    keys_app_t *app = apr_pcalloc(p, sizeof *app);
    secret_t *line = secret_file_line(path, LINE_LEN, p, why);
    secret_t *key = line ? secret_make(p, KEY_BYTES) : NULL;
    if (!key)
        return NULL;
    const char *text = (const char *)line->bytes;
    if (line->len == LINE_LEN && text[ID_LEN] == ':') {
        memcpy(app->id, text, ID_LEN);
        app->key = key;
        if (hex_decode(app->id, id, sizeof id) &&
            hex_decode(text + ID_LEN + 1, key->bytes, key->len))
            return app;
    }
    *why = apr_psprintf(p,
                        "%s is no key file of a D-TA; copy the one that the D-TA has made beside "
                        "its MPinKeyFile, or write ID:KEY in hex",
                        path);
    return NULL;
}

/* Written beside and renamed, so that a crash leaves no half file. */
static bool write_app_line(const char *path, const secret_t *line, apr_pool_t *p)
{
    const char *beside = apr_psprintf(p, "%s.%ld.new", path, (long)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool done = write(fd, line->bytes, line->len) == (ssize_t)line->len && !fsync(fd);
    close(fd);
    if (done && !rename(beside, path))
        return true;
    unlink(beside);
    return false;
}

bool keys_app_write(const keys_app_t *app, const char *path, bool *made, apr_pool_t *p,
                    const char **why)
{
    const keys_app_t *there = keys_app_open(path, p, why);
    *made = false;
    if (there && !strcmp(there->id, app->id) &&
        sodium_memcmp(there->key->bytes, app->key->bytes, KEY_BYTES) == 0)
        return true;

    secret_t *line = secret_make(p, LINE_LEN + 2);
    if (line) {
        char *text = (char *)line->bytes;
        memcpy(text, app->id, ID_LEN);
        text[ID_LEN] = ':';
        sodium_bin2hex(text + ID_LEN + 1, 2 * KEY_BYTES + 1, app->key->bytes, KEY_BYTES);
        text[LINE_LEN] = '\n';
        line->len = LINE_LEN + 1;
    }
    *made = line && write_app_line(path, line, p);
    if (!*made)
        *why =
            apr_psprintf(p, "%s can't be written: %s; check the directory", path, strerror(errno));
    return *made;
}
