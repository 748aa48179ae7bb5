/* SPDX-License-Identifier: Apache-2.0 */
#include "people/token_limits.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define BETWEEN " ,\t\r\n"

/* ---- what is typed ---- */

/* Does a part between slashes lead elsewhere? ("..;" does at servers that cut parameters off.) */
static bool leads_away(const char *part)
{
    if (part[0] != '.')
        return false;
    const char *end = part[1] == '.' ? part + 2 : part + 1;
    return *end == '\0' || *end == '/' || *end == ';';
}

static bool is_plain_path(const char *path)
{
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("%?#\\", *c) ||
            (*c == '/' && (c[1] == '/' || leads_away(c + 1))))
            return false;
    return path[0] == '/';
}

static bool is_method(const char *word)
{
    for (; *word; word++)
        if (!apr_isupper(*word) && *word != '-')
            return false;
    return true;
}

static const char *joined(const char *text, const char *part, apr_pool_t *p)
{
    return *text ? apr_pstrcat(p, text, " ", part, NULL) : part;
}

static void cut_slash(char *path)
{
    const apr_size_t len = strlen(path);
    if (len > 1 && path[len - 1] == '/')
        path[len - 1] = '\0';
}

const char *token_paths(const char *typed, apr_pool_t *p)
{
    const char *paths = "";
    bool all = false;
    char *last, *path = apr_strtok(apr_pstrdup(p, typed), BETWEEN, &last);
    for (; path; path = apr_strtok(NULL, BETWEEN, &last)) {
        if (!is_plain_path(path))
            return NULL;
        cut_slash(path);
        all = all || strcmp(path, "/") == 0;
        paths = joined(paths, path, p);
    }
    if (all)
        return "";
    return strlen(paths) <= TOKEN_PATHS_MAX ? paths : NULL;
}

const char *token_methods(const char *typed, apr_pool_t *p)
{
    const char *methods = "";
    char *last, *method = apr_strtok(apr_pstrdup(p, typed), BETWEEN, &last);
    for (; method; method = apr_strtok(NULL, BETWEEN, &last)) {
        for (char *c = method; *c; c++)
            *c = (char)apr_toupper(*c);
        if (!is_method(method))
            return NULL;
        methods = joined(methods, method, p);
    }
    return strlen(methods) <= TOKEN_METHODS_MAX ? methods : NULL;
}

/* ---- what is asked for ---- */

static bool is_ambiguous(const char *path)
{
    for (const char *c = path; *c; c++) {
        if (*c == '\\' || (*c == '/' && leads_away(c + 1)))
            return true;
        if (*c != '%' || !c[1])
            continue;
        if ((c[1] == '2' && strchr("5eEfF", c[2])) || (c[1] == '5' && (c[2] == 'c' || c[2] == 'C')))
            return true;
    }
    return false;
}

/* The next of the parts of a text, and its length; NULL after the last. */
static const char *next_part(const char **text, apr_size_t *len)
{
    const char *part = *text + strspn(*text, " ");
    *len = strcspn(part, " ");
    *text = part + *len;
    return *len ? part : NULL;
}

bool token_allows_path(const char *paths, const char *path)
{
    apr_size_t len;
    const char *part;
    if (!*paths)
        return true;
    if (is_ambiguous(path))
        return false;
    while ((part = next_part(&paths, &len)))
        if (strncmp(path, part, len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
    return false;
}

bool token_allows_method(const char *methods, const char *method)
{
    apr_size_t len;
    const char *part, *same = strcmp(method, "HEAD") == 0 ? "GET" : method;
    if (!*methods)
        return true;
    while ((part = next_part(&methods, &len)))
        if ((strlen(method) == len && memcmp(part, method, len) == 0) ||
            (strlen(same) == len && memcmp(part, same, len) == 0))
            return true;
    return false;
}
