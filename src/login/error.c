/* SPDX-License-Identifier: Apache-2.0 */
/* The error page, for a refusal of ours. */
#include "login/login.h"
#include "login/page.h"
#include "login/way.h"
#include "notice/texts.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

/* error.<code>.title, .text, .button where the catalogue has them; else error.<status>.*. */
static const char *text_for(const page_values_t *page, const result_t *result, const char *part)
{
    apr_pool_t *p = page->r->pool;
    const char *text =
        result->code ? page_text(page, apr_pstrcat(p, "error.", result->code, ".", part, NULL))
                     : NULL;
    return text ? text : page_text(page, apr_psprintf(p, "error.%d.%s", result->status, part));
}

/* A text may name the site's right address. */
static const char *with_address(const char *text, const site_t *site, apr_pool_t *p)
{
    static const char name[] = "{site_url}";
    const char *at = text ? strstr(text, name) : NULL;
    return at ? apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(at - text)), site->url.text,
                            at + strlen(name), NULL)
              : text;
}

static const char *clock_text(apr_time_t now, apr_pool_t *p)
{
    apr_time_exp_t utc;
    apr_time_exp_gmt(&utc, now);
    return apr_psprintf(p, "%02d:%02d UTC", utc.tm_hour, utc.tm_min);
}

static bool is_code(const result_t *result, const char *code)
{
    return result->code && strcmp(result->code, code) == 0;
}

static const char *onward_from(const request_rec *r, const result_t *result)
{
    const request_t *request = request_of(r);
    if (request->again)
        return request->again;
    return result->status == HTTP_FORBIDDEN && !is_code(result, "origin_refused")
               ? request->site->after_login
               : request->site->paths[PATH_LOGIN];
}

/* The page shows the request's id, by which it is found in both logs. */
static void note_page(request_rec *r, const result_t *result)
{
    result_t told = *result;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "MPIN1020: a page says %d %s", result->status,
                  result->code ? result->code : "");
    if (result->event)
        return; /* it is in the audit log by that */
    told.event = "page_refused";
    answer_audit(r, &told);
}

int login_error_page(request_rec *r, const result_t *result)
{
    note_page(r, result);
    page_values_t page = page_begin(r, request_of(r)->site);
    const char *unique = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    page_set(&page, "status", apr_itoa(r->pool, result->status));
    page_set(&page, "error_title", text_for(&page, result, "title"));
    page_set(&page, "heading", apr_table_get(page.values, "error_title"));
    page_set(&page, "error_text",
             with_address(text_for(&page, result, "text"), request_of(r)->site, r->pool));
    page_set(&page, "error_button", text_for(&page, result, "button"));
    page_set(&page, "error_href", onward_from(r, result));
    page_answers_form(&page, onward_from(r, result));
    if (is_code(result, "origin_refused")) /* a browser without script is shown the right one */
        page_set(&page, "misplaced", "1");
    if (is_code(result, "not_authorized")) {
        const way_t way = way_of_refused(r, &demand_any, false);
        page_set(&page, "not_yours", "1");
        page_set(&page, "switch_href", way_switch(r, &way));
        if (way.target)
            page_answers_form(&page, way.target);
    }
    page_set(&page, "error_code", result_id(result->code));
    const char *when = clock_text(r->request_time, r->pool);
    page_set(&page, "error_time", texts_apart(when, page.lang, r->pool));
    page_set(&page, "request_id", unique ? unique : r->log_id);
    if (result->retry_after)
        apr_table_setn(r->err_headers_out, "Retry-After", apr_itoa(r->pool, result->retry_after));
    return page_answer(&page, result->status, "error");
}
