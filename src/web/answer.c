/* SPDX-License-Identifier: Apache-2.0 */
#include "web/answer.h"
#include "base/json.h"
#include "web/coding.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* What every answer of ours carries. */
static void plain_headers(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    coding_keep(r);
}

void answer_page_headers(request_rec *r)
{
    plain_headers(r);
    apr_table_setn(r->headers_out, "Content-Security-Policy", request_of(r)->site->content_policy);
    apr_table_setn(r->headers_out, "X-Frame-Options", "DENY");
    apr_table_setn(r->headers_out, "Cross-Origin-Opener-Policy", "same-origin");
}

/* The page is shown in a frame of any other page, so it holds nothing but a way out of it. */
void answer_framed_page_headers(request_rec *r)
{
    const char *policy = request_of(r)->site->content_policy;
    const char *ban = strstr(policy, "; frame-ancestors");
    plain_headers(r);
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   ban ? apr_pstrmemdup(r->pool, policy, (apr_size_t)(ban - policy)) : policy);
}

/* {code, message, id} of a refusal, beside what the endpoint has to say. */
static const char *body_of(const result_t *result, apr_pool_t *p)
{
    json_t *body = result->json;
    if (!result->code)
        return body ? json_write(p, body) : result->text;
    if (!body)
        body = json_tie(p, json_object());
    json_object_set_new(body, "code", json_string(result->code));
    json_object_set_new(body, "message", json_string(result->message));
    json_object_set_new(body, "id", json_string(result_id(result->code)));
    return json_write(p, body);
}

int answer_json(request_rec *r, const result_t *result)
{
    const char *body = body_of(result, r->pool);

    plain_headers(r);
    if (result->retry_after)
        apr_table_setn(r->headers_out, "Retry-After", apr_itoa(r->pool, result->retry_after));
    r->status = result->status;
    if (body) {
        ap_set_content_type(r, "application/json");
        ap_set_content_length(r, (apr_off_t)strlen(body));
        ap_rputs(body, r);
    }
    if (result->event)
        answer_audit(r, result);
    return OK;
}

int answer_html(request_rec *r, int status, const char *html)
{
    r->status = status;
    ap_set_content_type(r, "text/html; charset=utf-8");
    coding_send(r, false, html, strlen(html));
    return OK;
}

int answer_html_packed(request_rec *r, int status, const char *html)
{
    apr_size_t len;
    const unsigned char *packed =
        coding_takes_gzip(r) ? coding_gzip(html, strlen(html), &len, r->pool) : NULL;
    if (!packed)
        return answer_html(r, status, html);
    r->status = status;
    ap_set_content_type(r, "text/html; charset=utf-8");
    coding_send(r, true, packed, len);
    return OK;
}

int answer_see_other(request_rec *r, const char *location)
{
    plain_headers(r);
    apr_table_setn(r->headers_out, "Location", location);
    r->status = HTTP_SEE_OTHER;
    return OK;
}

/* True where the header is there and is not `expected`. */
static bool differs(const request_rec *r, const char *name, const char *expected)
{
    const char *value = apr_table_get(r->headers_in, name);
    return value && strcmp(value, expected) != 0;
}

bool answer_is_for_library(const request_rec *r)
{
    static const char *const signs[] = {"X-Requested-With", "HX-Request", "Turbo-Frame", "X-PJAX"};
    for (apr_size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (apr_table_get(r->headers_in, signs[i]))
            return true;
    return false;
}

bool answer_wants_json(const request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    return answer_is_for_library(r) || differs(r, "Sec-Fetch-Mode", "navigate") ||
           differs(r, "Sec-Fetch-Dest", "document") || (accept && !ap_strcasestr(accept, "html"));
}
