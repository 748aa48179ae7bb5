/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/show.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/unicode.h"

#define COLUMNS_MAX 12

/* ---- on stderr ------------------------------------------------------------------------------- */

ctl_end_t ctl_fail(ctl_end_t end, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("mpinctl: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    return end;
}

ctl_end_t ctl_fail_store(store_status_t status, const char *what)
{
    switch (status) {
    case STORE_OK:
        return CTL_DONE;
    case STORE_MISSING:
        return ctl_fail(CTL_NOT_DONE, "there is no %s", what);
    case STORE_EXISTS:
    case STORE_CHANGED:
        return ctl_fail(CTL_NOT_DONE, "%s changed meanwhile: try again", what);
    case STORE_FULL:
        return ctl_fail(CTL_UNABLE, "the store is full: nothing was written");
    case STORE_DOWN:
        break;
    }
    return ctl_fail(CTL_UNABLE, "the store can't be used: the lines before this one say why");
}

/* ---- values ---------------------------------------------------------------------------------- */

json_t *show_time(uint32_t seconds)
{
    const time_t when = (time_t)seconds;
    struct tm parts;
    char text[32];
    if (!seconds || !gmtime_r(&when, &parts))
        return json_null();
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return json_string(text);
}

json_t *show_rows(const ctl_t *ctl)
{
    return json_tie(ctl->p, json_array());
}

/* Bytes of the character that begins here; 0: it is none that is shown. Joiners are in the words of some
 * scripts. */
static apr_size_t shown_bytes(const char *text)
{
    const int code = unicode_code(text);
    return code == 0x200c || code == 0x200d ? 3 : unicode_readable(text);
}

const char *show_plain(const char *text, apr_pool_t *p)
{
    char *plain = apr_pstrdup(p, text), *to = plain;
    for (const char *from = plain; *from;) {
        const apr_size_t len = shown_bytes(from);
        memmove(to, from, len);
        to += len;
        from += len ? len : 1;
        if (!len) {
            *to++ = '?';
            while (((unsigned char)*from & 0xc0) == 0x80)
                from++;
        }
    }
    *to = '\0';
    return plain;
}

static const char *text_of_list(const json_t *list, apr_pool_t *p)
{
    const char *text = "";
    apr_size_t i;
    json_t *value;
    json_array_foreach(list, i, value)
    {
        if (json_is_string(value))
            text = apr_pstrcat(p, text, *text ? ", " : "", json_string_value(value), NULL);
    }
    return text;
}

static const char *cell_text(const json_t *value, apr_pool_t *p)
{
    if (json_is_string(value) && *json_string_value(value))
        return show_plain(json_string_value(value), p);
    if (json_is_integer(value))
        return apr_psprintf(p, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (json_is_array(value) && json_array_size(value))
        return show_plain(text_of_list(value, p), p);
    return "-";
}

/* Characters, as far as a terminal counts them. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void show_cell(const char *text, int width, bool last)
{
    fputs(text, stdout);
    for (int i = width_of(text); !last && i < width + 2; i++)
        putchar(' ');
    if (last)
        putchar('\n');
}

static void measure(const json_t *rows, const column_t *columns, int *width, apr_pool_t *p)
{
    apr_size_t i;
    json_t *row;
    for (int c = 0; columns[c].key; c++)
        width[c] = width_of(columns[c].title);
    json_array_foreach(rows, i, row)
    {
        for (int c = 0; columns[c].key; c++) {
            const int its = width_of(cell_text(json_object_get(row, columns[c].key), p));
            width[c] = its > width[c] ? its : width[c];
        }
    }
}

void show_table(const ctl_t *ctl, const json_t *rows, const column_t *columns, const char *none)
{
    int width[COLUMNS_MAX];
    apr_size_t i;
    json_t *row;
    if (show_json(ctl, rows))
        return;
    if (!json_array_size(rows)) {
        puts(none);
        return;
    }
    measure(rows, columns, width, ctl->p);
    for (int c = 0; columns[c].key; c++)
        show_cell(columns[c].title, width[c], !columns[c + 1].key);
    json_array_foreach(rows, i, row)
    {
        for (int c = 0; columns[c].key; c++)
            show_cell(cell_text(json_object_get(row, columns[c].key), ctl->p), width[c],
                      !columns[c + 1].key);
    }
}

void show_fields(const ctl_t *ctl, const json_t *object, const column_t *columns)
{
    int width = 0;
    if (show_json(ctl, object))
        return;
    for (int c = 0; columns[c].key; c++)
        if (width_of(columns[c].title) > width)
            width = width_of(columns[c].title);
    for (int c = 0; columns[c].key; c++) {
        show_cell(columns[c].title, width, false);
        show_cell(cell_text(json_object_get(object, columns[c].key), ctl->p), 0, true);
    }
}

void show_heading(const ctl_t *ctl, const char *text)
{
    if (!ctl_given(ctl, OPTION_JSON))
        printf("\n%s\n", text);
}

bool show_json(const ctl_t *ctl, const json_t *whole)
{
    if (!ctl_given(ctl, OPTION_JSON))
        return false;
    json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
    return true;
}

ctl_end_t show_done(const ctl_t *ctl, const char *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = apr_pvsprintf(ctl->p, format, args);
    va_end(args);
    if (!show_json(ctl, json_tie(ctl->p, json_pack("{s:s, s:s}", "done", event, "text", text))))
        puts(text);
    return CTL_DONE;
}
