/* SPDX-License-Identifier: Apache-2.0 */
#include "login/page.h"
#include "login/address.h"
#include "notice/own.h"
#include "notice/template.h"
#include "notice/texts.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

const char *page_text(const page_values_t *page, const char *key)
{
    return apr_hash_get(page->texts, key, APR_HASH_KEY_STRING);
}

/* ---- values ---- */

void page_set(page_values_t *page, const char *name, const char *value)
{
    apr_table_setn(page->values, name, value ? value : "");
}

page_values_t page_begin(request_rec *r, const site_t *site)
{
    const texts_t *texts = texts_for(apr_table_get(r->headers_in, "Accept-Language"));
    page_values_t page = {r, site, apr_table_make(r->pool, 32), texts->lang, texts->all};
    const session_t *session = request_session(r);

    page_set(&page, "title", site->title);
    page_set(&page, "host", site->url.host);
    page_set(&page, "logo", site->logo);
    page_set(&page, "contact", site->contact);
    page_set(&page, "lang", page.lang);
    page_set(&page, "base", site->paths[PATH_ASSETS]);
    page_set(&page, "demo", site->open_registration ? "1" : "");
    page_set(&page, "site_url", site->url.text);
    page_set(&page, "site_href", address_login(site, NULL, r->pool));
    page_set(&page, "misplaced", address_doubtful(r, site) ? "1" : "");
    page_set(&page, "user", session ? session->name : "");
    page_set(&page, "login_url", site->paths[PATH_LOGIN]);
    page_set(&page, "logout_url", site->paths[PATH_LOGOUT]);
    page_set(&page, "home", site->after_login);
    page_set(&page, "posted", r->method_number == M_POST ? "1" : "");
    page_set(&page, "settings_url",
             site->paths[PATH_RPS]
                 ? apr_pstrcat(r->pool, site->paths[PATH_RPS], "/clientSettings", NULL)
                 : "");
    return page;
}

/* ---- titles ---- */

/* What a page is about, by the first line that fits: for the title of its window. */
static const struct {
    const char *page, *when, *text;
} HEADINGS[] = {
    {"login", NULL, "sign_in"},
    {"mobile", NULL, "sign_in"},
    {"framed", NULL, "sign_in"},
    {"offer", NULL, "signed_in_as"},
    {"signed_in", NULL, "signed_in_as"},
    {"logout", NULL, "sign_out_question"},
    {"activate", "activated", "activate.done"},
    {"activate", "withdrawn", "not_me.done"},
    {"activate", "not_me", "not_me.title"},
    {"activate", NULL, "activate.title"},
};

static const char *read_given(void *text, const char *name, apr_pool_t *p)
{
    (void)name;
    (void)p;
    return text;
}

/* A text of the catalogue with its values in it. */
static const char *text_filled(const page_values_t *page, const char *key)
{
    apr_pool_t *p = page->r->pool;
    const template_t template = {read_given, apr_pstrcat(p, "{{t.", key, "}}", NULL), page->values,
                                 page->texts, true};
    return template_render(&template, key, p);
}

static void set_heading(page_values_t *page, const char *name)
{
    const char *value;
    for (size_t i = 0; i < sizeof HEADINGS / sizeof *HEADINGS; i++) {
        if (strcmp(HEADINGS[i].page, name) != 0)
            continue;
        value = HEADINGS[i].when ? apr_table_get(page->values, HEADINGS[i].when) : "1";
        if (value && *value) {
            page_set(page, "heading", text_filled(page, HEADINGS[i].text));
            return;
        }
    }
}

/* ---- answers ---- */

static int answer_with(page_values_t *page, int status, const char *name,
                       void (*headers)(request_rec *r))
{
    request_rec *r = page->r;
    set_heading(page, name);
    const char *html = own_render(&page->site->templates, name, page->values, page->texts, r->pool);
    if (!html)
        return HTTP_INTERNAL_SERVER_ERROR; /* the built-in pages are part of the module: a test
                                              renders each */

    apr_table_setn(r->headers_out, "Content-Language", page->lang);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Language");
    headers(r);
    return answer_html(r, status, html);
}

int page_answer(page_values_t *page, int status, const char *name)
{
    return answer_with(page, status, name, answer_page_headers);
}

int page_answer_framed(page_values_t *page, int status, const char *name)
{
    return answer_with(page, status, name, answer_framed_page_headers);
}
