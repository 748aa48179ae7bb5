/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"

#include <apr_strings.h>
#include <string.h>

#define LOCAL_PART_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define LABEL_MAX 63      /* RFC 1035, 2.3.4 */

static bool name_byte(unsigned char c)
{
    return c > ' ' && c < 0x7f && !strchr(",;:\"\\<>{}", c);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

const char *name_canonical(const char *raw, apr_pool_t *p)
{
    while (blank(*raw))
        raw++;

    apr_size_t len = 0;
    while (len <= NAME_MAX_BYTES && name_byte((unsigned char)raw[len]))
        len++;
    if (len == 0 || len > NAME_MAX_BYTES)
        return NULL;

    const char *rest = raw + len;
    while (blank(*rest))
        rest++;
    if (*rest)
        return NULL;

    char *name = apr_pstrmemdup(p, raw, len);
    if (strchr(name, '@'))
        lower(name);
    return name;
}

const char *name_folded(const char *name, apr_pool_t *p)
{
    char *folded = apr_pstrdup(p, name);
    lower(folded);
    return folded;
}

const char *name_of_site(name_case_t names, const char *raw, apr_pool_t *p)
{
    const char *name = name_canonical(raw, p);
    return name && names == NAMES_LOWER ? name_folded(name, p) : name;
}

/* strspn would fill such a table each time, and every request comes by here. */
static const bool label_bytes[256] = {
    ['-'] = true, ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
    ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['a'] = true,
    ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true,
    ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true,
    ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true,
    ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true,
    ['z'] = true};

/* Where a label ends: letters, digits and inner hyphens (RFC 5321, 4.1.2: a domain literal or an
 * underscore is no domain). NULL: it is none. */
static const char *label_end(const char *label)
{
    const char *end = label;
    while (label_bytes[(unsigned char)*end])
        end++;
    return end > label && end - label <= LABEL_MAX && *label != '-' && end[-1] != '-' ? end : NULL;
}

const char *name_domain(const char *name)
{
    const char *at = strchr(name, '@');
    if (!at || at == name || at - name > LOCAL_PART_MAX)
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
    return apr_psprintf(p, "%.1s***%s%s", name, domain ? "@" : "", domain ? domain : "");
}
