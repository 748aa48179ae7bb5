/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_PAGE_H
#define MPIN_LOGIN_PAGE_H

#include <apr_hash.h>
#include <apr_tables.h>
#include "web/request.h"

/* A page on its way: values for the templates, and the language that the browser asks for. */
typedef struct page_values_t {
    request_rec *r;
    const site_t *site;
    apr_table_t *values;
    apr_hash_t *lists; /* as template_t has them */
    const char *lang;
    apr_hash_t *texts; /* of that language */
} page_values_t;

/* The values that every page has: title, host, logo, lang, base, demo, user, login_url, logout_url,
 * settings_url, state "". */
page_values_t page_begin(request_rec *r, const site_t *site);

void page_set(page_values_t *page, const char *name, const char *value);

/* An empty list of that name, and a new row of one, whose values apr_table_setn sets. */
apr_array_header_t *page_list(page_values_t *page, const char *name);
apr_table_t *page_row(apr_array_header_t *list);

/* Where a form has been posted to get the page, "reload" leads to `href` instead. */
void page_answers_form(page_values_t *page, const char *href);

/* A text of the catalogue in the page's language, NULL for none. */
const char *page_text(const page_values_t *page, const char *key);

/* Renders "login" from MPinTemplates' login.html, or the built-in one where there is none or it is
 * broken (and says so in the log), and answers with it. */
int page_answer(page_values_t *page, int status, const char *name);

/* The same in gzip, for who takes that (answer_html_packed). */
int page_answer_packed(page_values_t *page, int status, const char *name);

/* A page that leads on by itself. A form that is answered with a redirect may end on no other host
 * (docs/security.md, "Pages"), wherever that one leads. */
int page_onward(request_rec *r, const site_t *site, const char *place);

/* The same of a page that may be shown in a frame. */
int page_answer_framed(page_values_t *page, int status, const char *name);

#endif
