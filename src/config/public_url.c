/* SPDX-License-Identifier: Apache-2.0 */
#include "config/public_url.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 253
#define URL_MAX 300

/* An IPv6 literal in the one spelling that browsers use; NULL when it is none. */
static const char *six(const char *inside, apr_pool_t *p)
{
    struct in6_addr address;
    char spelled[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, inside, &address) != 1 ||
        !inet_ntop(AF_INET6, &address, spelled, sizeof(spelled)))
        return NULL;
    return apr_pstrcat(p, "[", spelled, "]", NULL);
}

/* A host name or IPv4 address in lower case; NULL when it is neither. Browsers take a name that
 * ends in a number for an address, so such a one must be an address in full. */
static const char *name_or_four(const char *host, apr_pool_t *p)
{
    const apr_size_t len = strlen(host);
    char *lower = apr_pstrdup(p, host);
    bool empty_label = true;

    if (!len || len > HOST_MAX)
        return NULL;
    for (char *c = lower; *c; c++) {
        *c = (char)apr_tolower(*c);
        if (*c == '.' ? empty_label : !strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", *c))
            return NULL;
        empty_label = *c == '.';
    }
    if (empty_label)
        return NULL;

    struct in_addr address;
    const char *last = strrchr(lower, '.');
    last = last ? last + 1 : lower;
    if (apr_isdigit(*last) && inet_pton(AF_INET, lower, &address) != 1)
        return NULL;
    return lower;
}

const char *public_url_make(public_url_t *url, bool https, const char *host, unsigned port,
                            apr_pool_t *p)
{
    const char *spelled = strchr(host, ':') ? six(host, p) : name_or_four(host, p);
    if (!spelled)
        return apr_psprintf(
            p, "\"%.80s\" is no host name or address; write it in ASCII, as browsers send it",
            host);

    const bool usual = port == (https ? 443 : 80);
    url->https = https;
    url->host = spelled;
    url->loopback =
        !strcmp(spelled, "localhost") || !strcmp(spelled, "127.0.0.1") || !strcmp(spelled, "[::1]");
    url->text = apr_pstrcat(p, https ? "https://" : "http://", spelled,
                            usual ? "" : apr_psprintf(p, ":%u", port), NULL);
    return NULL;
}

/* Digits of 1..65535 to the end of the text; 0 when they are not. */
static unsigned port_of(const char *text)
{
    const size_t digits = strspn(text, "0123456789");
    const long port = digits && digits <= 5 && !text[digits] ? strtol(text, NULL, 10) : 0;
    return port <= 65535 ? (unsigned)port : 0;
}

const char *public_url_parse(public_url_t *url, const char *text, apr_pool_t *p)
{
    const bool https = !strncasecmp(text, "https://", 8);
    if (!https && strncasecmp(text, "http://", 7))
        return apr_psprintf(
            p, "\"%.80s\" does not begin with https://; write https://HOST or https://HOST:PORT",
            text);
    if (strlen(text) > URL_MAX)
        return "the URL is too long; write https://HOST or https://HOST:PORT";

    char *host = apr_pstrdup(p, text + (https ? 8 : 7));
    char *slash = strchr(host, '/');
    if (slash && !slash[1])
        *slash = '\0';
    if (strpbrk(host, "/?#"))
        return "it has a path, a query or a fragment; write scheme and host only, and move our "
               "pages with MPinPath";
    if (strchr(host, '@'))
        return "it has a user name; write https://HOST or https://HOST:PORT";

    char *port_text = NULL;
    if (*host == '[') {
        char *end = strchr(host, ']');
        if (!end || (end[1] && end[1] != ':'))
            return "its IPv6 address is not closed by ]; write https://[ADDRESS]:PORT";
        port_text = end[1] ? end + 2 : NULL;
        *end = '\0';
        host++;
        if (!strchr(host, ':'))
            return "what stands in [ ] is no IPv6 address; write https://[ADDRESS]:PORT";
    } else if ((port_text = strchr(host, ':'))) {
        *port_text++ = '\0';
        if (strchr(port_text, ':'))
            return "it has two ports, or an IPv6 address without brackets; write "
                   "https://[ADDRESS]:PORT";
    }

    const unsigned port = port_text ? port_of(port_text) : https ? 443 : 80;
    if (!port)
        return apr_psprintf(p, "\"%.20s\" is no port; write a number from 1 to 65535", port_text);
    return public_url_make(url, https, host, port, p);
}

bool public_url_takes_passkeys(const public_url_t *url)
{
    struct in_addr address;
    const bool name =
        url->text && *url->host != '[' && inet_pton(AF_INET, url->host, &address) != 1;
    return name && (url->https || !strcmp(url->host, "localhost"));
}
