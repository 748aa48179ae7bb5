#include "people/name.h"

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

/* Letters, digits and inner hyphens (RFC 5321, 4.1.2: a domain literal or an underscore is no
 * domain). */
static bool label_fits(const char *label, apr_size_t len)
{
    static const char label_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    return len > 0 && len <= LABEL_MAX && strspn(label, label_bytes) >= len && label[0] != '-' &&
           label[len - 1] != '-';
}

const char *name_domain(const char *name)
{
    const char *at = strchr(name, '@');
    if (!at || at == name || at - name > LOCAL_PART_MAX)
        return NULL;
    for (const char *label = at + 1;;) {
        apr_size_t len = strcspn(label, ".");
        if (!label_fits(label, len))
            return NULL;
        if (!label[len])
            return at + 1;
        label += len + 1;
    }
}

const char *name_masked(const char *name, apr_pool_t *p)
{
    const char *domain = name_domain(name);
    return apr_psprintf(p, "%.1s***%s%s", name, domain ? "@" : "", domain ? domain : "");
}
