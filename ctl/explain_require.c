/* SPDX-License-Identifier: Apache-2.0 */
/* What Require lines make of a user (explain.h). */
#include "ctl/explain.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "session/demand.h"

typedef struct weighed_t {
    const char *name; /* NULL: nobody is signed in */
    uint32_t can;
    apr_pool_t *p;
} weighed_t;

static weighs_t turned(weighs_t weighs)
{
    return weighs == WEIGHS_YES ? WEIGHS_NO : weighs == WEIGHS_NO ? WEIGHS_YES : WEIGHS_MAYBE;
}

/* The words of a line, in which quotes keep a name with a space together. */
static const char *next_word(const char **rest, apr_pool_t *p)
{
    *rest += strspn(*rest, " \t");
    const char quote = **rest == '"' || **rest == '\'' ? *(*rest)++ : '\0';
    const apr_size_t len = quote ? strcspn(*rest, (char[]){quote, '\0'}) : strcspn(*rest, " \t");
    const char *word = apr_pstrmemdup(p, *rest, len);
    *rest += len + (quote && (*rest)[len]);
    return word;
}

static weighs_t weigh_amr(const weighed_t *weighed, const char *rest)
{
    while (*rest)
        if (demand_of_amr(session_amr_bit(next_word(&rest, weighed->p))) & weighed->can)
            return WEIGHS_YES;
    return WEIGHS_NO;
}

static weighs_t weigh_name(const weighed_t *weighed, const char *rest)
{
    while (*rest)
        if (weighed->name && !strcmp(next_word(&rest, weighed->p), weighed->name))
            return WEIGHS_YES;
        else if (!weighed->name)
            break;
    return WEIGHS_NO;
}

static weighs_t weigh_line(const weighed_t *weighed, const char *line)
{
    const char *rest = line, *kind = next_word(&rest, weighed->p);
    rest += strspn(rest, " \t");
    if (!strcasecmp(kind, "all"))
        return strcasecmp(rest, "granted") ? WEIGHS_NO : WEIGHS_YES;
    if (!strcasecmp(kind, "valid-user") || !strcasecmp(kind, "mpin-max-age"))
        return weighed->name ? WEIGHS_YES : WEIGHS_NO;
    if (!strcasecmp(kind, "user"))
        return weigh_name(weighed, rest);
    if (!strcasecmp(kind, "mpin-amr"))
        return weighed->name ? weigh_amr(weighed, rest) : WEIGHS_NO;
    return WEIGHS_MAYBE;
}

static const char *container(const json_t *require, const json_t **list)
{
    static const char *const kinds[] = {"all", "any", "none"};
    for (int i = 0; i < 3; i++)
        if ((*list = json_object_get(require, kinds[i])))
            return kinds[i];
    return NULL;
}

static weighs_t weigh_one(const weighed_t *weighed, const json_t *require)
{
    const json_t *list;
    const char *kind = container(require, &list);
    if (!kind) {
        const char *line = json_string_value(json_object_get(require, "line"));
        const weighs_t weighs = weigh_line(weighed, line ? line : "");
        return json_is_true(json_object_get(require, "not")) ? turned(weighs) : weighs;
    }
    const bool all = !strcmp(kind, "all");
    weighs_t found = all ? WEIGHS_YES : WEIGHS_NO;
    apr_size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        const weighs_t one = weigh_one(weighed, each);
        if (all ? one < found : one > found)
            found = one;
    }
    return strcmp(kind, "none") ? found : turned(found);
}

weighs_t explain_weigh(const json_t *require, const char *name, uint32_t can, apr_pool_t *p)
{
    const weighed_t weighed = {name, can, p};
    return weigh_one(&weighed, require);
}

bool explain_is_open(const json_t *require)
{
    apr_pool_t *scratch;
    if (apr_pool_create(&scratch, NULL))
        return false;
    const weighed_t stranger = {NULL, 0, scratch};
    const bool open = weigh_one(&stranger, require) == WEIGHS_YES;
    apr_pool_destroy(scratch);
    return open;
}

const char *explain_require_text(const json_t *require, apr_pool_t *p)
{
    const json_t *list;
    const char *kind = container(require, &list);
    if (!kind)
        return apr_pstrcat(p, json_is_true(json_object_get(require, "not")) ? "not " : "",
                           json_string_value(json_object_get(require, "line")), NULL);
    if (json_array_size(list) == 1 && strcmp(kind, "none"))
        return explain_require_text(json_array_get(list, 0), p);
    const char *text = "";
    apr_size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        text = apr_pstrcat(p, text, *text ? ", " : "", explain_require_text(each, p), NULL);
    }
    return apr_pstrcat(p, kind, " of (", text, ")", NULL);
}
