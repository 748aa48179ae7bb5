/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_TEMPLATE_H
#define MPIN_NOTICE_TEMPLATE_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

/* Pages are HTML with placeholders (a small part of mustache):
 *   {{name}}              the value, escaped for HTML text and quoted attributes; "" for none
 *   {{t.key}}             a text of the catalogue, escaped; {name} in it stands for that value
 *   {{#name}} ... {{/name}}  shown iff the value is there and not empty
 *   {{^name}} ... {{/name}}  shown iff it is not
 *   {{#list}} ... {{/list}}  for a list: once for each of its rows, whose own values come before the
 *                         page's; {{^list}} is shown iff it has none
 *   {{>file}}             another template, four deep at most
 * There is no way to write a value unescaped into HTML. */
typedef struct template_t {
    /* A template's text, NULL for none. */
    const char *(*read)(void *baton, const char *name, apr_pool_t *p);
    void *baton;
    const apr_table_t *values;
    apr_hash_t *lists; /* name -> apr_array_header_t of const apr_table_t *; NULL: no lists */
    apr_hash_t *texts; /* key -> const char *, dotted keys */
    bool plain;        /* the result is text/plain, in which nothing is escaped */
} template_t;

/* The page in the pool; NULL when the template is missing or not well-formed. */
const char *template_render(const template_t *template, const char *name, apr_pool_t *p);

#endif
