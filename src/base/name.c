/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "base/unicode.h"

#define LOCAL_PART_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define LABEL_MAX 63      /* RFC 1035, 2.3.4 */

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Bytes of the character that begins here, where a name may have it; else 0. */
static apr_size_t name_character(name_rules_t rules, const char *text)
{
    const unsigned char c = (unsigned char)*text;
    if (rules & NAMES_UNICODE)
        return c && !strchr(":\"<>", c) ? unicode_readable(text) : 0;
    return c > ' ' && c < 0x7f && !strchr(",;:\"\\<>{}", c);
}

static const char *trimmed(const char *raw, apr_pool_t *p)
{
    while (blank(*raw))
        raw++;
    apr_size_t len = strlen(raw);
    while (len && blank(raw[len - 1]))
        len--;
    return apr_pstrmemdup(p, raw, len);
}

static const char *first_foreign(name_rules_t rules, const char *text)
{
    for (apr_size_t len; *text; text += len)
        if (!(len = name_character(rules, text)))
            return text;
    return NULL;
}

const char *name_of_site(name_rules_t rules, const char *raw, apr_pool_t *p)
{
    const char *name = trimmed(raw, p);
    if (first_foreign(rules, name))
        return NULL;
    if (rules & NAMES_UNICODE)
        name = unicode_composed(name, p);
    if (name && (rules & NAMES_LOWER || strchr(name, '@')))
        name = unicode_lower(name, p);
    return name && *name && strlen(name) <= NAME_MAX_BYTES ? name : NULL;
}

const char *name_canonical(const char *raw, apr_pool_t *p)
{
    return name_of_site(0, raw, p);
}

#define PROVIDER_MAX 32 /* bytes of its NAME */

const char *name_of_provider(name_rules_t rules, const char *raw, apr_pool_t *p)
{
    const char *subject = strchr(raw, ':');
    const apr_size_t len = subject ? (apr_size_t)(subject - raw) : 0;
    if (!len || len > PROVIDER_MAX || !subject[1] || strlen(raw) > NAME_MAX_BYTES)
        return NULL;
    for (const char *c = raw; c < subject; c++)
        if (!apr_isalnum(*c) && !strchr("-_", *c))
            return NULL;
    for (apr_size_t step; *subject; subject += step)
        if (!(step = *subject == ':' ? 1 : name_character(rules, subject)))
            return NULL;
    return apr_pstrdup(p, raw);
}

const char *name_here(name_rules_t rules, const char *raw, apr_pool_t *p)
{
    const char *name = name_of_site(rules, raw, p);
    return name ? name : name_of_provider(rules, raw, p);
}

const char *name_foreign(name_rules_t rules, const char *raw, apr_pool_t *p)
{
    const char *at = first_foreign(rules, trimmed(raw, p));
    const apr_size_t len = at ? unicode_readable(at) : 0;
    if (!at)
        return NULL;
    if (len)
        return apr_pstrmemdup(p, at, len);
    const int code = unicode_code(at);
    return code < 0x80 ? apr_psprintf(p, "\\x%02x", (unsigned char)*at)
                       : apr_psprintf(p, "U+%04X", (unsigned)code);
}

const char *name_folded(const char *name, apr_pool_t *p)
{
    return unicode_folded(name, p);
}

/* strspn would fill such tables each time, and every request comes by here. */
static const bool label_bytes[256] = {['-'] = true, ['0' ... '9'] = true, ['a' ... 'z'] = true};

/* With a ':' before it the name is a provider's, who says nothing of a mailbox. */
static const bool local_part_bytes[256] = {
    [1 ... '9'] = true, [';' ... '?'] = true, ['A' ... 255] = true};

/* The first byte that is none of these, which the NUL never is. */
static inline const char *first_beside(const bool these[256], const char *text)
{
    for (;; text += 4)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            if (!these[(unsigned char)text[i]])
                return text + i;
}

/* Where a label ends: letters, digits and inner hyphens (RFC 5321, 4.1.2: a domain literal or an
 * underscore is no domain). NULL: it is none. */
static const char *label_end(const char *label)
{
    const char *end = first_beside(label_bytes, label);
    return end > label && end - label <= LABEL_MAX && *label != '-' && end[-1] != '-' ? end : NULL;
}

const char *name_domain(const char *name)
{
    const char *at = first_beside(local_part_bytes, name);
    if (*at != '@' || at == name || at - name > LOCAL_PART_MAX)
        return NULL;
    for (const char *label = at + 1;;) {
        const char *end = label_end(label);
        if (!end || (*end && *end != '.'))
            return NULL;
        if (!*end)
            return at + 1;
        label = end + 1;
    }
}

const char *name_masked(const char *name, apr_pool_t *p)
{
    const char *domain = name_domain(name);
    const apr_size_t first = unicode_readable(name);
    return apr_psprintf(p, "%.*s***%s%s", (int)(first ? first : 1), name, domain ? "@" : "",
                        domain ? domain : "");
}
