/* SPDX-License-Identifier: Apache-2.0 */
#include "web/return_to.h"
#include "base/hex.h"
#include "config/cookie_name.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

/* How many times a value may be percent-decoded before it must have come to rest. */
#define DECODE_ROUNDS 4

/* Bytes of a place that is escaped whole, as forms do. */
#define ESCAPED_MAX 1024

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

/* Where the path begins, which is all that tells a host from a path, with what browsers strip
 * stripped. */
static bool path_begins_well(const char *path)
{
    const char *second = path + 1;
    while (*second && ((unsigned char)*second < 0x20 || *second == 0x7f))
        second++;
    return path[0] == '/' && *second != '/' && *second != '\\';
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
        if (!path_begins_well(path))
            return false;
        for (const char *c = path; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return false;
    }
    return false;
}

const char *return_to_path(const char *value, apr_pool_t *p)
{
    if (!value || strlen(value) > RETURN_TO_MAX || !return_to_is_plain(value) ||
        strstr(value, "%00"))
        return NULL;
    return path_stays(value, p) ? apr_pstrdup(p, value) : NULL;
}

/* ---- other hosts ---- */

static bool is_listed(const char *host, const apr_array_header_t *hosts)
{
    for (int i = 0; hosts && i < hosts->nelts; i++)
        if (!strcasecmp(APR_ARRAY_IDX(hosts, i, const char *), host))
            return true;
    return false;
}

/* Below the domain a host counts whatever its port: its cookies do, too. */
static bool is_in_domain(const char *host, const char *domain)
{
    return domain && cookie_domain_fits(domain, host);
}

const char *return_to_url(const char *value, const public_url_t *own, const return_hosts_t *hosts,
                          apr_pool_t *p)
{
    const char *scheme = own->https ? "https://" : "http://";
    const apr_size_t scheme_len = strlen(scheme);
    if (!value || strlen(value) > RETURN_TO_MAX || strncasecmp(value, scheme, scheme_len) != 0)
        return NULL;

    const char *host = value + scheme_len;
    const apr_size_t len = strcspn(host, "/?#");
    const char *name = apr_pstrmemdup(p, host, len), *path = host[len] ? host + len : "/";
    public_url_t there;
    if (public_url_parse(&there, apr_pstrcat(p, scheme, name, NULL), p) || !return_to_path(path, p))
        return NULL;
    if (strcmp(there.text, own->text) == 0)
        return apr_pstrdup(p, path);
    const char *exactly = strstr(there.text, "://") + 3;
    return is_listed(exactly, hosts->are) || is_in_domain(there.host, hosts->domain)
               ? apr_pstrcat(p, there.text, path, NULL)
               : NULL;
}

bool return_to_is_near(const char *place, const return_hosts_t *hosts, apr_pool_t *p)
{
    public_url_t there;
    const char *host = strstr(place, "://");
    if (*place == '/')
        return true;
    const apr_size_t len = (apr_size_t)(host + 3 - place) + strcspn(host + 3, "/");
    return !public_url_parse(&there, apr_pstrmemdup(p, place, len), p) &&
           is_in_domain(there.host, hosts->domain);
}

/* ---- in a URL ---- */

/* Escapes the bytes that `keep` has not, with these hex digits. */
static const char *return_to_percent(const char *value, bool (*keep)(unsigned char),
                                     const char *digits, apr_pool_t *p)
{
    char *out = apr_palloc(p, 3 * strlen(value) + 1), *next = out;
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (keep(*c)) {
            *next++ = (char)*c;
            continue;
        }
        *next++ = '%';
        *next++ = digits[*c >> 4];
        *next++ = digits[*c & 15];
    }
    *next = '\0';
    return out;
}

static bool stands_in_a_form(unsigned char byte)
{
    return apr_isalnum(byte) || strchr("-._*", byte);
}

static bool stands_in_a_field(unsigned char byte)
{
    return stands_in_a_form(byte) || strchr("~/:@!$'(),;=", byte);
}

static bool stands_in_a_url(unsigned char byte)
{
    return byte > 0x20 && byte < 0x7f;
}

const char *return_to_escape(const char *value, apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    const char *all = return_to_percent(value, stands_in_a_form, digits, p);
    return strlen(all) <= ESCAPED_MAX ? all
                                      : return_to_percent(value, stands_in_a_field, digits, p);
}

const char *return_to_spell(const char *value, apr_pool_t *p)
{
    return return_to_percent(value, stands_in_a_url, "0123456789ABCDEF", p);
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
