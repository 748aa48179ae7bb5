/* SPDX-License-Identifier: Apache-2.0 */
/* What another web server says of the request that it asks about, as a client may have written some of
 * it: nothing that is read leads out of our hosts, holds what no header holds, or goes by one way of
 * saying it while the other says something else. Each line is a header's value. */
#include <apr_general.h>
#include <apr_strings.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "web/original.h"
#include "web/return_to.h"
#include "web/signin.h"

module AP_MODULE_DECLARE_DATA auth_mpin_module = {.module_index = 0};

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* In place of web/signin.c, which knows httpd: the same two calls. */
const char *signin_place(const site_t *site, const char *named, apr_pool_t *p)
{
    const char *path = return_to_path(named, p);
    return path ? path : return_to_url(named, &site->url, &site->return_hosts, p);
}

/* "www.example.com" of a place: our own where it is a path. */
static const char *host_of(const char *place, apr_pool_t *p)
{
    static const char https[] = "https://";
    if (*place == '/')
        return "www.example.com";
    require(!strncmp(place, https, sizeof(https) - 1));
    const char *host = place + sizeof(https) - 1;
    return apr_pstrmemdup(p, host, strcspn(host, "/:"));
}

static void place_is_ours(const char *place, apr_pool_t *p)
{
    static const char own[] = "example.com";
    const char *host = host_of(place, p);
    const apr_size_t len = strlen(host), least = sizeof(own) - 1;
    require(*place != '/' || (place[1] != '/' && place[1] != '\\'));
    require(!strpbrk(place, "\\\t\r\n "));
    require(len >= least && !strcmp(host + len - least, own) &&
            (len == least || host[len - least - 1] == '.'));
}

static void method_is_a_word(const char *method)
{
    const apr_size_t len = strlen(method);
    require(len && len <= 32);
    for (apr_size_t i = 0; i < len; i++)
        require(isalpha((unsigned char)method[i]) || method[i] == '-');
}

/* Both ways of saying it name one host, or it is not read. */
static void ways_agree(const apr_table_t *headers)
{
    const char *url = apr_table_get(headers, "X-Original-URL");
    const char *host = apr_table_get(headers, "X-Forwarded-Host");
    const char *colon = url ? strstr(url, "://") : NULL;
    if (!colon || !host || !*host)
        return;
    const apr_size_t len = strcspn(colon + 3, "/?#");
    require(strlen(host) == len && !strncasecmp(host, colon + 3, len));
}

static void read_headers(const apr_table_t *headers, request_t *request, apr_pool_t *p)
{
    void *configs[] = {request};
    request_rec r = {.pool = p,
                     .headers_in = (apr_table_t *)(uintptr_t)headers,
                     .request_config = (ap_conf_vector_t *)configs};
    original_t original;
    if (original_read(&r, &original) != ORIGINAL_READ)
        return;
    method_is_a_word(original.method);
    place_is_ours(original.place, p);
    place_is_ours(original.before, p);
    require(!strcmp(host_of(original.place, p), host_of(original.before, p)));
    ways_agree(headers);
    original_is_read(&original);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char *const names[] = {"X-Original-URL",    "X-Original-Method",
                                        "X-Forwarded-Host",  "X-Forwarded-Uri",
                                        "X-Forwarded-Proto", "X-Forwarded-Method"};
    apr_pool_t *p;
    char *last;
    apr_initialize();
    apr_pool_create(&p, NULL);
    site_t site = {.url = {"https://www.example.com", "www.example.com", true, false},
                   .return_hosts = {.domain = "example.com"}};
    request_t request = {.site = &site, .pool = p};
    apr_table_t *headers = apr_table_make(p, 8);
    char *line = apr_strtok(apr_pstrmemdup(p, (const char *)data, size), "\n", &last);
    for (size_t i = 0; line && i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(line, "-") != 0)
            apr_table_setn(headers, names[i], line);
        line = apr_strtok(NULL, "\n", &last);
    }
    request.referer = line;
    read_headers(headers, &request, p);
    apr_pool_destroy(p);
    return 0;
}
