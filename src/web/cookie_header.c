/* SPDX-License-Identifier: Apache-2.0 */
#include "web/cookie_header.h"

#include <apr_strings.h>
#include <string.h>

/* Two Cookie lines reach us joined by a comma, so that it divides too. A value of somebody else's
 * may hold one, which does no harm: what is not ours is copied as it came, dividers included. */
#define DIVIDERS ";,"

/* Neither of these passes the end of a cookie: a divider or the header's end is no space, and no
 * part of a name. */
static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* Behind `name`, NULL where something else stands there. */
static const char *skip_name(const char *at, const char *name)
{
    apr_size_t i = 0;
    for (; name[i]; i++)
        if (at[i] != name[i])
            return NULL;
    return at + i;
}

/* Which of `wanted` stands in [at, end)? `*value` is what follows its '=', or `end`. The
 * beginning of all their names is looked at once: most cookies of others have another one. */
static cookie_t *which(cookie_t wanted[], int count, const char *at, const char *end,
                       const char **value)
{
    const char *start = skip_space(at), *behind = skip_name(start, wanted[0].name);
    for (int i = 0; behind && i < count; i++) {
        const char *after = skip_name(behind, wanted[i].name + (behind - start));
        if (!after)
            continue;
        after = skip_space(after);
        if (after < end && *after != '=')
            continue;
        *value = after < end ? skip_space(after + 1) : end;
        return &wanted[i];
    }
    return NULL;
}

static void note(cookie_t *cookie, const char *value, const char *end)
{
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    cookie->value = cookie->times++ ? (cookie_value_t){NULL, 0}
                                    : (cookie_value_t){value, (apr_size_t)(end - value)};
}

/* Most requests bring our cookies and no others: then nothing is copied. */
const char *cookie_header_take(const char *header, cookie_t wanted[], int count, apr_pool_t *p)
{
    char *kept = NULL, *out = NULL;
    const char *run = header; /* what is kept and not copied yet */

    const bool commas = strchr(header, ',') != NULL;
    for (const char *at = header;;) {
        const char *value, *end = commas ? at + strcspn(at, DIVIDERS) : strchrnul(at, ';');
        cookie_t *cookie = which(wanted, count, at, end, &value);
        if (cookie) {
            note(cookie, value, end);
            if (at > run) {
                if (!kept)
                    out = kept = apr_palloc(p, strlen(header) + 1);
                out = (char *)memcpy(out, run, (apr_size_t)(at - run)) + (at - run);
            }
            run = *end ? end + 1 : end;
        }
        if (!*end)
            break;
        at = end + 1;
    }
    if (run == header)
        return header;
    if (!kept)
        out = kept = *run ? apr_pstrdup(p, run) : NULL;
    else
        memcpy(out, run, strlen(run) + 1);
    if (!kept)
        return NULL;

    kept += strspn(kept, " \t" DIVIDERS);
    out += strlen(out);
    while (out > kept && strchr(" \t" DIVIDERS, out[-1]))
        *--out = '\0';
    return *kept ? kept : NULL;
}

bool cookie_header_sets(const char *line, const char *name)
{
    line += strspn(line, " \t="); /* browsers send what "=name=value" sets as "name=value" */
    const char *end = line + strcspn(line, "=;");
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return strlen(name) == (apr_size_t)(end - line) &&
           memcmp(line, name, (apr_size_t)(end - line)) == 0;
}
