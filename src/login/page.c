/* SPDX-License-Identifier: Apache-2.0 */
#include "login/page.h"
#include "login/address.h"
#include "notice/own.h"
#include "notice/template.h"
#include "notice/texts.h"
#include "web/answer.h"
#include "web/kept.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* first.js sets it, where a person chooses. It decides about words only. */
#define LANGUAGE_COOKIE "mpin-language"

const char *page_text(const page_values_t *page, const char *key)
{
    return apr_hash_get(page->texts, key, APR_HASH_KEY_STRING);
}

/* ---- values ---- */

void page_set(page_values_t *page, const char *name, const char *value)
{
    apr_table_setn(page->values, name, value ? value : "");
}

apr_array_header_t *page_list(page_values_t *page, const char *name)
{
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *rows = apr_array_make(p, 8, sizeof(const apr_table_t *));
    apr_hash_set(page->lists, name, APR_HASH_KEY_STRING, rows);
    return rows;
}

apr_table_t *page_row(apr_array_header_t *list)
{
    apr_table_t *row = apr_table_make(list->pool, 8);
    APR_ARRAY_PUSH(list, const apr_table_t *) = row;
    return row;
}

void page_answers_form(page_values_t *page, const char *href)
{
    if (strncmp(request_first(page->r)->the_request, "POST ", 5) == 0)
        page_set(page, "posted", href);
}

/* What the person has chosen in a page's foot, and then what their browser asks for. */
static const char *wanted_languages(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept-Language");
    const char *cookies = apr_table_get(r->headers_in, "Cookie");
    const char *chosen = cookies ? strstr(cookies, LANGUAGE_COOKIE "=") : NULL;
    if (!chosen)
        return accept;
    chosen += strlen(LANGUAGE_COOKIE "=");
    return apr_pstrcat(r->pool, apr_pstrmemdup(r->pool, chosen, strcspn(chosen, "; ,")), ",",
                       accept, NULL);
}

/* One of MPinLinks, under the names that the foot's template has for it. */
static void set_link(page_values_t *page, int nth, const char *text, const char *href)
{
    const apr_array_header_t *links = page->site->links;
    if (!links || nth >= links->nelts)
        return;
    page_set(page, text, APR_ARRAY_IDX(links, nth, page_link_t).text);
    page_set(page, href, APR_ARRAY_IDX(links, nth, page_link_t).href);
}

/* The foot of a page: languages where there is a choice, and the site's own links. */
static void set_foot(page_values_t *page)
{
    apr_pool_t *p = page->r->pool;
    const apr_array_header_t *offered = page->site->languages;
    const char *languages = offered ? apr_array_pstrcat(p, offered, ' ') : texts_languages(p);

    page_set(page, "languages", strchr(languages, ' ') ? languages : "");
    page_set(page, "links", page->site->links ? "1" : "");
    set_link(page, 0, "link1", "link1_href");
    set_link(page, 1, "link2", "link2_href");
    set_link(page, 2, "link3", "link3_href");
    set_link(page, 3, "link4", "link4_href");
    set_link(page, 4, "link5", "link5_href");
}

/* What the pad fetches in another language than English, which comes with it. */
static const char *texts_url(const page_values_t *page)
{
    return page->site->assets && strcmp(page->lang, "en") != 0
               ? apr_pstrcat(page->r->pool, page->site->assets, "/texts/", page->lang, ".json",
                             NULL)
               : NULL;
}

/* clientSettings is no-store. Chromium alone takes such an answer from a preload, once; others
 * would ask twice. It alone sends this header, too. */
static const char *settings_early(const page_values_t *page)
{
    return apr_table_get(page->r->headers_in, "Sec-CH-UA")
               ? apr_table_get(page->values, "settings_url")
               : NULL;
}

