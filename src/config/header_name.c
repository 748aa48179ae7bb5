/* SPDX-License-Identifier: Apache-2.0 */
#include "config/header_name.h"

#include <apr_lib.h>
#include <string.h>

bool header_name_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!apr_isalnum(text[i]) && !strchr("!#$%&'*+-.^_`|~", text[i]))
            return false;
    return len > 0 && len <= 64;
}

bool header_name_same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '_' ? '-' : apr_tolower(*a)) != (*b == '_' ? '-' : apr_tolower(*b)))
            return false;
    return !*a && !*b;
}

bool header_name_taken(const char *name)
{
    static const char *const taken[] = {"Host",
                                        "Connection",
                                        "Content-Length",
                                        "Content-Type",
                                        "Cookie",
                                        "Expect",
                                        "Forwarded",
                                        "Keep-Alive",
                                        "Origin",
                                        "Proxy-Authorization",
                                        "Proxy-Connection",
                                        "Range",
                                        "TE",
                                        "Trailer",
                                        "Transfer-Encoding",
                                        "Upgrade",
                                        "Via",
                                        NULL};
    for (const char *const *each = taken; *each; each++)
        if (header_name_same(name, *each))
            return true;
    return false;
}

bool header_name_goes_on(const char *name)
{
    static const char *const of_the_client[] = {"Cookie", "Forwarded", "Origin", "Via", NULL};
    for (const char *const *each = of_the_client; *each; each++)
        if (header_name_same(name, *each))
            return true;
    return !header_name_taken(name) && !header_name_same(name, "RPS-BASE-URL");
}
