/* SPDX-License-Identifier: Apache-2.0 */
/* The files that are built in: the PIN pad, styles, pictures. */
#include "login/login.h"
#include "web/answer.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "base/assets.h"

/* How long a browser may keep our files without asking again; then the ETag answers. */
#define ASSET_MAX_AGE "max-age=300"

/* "gzip" among the codings that the client takes, and not with q=0. */
static bool takes_gzip(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept-Encoding");
    const char *gzip = accept ? ap_strcasestr(accept, "gzip") : NULL;
    if (!gzip)
        return false;
    const char *q = gzip + strlen("gzip");
    while (*q == ' ' || *q == ';')
        q++;
    return strncasecmp(q, "q=0", 3) != 0 || strspn(q + 3, ".0") != strcspn(q + 3, ", ");
}

/* mpin.css with the colour of MPinAccent behind it; other files as they are. */
static const asset_t *in_colour(const asset_t *asset, const site_t *site, apr_pool_t *p)
{
    if (!site->accent || strcmp(asset->path, "mpin/mpin.css") != 0)
        return asset;
    apr_ssize_t length = APR_HASH_KEY_STRING;
    asset_t *coloured = apr_pmemdup(p, asset, sizeof(*asset));
    const char *text = apr_pstrcat(p, (const char *)asset->plain, site->accent, NULL);
    coloured->plain = (const unsigned char *)text;
    coloured->plain_len = strlen(text);
    coloured->packed = NULL;
    coloured->etag = apr_psprintf(p, "\"%.*s-%x\"", (int)strlen(asset->etag) - 2, asset->etag + 1,
                                  apr_hashfunc_default(site->accent, &length));
    return coloured;
}

/* GET /mpin.js and /mpin/...: public files, the same for everybody. */
result_t *login_asset(facts_t *facts)
{
    request_rec *r = facts->r;
    const bool pad = facts->request->route->base == PATH_PAD;
    const asset_t *asset =
        asset_find(pad ? "mpin.js" : apr_pstrcat(r->pool, "mpin/", facts->rest, NULL));
    if (!asset)
        return result_error(r->pool, HTTP_NOT_FOUND, "not_found", "no such file");
    asset = in_colour(asset, facts->site, r->pool);

    answer_page_headers(r);
    facts->request->caching = ASSET_MAX_AGE;
    apr_table_setn(r->headers_out, "Cache-Control", ASSET_MAX_AGE);
    apr_table_setn(r->headers_out, "ETag", asset->etag);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Encoding");
    ap_set_content_type(r, asset->type);
    const int status = ap_meets_conditions(r);
    if (status != OK) {
        r->status = status;
        return NULL;
    }

    const bool packed = asset->packed && takes_gzip(r);
    if (packed)
        apr_table_setn(r->headers_out, "Content-Encoding", "gzip");
    ap_set_content_length(r, (apr_off_t)(packed ? asset->packed_len : asset->plain_len));
    if (!r->header_only)
        ap_rwrite(packed ? asset->packed : asset->plain,
                  (int)(packed ? asset->packed_len : asset->plain_len), r);
    return NULL;
}
