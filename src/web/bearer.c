/* SPDX-License-Identifier: Apache-2.0 */
#include "web/bearer.h"

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "people/tokens.h"

#define BASIC_MAX 1024 /* characters of a name and a password, encoded */

/* The rest, where the value begins with this scheme's name; else NULL. */
static const char *after_scheme(const char *value, const char *scheme)
{
    const apr_size_t len = strlen(scheme);
    if (strncasecmp(value, scheme, len) != 0 || value[len] != ' ')
        return NULL;
    return value + len + strspn(value + len, " \t");
}

static bool is_token(const char *text)
{
    return strncmp(text, TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1) == 0;
}

/* The password, NULL where there is none. One that is too long holds no token. */
static const char *basic_password(const char *coded, apr_pool_t *p)
{
    char text[BASIC_MAX];
    if (strlen(coded) >= BASIC_MAX)
        return NULL;
    const int len = apr_base64_decode(text, coded);
    text[len] = '\0';
    const char *colon = strchr(text, ':');
    return colon && is_token(colon + 1) ? apr_pstrdup(p, colon + 1) : NULL;
}

bool bearer_take(request_t *request, const char *value)
{
    const char *bearer = after_scheme(value, "Bearer"), *basic = after_scheme(value, "Basic");
    const char *text = basic                        ? basic_password(basic, request->pool)
                       : bearer && is_token(bearer) ? bearer
                                                    : NULL;
    if (!text)
        return false;
    if (request->token.text) /* given back to an application (MPinTokens On pass) */
        return true;
    request->token.header = value;
    request->token.text = text;
    request->token.len = strlen(text);
    while (bearer && request->token.len && apr_isspace(text[request->token.len - 1]))
        request->token.len--;
    return true;
}
