/* SPDX-License-Identifier: Apache-2.0 */
#include "login/return_to.h"
#include "base/hex.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* How many times a value may be percent-decoded before it must have come to rest. */
#define DECODE_ROUNDS 4

/* Bytes of a place that people are shown; a longer one ends with an ellipsis. */
#define SHOWN_MAX 40

/* Browsers strip tabs and newlines, take '\' for '/', and read '//' as the start of a host. */
static bool return_to_is_plain(const char *value)
{
    if (value[0] != '/' || value[1] == '/')
        return false;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '\\')
            return false;
    return true;
}

/* One round of percent-decoding in place; true when something changed. */
static bool decode_once(char *value)
{
    char *out = value;
    bool changed = false;

    for (const char *in = value; *in; in++) {
        if (in[0] == '%' && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
            *out++ = (char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
            in += 2;
            changed = true;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return changed;
}

/* The path, decoded as often as anybody down the line might, must still not leave our origin. The
 * query is data, and may hold anything that is printable. */
static bool path_stays(const char *value, apr_pool_t *p)
{
    char *path = apr_pstrmemdup(p, value, strcspn(value, "?#"));
    for (int round = 0; round < DECODE_ROUNDS; round++) {
        if (strstr(path, "%00"))
            return false; /* nothing may hide behind an encoded NUL */
        if (!decode_once(path))
            return true;
        if (path[0] != '/' || path[1] == '/')
            return false;
        for (const char *c = path; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '\\')
                return false;
    }
    return false;
}

const char *return_to_path(const char *value, apr_size_t max, apr_pool_t *p)
{
    if (!value || strlen(value) > max || !return_to_is_plain(value) || strstr(value, "%00"))
        return NULL;
    return path_stays(value, p) ? apr_pstrdup(p, value) : NULL;
}

const char *return_to_shown(const char *value, apr_pool_t *p)
{
    const char *host = value ? strstr(value, "://") : NULL;
    const char *path = value && *value != '/' && host ? strchr(host + 3, '/') : value;
    const apr_size_t length = path ? strcspn(path, "?#") : 0;
    if (length < 2)
        return "";
    if (length <= SHOWN_MAX)
        return apr_pstrmemdup(p, path, length);
    return apr_pstrcat(p, apr_pstrmemdup(p, path, SHOWN_MAX - 1), "\u2026", NULL);
}
