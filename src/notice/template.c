/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/template.h"

#include <apr_strings.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 8     /* templates within templates, and sections within sections */
#define NAME_MAX_LEN 64 /* bytes of a placeholder's name */
#define PAGE_MAX 262144 /* bytes of a page */

/* The page as it grows, in pieces: one array, joined at the end. */
typedef struct page_t {
    const template_t *template;
    const apr_table_t *row;     /* of the list that is being shown; NULL outside of one */
    apr_array_header_t *pieces; /* of struct iovec */
    apr_size_t length;
    apr_pool_t *pool;
} page_t;

static bool render(page_t *page, const char *text, const char *end, int depth);

static bool page_add(page_t *page, const char *text, apr_size_t length)
{
    if (length == 0)
        return true;
    if (length > PAGE_MAX - page->length)
        return false;
    page->length += length;
    struct iovec *piece = apr_array_push(page->pieces);
    piece->iov_base = (void *)(apr_uintptr_t)text;
    piece->iov_len = length;
    return true;
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool add_escaped(page_t *page, const char *text, apr_size_t length)
{
    const char *run = text, *end = text + length;
    if (page->template->plain)
        return page_add(page, text, length);
    for (const char *c = text; c < end; c++) {
        const char *as = entity(*c);
        if (!as)
            continue;
        if (!page_add(page, run, (apr_size_t)(c - run)) || !page_add(page, as, strlen(as)))
            return false;
        run = c + 1;
    }
    return page_add(page, run, (apr_size_t)(end - run));
}

static const char *value_of(const page_t *page, const char *name)
{
    const char *value = page->row ? apr_table_get(page->row, name) : NULL;
    if (!value)
        value = apr_table_get(page->template->values, name);
    return value ? value : "";
}

/* A text of the catalogue: "{user}" in it is the value of that name, "{{code}}" stands for itself. An
 * unknown key shows itself, so that a mistake in a template of somebody's own is seen. */
static bool add_text(page_t *page, const char *key)
{
    const char *text = apr_hash_get(page->template->texts, key, APR_HASH_KEY_STRING);
    if (!text)
        return add_escaped(page, key, strlen(key));

    for (;;) {
        const char *open = strchr(text, '{');
        const char *shut = open ? strchr(open, '}') : NULL;
        if (!shut)
            return add_escaped(page, text, strlen(text));
        const char *name = apr_pstrmemdup(page->pool, open + 1, (apr_size_t)(shut - open - 1));
        const bool itself = *name == '{';
        const char *value = itself ? "" : value_of(page, name);
        if (!add_escaped(page, text, (apr_size_t)((itself ? shut + 1 : open) - text)) ||
            !add_escaped(page, value, strlen(value)))
            return false;
        text = shut + 1;
    }
}

static bool add_partial(page_t *page, const char *name, int depth)
{
    const template_t *template = page->template;
    const char *text = depth < DEPTH_MAX ? template->read(template->baton, name, page->pool) : NULL;
    return text && render(page, text, text + strlen(text), depth + 1);
}

/* The section's end tag: "{{/name}}" at or after `text`. Sections of one name do not nest. */
static const char *section_end(const page_t *page, const char *text, const char *end,
                               const char *name, const char **after)
{
    const char *tag = apr_pstrcat(page->pool, "{{/", name, "}}", NULL);
    const char *shut = strstr(text, tag);
    if (!shut || shut >= end)
        return NULL;
    *after = shut + strlen(tag);
    return shut;
}

static const apr_array_header_t *list_of(const page_t *page, const char *name)
{
    apr_hash_t *lists = page->template->lists;
    return lists ? apr_hash_get(lists, name, APR_HASH_KEY_STRING) : NULL;
}

/* Once for each row; lists do not nest. */
static bool render_rows(page_t *page, const apr_array_header_t *list, const char *text,
                        const char *end, int depth)
{
    bool good = true;
    for (int i = 0; good && i < list->nelts; i++) {
        page->row = APR_ARRAY_IDX(list, i, const apr_table_t *);
        good = render(page, text, end, depth);
    }
    page->row = NULL;
    return good;
}

/* One tag, whose inside is `name` with its mark; `*text` is behind it and moves past a section. */
static bool render_tag(page_t *page, char *name, const char **text, const char *end, int depth)
{
    const char mark = name[0];
    if (mark != '#' && mark != '^' && mark != '>') {
        if (strncmp(name, "t.", 2) == 0)
            return add_text(page, name + 2);
        const char *value = value_of(page, name);
        return add_escaped(page, value, strlen(value));
    }
    if (mark == '>')
        return add_partial(page, name + 1, depth);

    const char *after;
    const char *shut = section_end(page, *text, end, name + 1, &after);
    if (!shut || depth >= DEPTH_MAX)
        return false;
    const char *inside = *text;
    const apr_array_header_t *list = list_of(page, name + 1);
    const bool there = list ? list->nelts > 0 : *value_of(page, name + 1) != '\0';
    *text = after;
    if (there != (mark == '#'))
        return true;
    return list && there ? render_rows(page, list, inside, shut, depth + 1)
                         : render(page, inside, shut, depth + 1);
}

static bool render(page_t *page, const char *text, const char *end, int depth)
{
    for (;;) {
        const char *open = strstr(text, "{{");
        if (!open || open >= end)
            return page_add(page, text, (apr_size_t)(end - text));
        const char *shut = strstr(open, "}}");
        if (!shut || shut + 2 > end || shut - open - 2 < 1 || shut - open - 2 > NAME_MAX_LEN)
            return false;
        if (!page_add(page, text, (apr_size_t)(open - text)))
            return false;
        char *name = apr_pstrmemdup(page->pool, open + 2, (apr_size_t)(shut - open - 2));
        text = shut + 2;
        if (!render_tag(page, name, &text, end, depth))
            return false;
    }
}

const char *template_render(const template_t *template, const char *name, apr_pool_t *p)
{
    page_t page = {template, NULL, apr_array_make(p, 128, sizeof(struct iovec)), 0, p};
    if (!add_partial(&page, name, 0))
        return NULL;
    return apr_pstrcatv(p, (struct iovec *)page.pieces->elts, (apr_size_t)page.pieces->nelts, NULL);
}
