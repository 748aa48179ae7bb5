/* SPDX-License-Identifier: Apache-2.0 */
#include "web/body.h"
#include "base/json.h"
#include "web/form.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain"
#define FORM_TYPE "application/x-www-form-urlencoded"

typedef struct text_t {
    char *bytes; /* ends with a NUL that `len` does not count */
    apr_size_t len;
} text_t;

/* At most `limit` bytes, whatever the client announces. */
static result_t *body_read_text(request_rec *r, apr_size_t limit, text_t *text)
{
    text->bytes = apr_palloc(r->pool, limit + 2);
    text->bytes[0] = '\0';
    text->len = 0;

    const int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);
    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        return result_error(r->pool, status, "body_too_large", "the body is too large");
    if (status != OK)
        return result_error(r->pool, HTTP_BAD_REQUEST, "body_truncated", "the body cannot be read");
    if (r->remaining > (apr_off_t)limit)
        return result_error(r->pool, HTTP_REQUEST_ENTITY_TOO_LARGE, "body_too_large",
                            "the body is too large");
    if (!ap_should_client_block(r))
        return NULL;

    while (text->len <= limit) {
        const long got = ap_get_client_block(r, text->bytes + text->len, limit + 1 - text->len);
        if (got < 0)
            return result_error(r->pool, HTTP_BAD_REQUEST, "body_truncated",
                                "the body ended early");
        if (got == 0)
            break;
        text->len += (apr_size_t)got;
    }
    text->bytes[text->len] = '\0';
    if (text->len > limit)
        return result_error(r->pool, HTTP_REQUEST_ENTITY_TOO_LARGE, "body_too_large",
                            "the body is too large");
    return NULL;
}

result_t *body_read_bytes(request_rec *r, apr_size_t limit, const char **bytes, apr_size_t *len)
{
    text_t text;
    result_t *refusal = body_read_text(r, limit, &text);
    *bytes = text.bytes;
    *len = text.len;
    return refusal;
}

/* The media type without its parameters. */
static bool is_type(const request_rec *r, const char *type)
{
    const char *value = apr_table_get(r->headers_in, "Content-Type");
    const apr_size_t len = strlen(type);
    return value && strncasecmp(value, type, len) == 0 && strchr("; \t", value[len]) != NULL;
}

/* Milagro's mobile app sends its JSON as the text that a browser makes of a string. Any page of the
 * web may send such a body, too: what keeps those out is the origin policy. */
static bool is_type_of_json(const request_rec *r)
{
    return is_type(r, JSON_TYPE) || is_type(r, TEXT_TYPE);
}

/* Milagro's relying parties and servers send theirs under any name; they are no browsers, which was
 * seen to. */
static result_t *check_type(const request_rec *r, bool form)
{
    const char *type = form ? FORM_TYPE : JSON_TYPE;
    if (form ? is_type(r, FORM_TYPE) : is_type_of_json(r))
        return NULL;
    return result_error(r->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, "content_type_refused",
                        apr_pstrcat(r->pool, "the body must be ", type, NULL));
}

static result_t *read_json(facts_t *facts, const route_t *route, const text_t *text)
{
    apr_pool_t *p = facts->r->pool;

    facts->body = text->len ? json_read(p, text->bytes, text->len) : json_tie(p, json_object());
    if (facts->body)
        return NULL;
    return result_error(p, route->malformed ? route->malformed : HTTP_BAD_REQUEST, "body_not_json",
                        "the body is not one JSON object");
}

static result_t *read_form(facts_t *facts, const text_t *text)
{
    facts->form = form_parse(text->bytes, facts->r->pool);
    return NULL;
}

static bool is_form(const request_rec *r, const route_t *route, const text_t *text)
{
    return route->body == BODY_FORM ||
           (route->body == BODY_FORM_OR_JSON && !(text->len && is_type_of_json(r)));
}

result_t *body_read(facts_t *facts, const route_t *route)
{
    text_t text;
    if (route->body == BODY_NONE)
        return NULL;

    result_t *refusal = body_read_text(facts->r, route->limit, &text);
    if (refusal)
        return refusal;
    const bool form = is_form(facts->r, route, &text);
    if (text.len && !audience_is_a_machine(route->audience))
        refusal = check_type(facts->r, form);
    if (refusal)
        return refusal;
    if (form)
        return read_form(facts, &text);
    facts->form = apr_table_make(facts->r->pool, 0);
    if (route->body != BODY_TEXT)
        return read_json(facts, route, &text);
    facts->text = text.bytes;
    facts->text_len = text.len;
    return NULL;
}
