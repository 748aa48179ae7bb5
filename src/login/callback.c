/* SPDX-License-Identifier: Apache-2.0 */
#include "login/callback.h"

#include <apr_strings.h>
#include <string.h>
#include <util_filter.h>

#include "web/request.h"

#define FILTER "MPIN_CALLBACK"

static ap_filter_rec_t *replacer;

static void lead_to_failure(request_rec *r, const trusted_login_t *login)
{
    const char *begin = request_of(r)->site->paths[PATH_LOGIN];
    r->status = HTTP_SEE_OTHER;
    r->status_line = NULL;
    apr_table_unset(r->headers_out, "Content-Length");
    apr_table_setn(r->headers_out, "Location",
                   apr_pstrcat(r->pool, begin, "/with/", login->set->name, "?failed=1", NULL));
}

static apr_status_t replace_page(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    if (r->status == HTTP_OK)
        lead_to_failure(r, filter->ctx);
    if (r->status != HTTP_SEE_OTHER) {
        ap_remove_output_filter(filter);
        return ap_pass_brigade(filter->next, brigade);
    }
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade), *next;
         bucket != APR_BRIGADE_SENTINEL(brigade); bucket = next) {
        next = APR_BUCKET_NEXT(bucket);
        if (!APR_BUCKET_IS_METADATA(bucket))
            apr_bucket_delete(bucket);
    }
    return ap_pass_brigade(filter->next, brigade);
}

void callback_register(void)
{
    replacer = ap_register_output_filter(FILTER, replace_page, NULL, AP_FTYPE_RESOURCE);
}

/* In the query, or in a form (response_mode form_post). */
static bool may_lead_on(const request_rec *r)
{
    return r->args ? trusted_login_leads_on(r->args) : r->method_number == M_POST;
}

void callback_await(request_rec *r, const trusted_login_t *login)
{
    const char *callback = login->set->callback;
    const bool at_callback = callback && strcmp(r->uri, callback) == 0;
    if (!r->main && at_callback && may_lead_on(r))
        ap_add_output_filter_handle(replacer, (void *)(apr_uintptr_t)login, r, r->connection);
}
