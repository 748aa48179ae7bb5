/* SPDX-License-Identifier: Apache-2.0 */
#include "web/elsewhere.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define PATH_MAX_BYTES 256 /* of a cookie's path that is looked at */
#define DOMAINS_MAX 3

typedef struct place_of_cookie_t {
    apr_array_header_t *lines;
    const char *name;
    const char *flags;
    const char *domains[DOMAINS_MAX]; /* "; Domain=...", "" = this host only; NULL = no more */
    apr_pool_t *p;
} place_of_cookie_t;

static void clear_at(const place_of_cookie_t *place, const char *path, apr_size_t len)
{
    for (int i = 0; i < DOMAINS_MAX && place->domains[i]; i++)
        if (place->lines->nelts < ELSEWHERE_MAX)
            APR_ARRAY_PUSH(place->lines, const char *) =
                apr_psprintf(place->p, "%s=; Path=%.*s%s%s; Max-Age=0", place->name, (int)len, path,
                             place->domains[i], place->flags);
}

/* What a path may hold and an attribute, too. */
static apr_size_t plain_length(const char *path)
{
    apr_size_t len = 0;
    while (len < PATH_MAX_BYTES && path[len] &&
           (apr_isalnum(path[len]) || strchr("-._~%!$&'()*+,=:@/", path[len])))
        len++;
    return len;
}

/* The host and its parents, but for what has one label only; an address has none. */
static void find_domains(place_of_cookie_t *place, const char *host)
{
    const bool is_name = host[strspn(host, "0123456789.")] && *host != '[';
    int count = 1;
    place->domains[0] = "";
    for (const char *at = host; is_name && count < DOMAINS_MAX && strchr(at, '.'); count++) {
        place->domains[count] = apr_pstrcat(place->p, "; Domain=", at, NULL);
        at = strchr(at, '.') + 1;
    }
}

void elsewhere_clear(apr_array_header_t *lines, const char *name, const char *host,
                     const char *path, bool https, apr_pool_t *p)
{
    place_of_cookie_t place = {
        .lines = lines, .name = name, .flags = https ? "; Secure; HttpOnly" : "; HttpOnly", .p = p};
    const apr_size_t len = plain_length(path);

    find_domains(&place, host);
    clear_at(&place, "/", 1);
    for (apr_size_t at = 1; at < len; at++)
        if (path[at] == '/') {
            clear_at(&place, path, at);
            clear_at(&place, path, at + 1);
        }
    if (len > 1 && path[len - 1] != '/')
        clear_at(&place, path, len);
}
