/* SPDX-License-Identifier: Apache-2.0 */
#include "web/sent_form.h"
#include "base/unicode.h"
#include "web/form.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define NAME_SHOWN 60   /* bytes of a name that is shown */
#define BOUNDARY_MAX 70 /* RFC 2046, section 5.1.1 */
#define MULTIPART "multipart/form-data"
#define URLENCODED "application/x-www-form-urlencoded"

typedef struct fields_t {
    apr_array_header_t *list;
    int max, more;
    apr_pool_t *p;
} fields_t;

static bool type_is(const char *type, const char *wanted)
{
    const apr_size_t len = strlen(wanted);
    return !strncasecmp(type, wanted, len) && strchr("; \t", type[len]);
}

bool sent_form_is(const char *type)
{
    return type &&
           (type_is(type, MULTIPART) || type_is(type, URLENCODED) || type_is(type, "text/plain"));
}

static const char *shown_name(const char *text, apr_size_t len, apr_pool_t *p)
{
    const char *from = apr_pstrmemdup(p, text, len);
    char *name = apr_palloc(p, NAME_SHOWN + sizeof("\u2026")), *out = name;
    while (*from && out - name < NAME_SHOWN - 4) {
        const apr_size_t bytes = unicode_readable(from);
        if (bytes)
            memcpy(out, from, bytes);
        else
            *out = '?';
        out += bytes ? bytes : 1;
        from += bytes ? bytes : 1;
    }
    memcpy(out, *from ? "\u2026" : "\0\0\0", sizeof("\u2026"));
    return name;
}

static void add_sent(fields_t *fields, const char *name, const char *file, apr_size_t bytes)
{
    for (int i = 0; i < fields->list->nelts; i++) {
        sent_field_t *before = &APR_ARRAY_IDX(fields->list, i, sent_field_t);
        if (file || before->file || strcmp(before->name, name) != 0)
            continue;
        before->bytes += bytes;
        return;
    }
    if (fields->list->nelts < fields->max)
        *(sent_field_t *)apr_array_push(fields->list) = (sent_field_t){name, file, bytes};
    else
        fields->more++;
}

/* ---- a=1&b=2 ---- */

static void add_urlencoded(fields_t *fields, const char *body)
{
    for (const char *field = body; *field;) {
        const apr_size_t len = strcspn(field, "&"), name = strcspn(field, "=&");
        const apr_table_t *one = form_parse(apr_pstrmemdup(fields->p, field, len), fields->p);
        const apr_array_header_t *entries = apr_table_elts(one);
        if (entries->nelts) {
            const char *key = APR_ARRAY_IDX(entries, 0, apr_table_entry_t).key;
            add_sent(fields, shown_name(key, strlen(key), fields->p), NULL,
                     strlen(APR_ARRAY_IDX(entries, 0, apr_table_entry_t).val));
        } else if (name) {
            add_sent(fields, shown_name(field, name, fields->p), NULL,
                     len - name - (field[name] == '='));
        }
        field += len + (field[len] == '&');
    }
}

/* ---- parts (RFC 7578) ---- */

/* The value of name="..." among a part's headers; NULL without. */
static const char *part_value(const char *head, apr_size_t len, const char *name, apr_pool_t *p)
{
    const char *text = apr_pstrmemdup(p, head, len);
    const char *at = text;
    const apr_size_t size = strlen(name);
    while ((at = strcasestr(at, name)) && (at == text || !strchr("; \t", at[-1])))
        at += size;
    if (!at)
        return NULL;
    at += size;
    return shown_name(at, strcspn(at, "\"\r\n"), p);
}

static void add_form_part(fields_t *fields, const char *part, apr_size_t len)
{
    const char *end = memmem(part, len, "\r\n\r\n", 4);
    if (!end)
        return;
    const apr_size_t head = (apr_size_t)(end - part);
    const char *name = part_value(part, head, "name=\"", fields->p);
    const char *file = part_value(part, head, "filename=\"", fields->p);
    if (name && (!file || *file || len > head + 4)) /* a field for files that was left empty */
        add_sent(fields, name, file, len - head - 4);
}

/* "\r\n--" and the boundary; NULL: the type has none. */
static const char *between_parts(const char *type, apr_pool_t *p)
{
    const char *at = strcasestr(type, "boundary=");
    if (!at)
        return NULL;
    at += strlen("boundary=");
    const bool quoted = *at == '"';
    const apr_size_t len = strcspn(at + quoted, quoted ? "\"" : "; \t");
    return len && len <= BOUNDARY_MAX
               ? apr_pstrcat(p, "\r\n--", apr_pstrmemdup(p, at + quoted, len), NULL)
               : NULL;
}

static void add_multipart(fields_t *fields, const char *type, const char *body, apr_size_t len)
{
    const char *between = between_parts(type, fields->p), *end = body + len;
    const apr_size_t size = between ? strlen(between) : 0;
    if (!between || len < size - 2 || memcmp(body, between + 2, size - 2) != 0)
        return;
    for (const char *part = body + size - 2; part < end;) {
        const char *next = memmem(part, (apr_size_t)(end - part), between, size);
        if (!next)
            return;
        add_form_part(fields, part, (apr_size_t)(next - part));
        part = next + size;
    }
}

apr_array_header_t *sent_form_fields(const char *type, const char *body, apr_size_t len, int max,
                                     int *more, apr_pool_t *p)
{
    fields_t fields = {apr_array_make(p, 8, sizeof(sent_field_t)), max, 0, p};
    if (type_is(type, MULTIPART))
        add_multipart(&fields, type, body, len);
    else if (type_is(type, URLENCODED) && !memchr(body, '\0', len))
        add_urlencoded(&fields, body);
    *more = fields.more;
    return fields.list;
}
