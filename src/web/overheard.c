/* SPDX-License-Identifier: Apache-2.0 */
#include "web/overheard.h"

#include <apr_strings.h>
#include <stdbool.h>
#include <string.h>
#include <util_filter.h>

#define FILTER "MPIN_OVERHEARD"

static ap_filter_rec_t *listener;

typedef struct overheard_t {
    const trusted_login_t *login;
    apr_bucket_brigade *kept;
    apr_size_t len, max;
    bool whole;
} overheard_t;

/* Of what is too long only the length is of use. */
static apr_status_t overhear_bucket(overheard_t *overheard, apr_bucket *bucket)
{
    const char *data;
    apr_size_t len;
    const apr_status_t status = apr_bucket_read(bucket, &data, &len, APR_BLOCK_READ);
    if (status != APR_SUCCESS)
        return status;
    overheard->len += len;
    return overheard->len <= overheard->max
               ? apr_brigade_write(overheard->kept, NULL, NULL, data, len)
               : APR_SUCCESS;
}

static apr_status_t overhear(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                             apr_read_type_e block, apr_off_t bytes)
{
    overheard_t *overheard = filter->ctx;
    apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, bytes);
    if (status != APR_SUCCESS ||
        mode == AP_MODE_SPECULATIVE) /* what is only looked at comes again */
        return status;
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
         status == APR_SUCCESS && bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (APR_BUCKET_IS_EOS(bucket))
            overheard->whole = true;
        else if (!APR_BUCKET_IS_METADATA(bucket))
            status = overhear_bucket(overheard, bucket);
    }
    return status;
}

void overheard_register(void)
{
    listener = ap_register_input_filter(FILTER, overhear, NULL, AP_FTYPE_RESOURCE);
}

void overheard_begin(request_rec *r, const trusted_login_t *login, apr_size_t bytes_max)
{
    overheard_t *overheard = apr_pcalloc(r->pool, sizeof(*overheard));
    overheard->kept = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    overheard->login = login;
    overheard->max = bytes_max;
    request_of(r)->overheard = overheard;
    ap_add_input_filter_handle(listener, overheard, r, r->connection);
}

const trusted_login_t *overheard_login(const request_rec *r)
{
    const request_t *request = request_of(r);
    return request && request->overheard ? request->overheard->login : NULL;
}

const char *overheard_text(const request_rec *r)
{
    const overheard_t *overheard = request_of(r)->overheard;
    char *text = NULL;
    apr_size_t len = 0;
    if (!overheard || !overheard->whole || overheard->len > overheard->max ||
        apr_brigade_pflatten(overheard->kept, &text, &len, r->pool) != APR_SUCCESS)
        return NULL;
    return memchr(text, '\0', len) ? NULL : apr_pstrmemdup(r->pool, text, len);
}
