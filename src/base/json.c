/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <apr_strings.h>
#include <string.h>

#define DEPTH_MAX 16

/* jansson's own limit is 2048 levels and fixed: what is deeper than ours never reaches it. Brackets
 * inside strings don't count; where the text is no JSON the count may be off, and jansson refuses
 * it. */
static bool is_shallow(const char *text, apr_size_t len)
{
    int depth = 0;
    bool quoted = false;

    for (apr_size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return false;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
    }
    return true;
}

static apr_status_t drop_json(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

json_t *json_tie(apr_pool_t *p, json_t *value)
{
    apr_pool_cleanup_register(p, value, drop_json, apr_pool_cleanup_null);
    return value;
}

/* jansson seeds its hash from the system's generator at the first object, safely among threads, so
 * that nobody can choose keys that collide. */
json_t *json_read(apr_pool_t *p, const char *text, apr_size_t len)
{
    if (!is_shallow(text, len))
        return NULL;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        return NULL;
    json_tie(p, value);
    return json_is_object(value) ? value : NULL;
}

const char *json_write(apr_pool_t *p, const json_t *value)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    char usual[1024]; /* most values fit, and walking over one twice costs as much again */
    size_t len = json_dumpb(value, usual, sizeof usual, flags);
    if (len <= sizeof usual)
        return apr_pstrmemdup(p, usual, len);
    char *text = apr_palloc(p, len + 1);
    json_dumpb(value, text, len, flags);
    text[len] = '\0';
    return text;
}

const char *json_text(const json_t *object, const char *key, apr_size_t max)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) && json_string_length(value) <= max ? json_string_value(value)
                                                                     : NULL;
}

bool json_flag(const json_t *object, const char *key, bool *flag)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return true;
    if (json_is_boolean(value)) {
        *flag = json_is_true(value);
        return true;
    }
    if (!json_is_digit(value, 0) && !json_is_digit(value, 1))
        return false;
    *flag = json_is_digit(value, 1);
    return true;
}

bool json_is_digit(const json_t *value, int digit)
{
    if (json_is_integer(value))
        return json_integer_value(value) == digit;
    const char text[] = {(char)('0' + digit), '\0'};
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

void json_set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : NULL; /* NULL too for what is not UTF-8 */
    json_object_set_new(object, key, value ? value : json_null());
}
