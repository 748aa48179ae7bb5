/* SPDX-License-Identifier: Apache-2.0 */
#include "web/form.h"
#include "base/hex.h"

#include <apr_strings.h>
#include <stdbool.h>
#include <string.h>

/* Decodes in place. */
static bool form_decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in != '%') {
            *out++ = *in == '+' ? ' ' : *in;
            continue;
        }
        const int high = hex_digit(in[1]);
        const int low = high < 0 ? -1 : hex_digit(in[2]);
        if (low < 0 || high + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        in += 2;
    }
    *out = '\0';
    return true;
}

/* `*left_out`: something of the text is not in the table. */
static apr_table_t *parse(const char *text, bool *left_out, apr_pool_t *p)
{
    apr_table_t *fields = apr_table_make(p, 8);
    char *next = text ? apr_pstrdup(p, text) : NULL;

    for (int i = 0; next && i < FORM_FIELDS_MAX; i++) {
        char *name = next;
        next = strchr(name, '&');
        if (next)
            *next++ = '\0';
        char *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        else
            value = name + strlen(name);
        if (*name && form_decode(name) && form_decode(value) && !apr_table_get(fields, name))
            apr_table_setn(fields, name, value);
        else
            *left_out = true;
    }
    *left_out = *left_out || next;
    return fields;
}

apr_table_t *form_parse(const char *text, apr_pool_t *p)
{
    bool left_out = false;
    return parse(text, &left_out, p);
}

bool form_leaves_out(const char *text, apr_pool_t *p)
{
    bool left_out = false;
    parse(text, &left_out, p);
    return left_out;
}