page_values_t page_begin(request_rec *r, const site_t *site)
{
    const texts_t *texts = texts_for(wanted_languages(r), site->languages);
    page_values_t page = {
        r, site, apr_table_make(r->pool, 32), apr_hash_make(r->pool), texts->lang, texts->all};
    const session_t *session = request_session(r);

    page_set(&page, "title", site->title);
    page_set(&page, "host", site->url.host);
    page_set(&page, "titled", strcmp(site->title, site->url.host) != 0 ? "1" : "");
    page_set(&page, "logo", site->logo);
    page_set(&page, "contact", site->contact);
    page_set(&page, "lang", page.lang);
    page_set(&page, "dir", texts_direction(page.lang));
    page_set(&page, "base", site->assets);
    page_set(&page, "texts_url", texts_url(&page));
    page_set(&page, "demo", site->open_registration ? "1" : "");
    page_set(&page, "site_url", site->url.text);
    page_set(&page, "site_href", address_login(site, NULL, r->pool));
    page_set(&page, "misplaced", address_doubtful(r, site) ? "1" : "");
    page_set(&page, "user", session ? session->name : "");
    page_set(&page, "confirm", "");
    page_set(&page, "renew", "");
    page_set(&page, "login_url", site->paths[PATH_LOGIN]);
    page_set(&page, "logout_url", site->paths[PATH_LOGOUT]);
    page_set(&page, "home", site->after_login);
    page_set(&page, "settings_url",
             site->paths[PATH_RPS]
                 ? apr_pstrcat(r->pool, site->paths[PATH_RPS], "/clientSettings", NULL)
                 : "");
    page_set(&page, "settings_early", settings_early(&page));
    set_foot(&page);
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
    {"step", NULL, "step.title"},
    {"no_step", NULL, "step.none"},
    {"step_totp", NULL, "account.totp_title"},
    {"codes_few", NULL, "codes.few_title"},
    {"account_codes_new", NULL, "codes.new_title"},
    {"account", NULL, "account.title"},
    {"account_login", NULL, "logins.question"},
    {"account_totp", NULL, "account.totp_title"},
    {"account_sms", NULL, "sent.sms_title"},
    {"account_code", NULL, "sent.code_title"},
    {"account_workos_sms", NULL, "sent.sms_title"},
    {"account_workos_detail", NULL, "sent.detail_title"},
    {"account_workos_code", NULL, "sent.verify_title"},
    {"account_workos_verdict", NULL, "sent.verdict_title"},
    {"logout", NULL, "sign_out_question"},
    {"signed_out", NULL, "signed_out"},
    {"trusted_failed", NULL, "trusted.failed"},
    {"onward", NULL, "onward"},
    {"again", NULL, "again.title"},
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
    const template_t template = {
        read_given, apr_pstrcat(p, "{{t.", key, "}}", NULL), page->values, NULL, page->texts, true};
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

/* Why the person is asked: for a place that they want, or for one that wants a newer proof. Where they
 * came by themselves, or are about to set up a PIN, that needs no words. */
static void set_reason(page_values_t *page)
{
    const char *there = apr_table_get(page->values, "return");
    const char *wanted = return_to_shown(there, page->r->pool);
    const bool kept = kept_is_page(page->site, there);
    const bool told = kept || *apr_table_get(page->values, "confirm") ||
                      *apr_table_get(page->values, "renew") ||
                      strcmp(wanted, page->site->after_login) == 0;
    page_set(page, "place", told ? "" : wanted);
    page_set(page, "post_kept", kept ? "1" : "");
}

/* A page with its headers, but for those of its kind; NULL where it could not be made. */
static const char *page_html(page_values_t *page, const char *name)
{
    request_rec *r = page->r;
    set_heading(page, name);
    set_reason(page);
    const char *html =
        own_render(&page->site->templates, name, page->values, page->lists, page->texts, r->pool);
    apr_table_setn(r->headers_out, "Content-Language", page->lang);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Language");
    return html;
}

/* Where there is no `html`: the built-in pages are part of the module, and a test renders each. */
static int answer_with(page_values_t *page, int status, const char *html,
                       int (*answer)(request_rec *r, int status, const char *html))
{
    if (!html)
        return HTTP_INTERNAL_SERVER_ERROR;
    answer_page_headers(page->r);
    return answer(page->r, status, html);
}

int page_answer(page_values_t *page, int status, const char *name)
{
    return answer_with(page, status, page_html(page, name), answer_html);
}

int page_answer_packed(page_values_t *page, int status, const char *name)
{
    return answer_with(page, status, page_html(page, name), answer_html_packed);
}

int page_onward(request_rec *r, const site_t *site, const char *place)
{
    page_values_t page = page_begin(r, site);
    page_set(&page, "go", place);
    return page_answer(&page, HTTP_OK, "onward");
}

int page_answer_framed(page_values_t *page, int status, const char *name)
{
    const char *html = page_html(page, name);
    if (!html)
        return HTTP_INTERNAL_SERVER_ERROR;
    answer_framed_page_headers(page->r);
    return answer_html(page->r, status, html);
}
