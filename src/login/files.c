/* SPDX-License-Identifier: Apache-2.0 */
/* The files that are built in: the PIN pad, styles, pictures. */
#include "login/login.h"
#include "web/answer.h"
#include "web/coding.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "base/assets.h"

/* How long a browser may keep a file without asking again; then the ETag answers. A name with our
 * version in it stands for the same bytes for ever. A name with another version, which an older
 * page or another node's wants, leads to the file that is here, and nobody keeps it. */
#define ASSET_MAX_AGE "max-age=300"
#define ASSET_LASTING "public, max-age=31536000, immutable"
#define ASSET_OF_OTHERS "no-cache"

/* mpin.css with the colour of MPinAccent behind it; other files as they are. */
static const asset_t *in_colour(const asset_t *asset, const site_t *site, apr_pool_t *p)
{
    if (!site->accent || strcmp(asset->path, "mpin/mpin.css") != 0)
        return asset;
    asset_t *coloured = apr_pmemdup(p, asset, sizeof(*asset));
    const char *text = apr_pstrcat(p, (const char *)asset->plain, site->accent, NULL);
    coloured->plain = (const unsigned char *)text;
    coloured->plain_len = strlen(text);
    coloured->packed = coding_gzip(text, coloured->plain_len, &coloured->packed_len, p);
    coloured->etag = apr_psprintf(p, "\"%s\"", site->version);
    coloured->packed_etag = apr_psprintf(p, "\"%s-gz\"", site->version);
    return coloured;
}

/* The name behind a version, if there is one before it; and how long that may be kept. */
static const char *name_without_version(const char *rest, const char *version, const char **caching)
{
    *caching = ASSET_MAX_AGE;
    if (strspn(rest, "0123456789abcdef") != ASSETS_VERSION_LEN || rest[ASSETS_VERSION_LEN] != '/')
        return rest;
    *caching = strncmp(rest, version, ASSETS_VERSION_LEN) == 0 ? ASSET_LASTING : ASSET_OF_OTHERS;
    return rest + ASSETS_VERSION_LEN + 1;
}

/* The file's tag as the client has it: a web server in front that packs what it passes on puts the
 * coding behind it. */
static const char *tag_at(const request_rec *r, const char *etag)
{
    static const char *const ends[] = {"-gzip\"", "-br\""};
    const char *asked = apr_table_get(r->headers_in, "If-None-Match");
    for (apr_size_t i = 0; asked && i < sizeof(ends) / sizeof(ends[0]); i++) {
        const char *tag = apr_psprintf(r->pool, "%.*s%s", (int)strlen(etag) - 1, etag, ends[i]);
        if (strstr(asked, tag))
            return tag;
    }
    return etag;
}

/* GET /mpin.js and /mpin/...: public files, the same for everybody. */
result_t *login_asset(facts_t *facts)
{
    request_rec *r = facts->r;
    const bool pad = facts->request->route->base == PATH_PAD;
    const char *caching;
    const char *name = name_without_version(pad ? "" : facts->rest, facts->site->version, &caching);
    const asset_t *asset = asset_find(pad ? "mpin.js" : apr_pstrcat(r->pool, "mpin/", name, NULL));
    if (!asset)
        return result_error(r->pool, HTTP_NOT_FOUND, "not_found", "no such file");
    asset = in_colour(asset, facts->site, r->pool);

    answer_page_headers(r);
    const bool packed = coding_takes_gzip(r) && asset->packed;
    facts->request->caching = caching;
    apr_table_setn(r->headers_out, "Cache-Control", caching);
    apr_table_setn(r->headers_out, "ETag", tag_at(r, packed ? asset->packed_etag : asset->etag));
    ap_set_content_type(r, asset->type);
    const int status = ap_meets_conditions(r);
    if (status != OK) {
        r->status = status;
        return NULL;
    }
    coding_send(r, packed, packed ? asset->packed : asset->plain,
                packed ? asset->packed_len : asset->plain_len);
    return NULL;
}
