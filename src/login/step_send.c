/* SPDX-License-Identifier: Apache-2.0 */
#include "login/step_send.h"

#include <apr_strings.h>
#include <httpd.h>
#include <string.h>

void send_show(page_values_t *page, const turn_t *turn)
{
    const kind_ops_t *ops = kind_ops(turn->factor->kind);
    int again = 0;
    if (!ops || !ops->is_sent)
        return;
    const bool live = ops->is_sent(turn, &again);
    page_set(page, "sends", "1");
    page_set(page, "unsent", live ? "" : "1");
    page_set(page, "again", again ? apr_itoa(turn->p, again) : "");
}

static const char *refusal_text(const page_values_t *page, const result_t *refusal)
{
    return page_text(page, apr_pstrcat(page->r->pool, "sent.", refusal->code, NULL));
}

bool send_is_told(const page_values_t *page, const result_t *refusal)
{
    return strcmp(refusal->code, "code_wrong") == 0 || strcmp(refusal->code, "throttled") == 0 ||
           refusal_text(page, refusal);
}

void send_show_refusal(page_values_t *page, const result_t *refusal)
{
    request_rec *r = page->r;
    const char *seconds = apr_itoa(r->pool, refusal->retry_after);
    if (refusal->retry_after)
        apr_table_setn(r->err_headers_out, "Retry-After", seconds);
    if (strcmp(refusal->code, "throttled") == 0)
        page_set(page, "throttled", seconds);
    else if (strcmp(refusal->code, "code_wrong") == 0)
        page_set(page, "code_wrong", "1");
    else
        page_set(page, "refused", refusal_text(page, refusal));
}

result_t *send_now(const turn_t *turn)
{
    const kind_ops_t *ops = kind_ops(turn->factor->kind);
    return ops && ops->send ? ops->send(turn)
                            : result_error(turn->p, HTTP_NOT_FOUND, "not_found",
                                           "nothing is sent for this step");
}
