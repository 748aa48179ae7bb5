/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers write at the edge of httpd: cookies, forms, return targets; and the
 * administrator's templates. No cookie of ours stays in a header, no return target leaves our
 * origin, no page holds what came in unescaped. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "web/return_to.h"
#include "notice/template.h"
#include "web/cookie_header.h"
#include "web/form.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void cookies(const char *text, apr_pool_t *p)
{
    cookie_t wanted[] = {{.name = "mpin"}, {.name = "mpin-login"}};
    const char *rest = cookie_header_take(text, wanted, 2, p);
    cookie_t again[] = {{.name = "mpin"}, {.name = "mpin-login"}};
    if (rest)
        cookie_header_take(rest, again, 2, p);
    require(!again[0].times && !again[1].times);
    require(!wanted[0].value.text || wanted[0].times == 1);
    cookie_header_sets(text, "mpin");
}

static void return_targets(const char *text, apr_pool_t *p)
{
    const char *path = return_to_path(text, p);
    if (!path)
        return;
    require(strlen(path) <= RETURN_TO_MAX && path[0] == '/' && path[1] != '/' && path[1] != '\\');
    require(!strpbrk(path, "\\\t\r\n "));
    const char *query = apr_pstrcat(p, "return=", return_to_escape(path, p), "&next=1", NULL);
    require(!strcmp(apr_table_get(form_parse(query, p), "return"), path));
}

static void return_hosts(const char *text, apr_pool_t *p)
{
    static const public_url_t own = {"https://www.example.com", "www.example.com", true, false};
    const return_hosts_t hosts = {.domain = "example.com"};
    const char *url = return_to_url(text, &own, &hosts, p);
    if (!url)
        return;
    require(!strncmp(url, "https://", strlen("https://")));
    const char *rest = url + strlen("https://");
    const char *host =
        apr_pstrmemdup(p, rest, strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789.-_"));
    const size_t len = strlen(host), least = strlen(".example.com");
    require(!strcmp(host, "example.com") ||
            (len > least && !strcmp(host + len - least, ".example.com")));
    require(rest[len] == '/' || rest[len] == ':');
    require(return_to_is_near(url, &hosts, p));
}

static const char *read_template(void *baton, const char *name, apr_pool_t *p)
{
    (void)p;
    return strcmp(name, "page") ? NULL : baton;
}

static void templates(char *text, apr_pool_t *p)
{
    template_t page = {read_template, text, apr_table_make(p, 2), apr_hash_make(p)};
    apr_table_setn((apr_table_t *)(uintptr_t)page.values, "user", text);
    apr_hash_set(page.texts, "hello", APR_HASH_KEY_STRING, "Hello, {user}");
    template_render(&page, "page", p);

    char *shown = apr_pstrdup(p, "<p>{{user}} {{t.hello}}</p>");
    page.baton = shown;
    const char *html = template_render(&page, "page", p);
    require(!html || !strpbrk(strchr(html, '>') + 1, "\"'") ||
            !strpbrk(text, "\"'")); /* only the page's own tags hold any */
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    apr_initialize();
    apr_pool_create(&p, NULL);
    char *text = apr_pstrmemdup(p, (const char *)data, size);
    cookies(text, p);
    form_parse(text, p);
    return_targets(text, p);
    return_hosts(text, p);
    return_hosts(apr_pstrcat(p, "https://", text, NULL), p);
    templates(text, p);
    apr_pool_destroy(p);
    return 0;
}
