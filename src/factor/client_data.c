/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/client_data.h"

#include "base/json.h"

/* Absent it is false; true for a value that is no boolean, too. */
static bool is_crossed(const json_t *json)
{
    const json_t *value = json_object_get(json, "crossOrigin");
    return value && !json_is_false(value);
}

/* A text that is too long to be looked at is there all the same. */
static const char *top_of(const json_t *json)
{
    const char *text = json_text(json, "topOrigin", CLIENT_TEXT_MAX);
    return text ? text : json_object_get(json, "topOrigin") ? "?" : NULL;
}

bool client_data_read(const void *bytes, apr_size_t len, client_data_t *data, apr_pool_t *p)
{
    const json_t *json = len <= CLIENT_DATA_MAX ? json_read(p, bytes, len) : NULL;
    *data = (client_data_t){.type = json_text(json, "type", CLIENT_TEXT_MAX),
                            .challenge = json_text(json, "challenge", CLIENT_TEXT_MAX),
                            .origin = json_text(json, "origin", CLIENT_TEXT_MAX),
                            .cross_origin = is_crossed(json),
                            .top_origin = top_of(json)};
    return json && data->type && data->challenge && data->origin;
}
