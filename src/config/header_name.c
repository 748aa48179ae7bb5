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

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (header_name_same(name, *names))
            return true;
    return false;
}

/* What frames a request, or says what its body is. */
static bool is_of_frame(const char *name)
{
    static const char *const frame[] = {"Host",
                                        "Connection",
                                        "Content-Length",
                                        "Content-Type",
                                        "Expect",
                                        "Keep-Alive",
                                        "Range",
                                        "Proxy-Authorization",
                                        "Proxy-Connection",
                                        "TE",
                                        "Trailer",
                                        "Upgrade",
                                        "Transfer-Encoding",
                                        NULL};
    return is_one_of(name, frame);
}

bool header_name_taken(const char *name)
{
    static const char *const meant[] = {"Authorization", "Cookie",           "Forwarded",
                                        "Location",      "Origin",           "Set-Cookie",
                                        "Via",           "WWW-Authenticate", NULL};
    return is_of_frame(name) || is_one_of(name, meant);
}

/* Our request has a frame and a body of its own: what a client says of those, and of what it can
 * unpack, stays here. */
bool header_name_goes_on(const char *name)
{
    static const char *const stays[] = {"Accept-Encoding", "Content-Encoding", "HTTP2-Settings",
                                        "Max-Forwards",    "RPS-BASE-URL",     NULL};
    return !is_of_frame(name) && !is_one_of(name, stays);
}
