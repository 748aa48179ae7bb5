/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/phone_number.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define SHOWN_BEFORE 3 /* "+49" */
#define SHOWN_AFTER 3

static bool is_number(const char *text, int least, int most)
{
    const int len = (int)strnlen(text, (size_t)most + 2);
    return *text == '+' && text[1] != '0' && len > least && len <= most + 1 &&
           strspn(text + 1, "0123456789") == (size_t)len - 1;
}

/* Bytes of what only parts digits, at the start of `text`: also the "(0)" that is dialled at home and
 * nowhere else, and the spaces, dashes and marks of direction that address books put there. */
static size_t separator_length(const char *text)
{
    static const char *const longer[] = {"(0)", "\xc2\xa0", "\xe2\x80", "\xe2\x81", NULL};
    for (const char *const *each = longer; *each; each++)
        if (strncmp(text, *each, strlen(*each)) == 0)
            return **each == '\xe2' ? strnlen(text, 3) : strlen(*each);
    return strchr(" -./()", *text) ? 1 : 0;
}

bool phone_read(const char *typed, char number[PHONE_SIZE])
{
    int len = 0;
    while (typed && *typed) {
        const size_t apart = separator_length(typed);
        if (apart) {
            typed += apart;
            continue;
        }
        if (len == PHONE_SIZE - 1)
            return false;
        number[len++] = *typed++;
    }
    number[len] = '\0';
    return is_number(number, PHONE_DIGITS_MIN, PHONE_DIGITS_MAX);
}

bool phone_is_prefix(const char *word)
{
    return is_number(word, 1, 4);
}

bool phone_is_in(const char *number, const apr_array_header_t *countries)
{
    for (int i = 0; countries && i < countries->nelts; i++) {
        const char *prefix = APR_ARRAY_IDX(countries, i, const char *);
        if (strncmp(number, prefix, strlen(prefix)) == 0)
            return true;
    }
    return !countries;
}

const char *phone_masked(const char *number, apr_pool_t *p)
{
    const size_t len = strlen(number);
    if (len < SHOWN_BEFORE + SHOWN_AFTER)
        return "…";
    return apr_pstrcat(p, apr_pstrmemdup(p, number, SHOWN_BEFORE), " … ",
                       number + len - SHOWN_AFTER, NULL);
}
