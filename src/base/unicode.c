/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unicode.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define CHARACTER_MAX 4 /* bytes */

static bool is_readable(utf8proc_int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    case UTF8PROC_CATEGORY_ZS:
        return character == ' ';
    default:
        return true;
    }
}

apr_size_t unicode_readable(const char *text)
{
    utf8proc_int32_t character;
    const utf8proc_ssize_t len = utf8proc_iterate(
        (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, CHARACTER_MAX), &character);
    return len > 0 && is_readable(character) ? (apr_size_t)len : 0;
}

/* Joiners are in the words of some scripts, and in pictures of people at their computers. */
static bool is_printable(utf8proc_int32_t character)
{
    return is_readable(character) || character == 0x200c || character == 0x200d ||
           utf8proc_category(character) == UTF8PROC_CATEGORY_ZS;
}

int unicode_code(const char *text)
{
    utf8proc_int32_t character;
    const utf8proc_ssize_t len = utf8proc_iterate(
        (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, CHARACTER_MAX), &character);
    return len > 0 ? character : -1;
}

int unicode_printable_length(const char *text)
{
    int count = 0;
    for (utf8proc_ssize_t len; *text; text += len, count++) {
        utf8proc_int32_t character;
        len = utf8proc_iterate((const utf8proc_uint8_t *)text,
                               (utf8proc_ssize_t)strnlen(text, CHARACTER_MAX), &character);
        if (len <= 0 || !is_printable(character))
            return -1;
    }
    return count;
}

/* NULL: no UTF-8, or memory is out. */
static const char *mapped(const char *text, utf8proc_option_t options, apr_pool_t *p)
{
    utf8proc_uint8_t *bytes = NULL;
    if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &bytes,
                     options | UTF8PROC_NULLTERM | UTF8PROC_STABLE) < 0)
        return NULL;
    const char *result = apr_pstrdup(p, (const char *)bytes);
    free(bytes);
    return result;
}

const char *unicode_composed(const char *text, apr_pool_t *p)
{
    return mapped(text, UTF8PROC_COMPOSE, p);
}

static const char *lower_ascii(const char *text, apr_pool_t *p)
{
    char *lower = apr_pstrdup(p, text);
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return lower;
}

const char *unicode_lower(const char *text, apr_pool_t *p)
{
    const apr_size_t len = strlen(text);
    utf8proc_uint8_t *lower = apr_palloc(p, CHARACTER_MAX * len + 1), *next = lower;
    for (const char *c = text; *c;) {
        utf8proc_int32_t character;
        const utf8proc_ssize_t bytes = utf8proc_iterate(
            (const utf8proc_uint8_t *)c, (utf8proc_ssize_t)strnlen(c, CHARACTER_MAX), &character);
        if (bytes <= 0)
            return lower_ascii(text, p);
        next += utf8proc_encode_char(utf8proc_tolower(character), next);
        c += bytes;
    }
    *next = '\0';
    return (const char *)lower;
}

const char *unicode_folded(const char *text, apr_pool_t *p)
{
    const char *folded = mapped(text, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, p);
    return folded ? folded : lower_ascii(text, p);
}

const char *unicode_reduced(const char *text, apr_size_t max, apr_pool_t *p)
{
    const char *plain = mapped(text, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK, p);
    char *reduced = apr_pcalloc(p, max + 1);
    apr_size_t len = 0;
    for (const char *c = plain ? plain : text; *c && len < max; c++)
        if (apr_isascii(*c) && (apr_isalnum(*c) || strchr(" _-", *c)))
            reduced[len++] = *c;
    return reduced;
}
