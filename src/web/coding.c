/* SPDX-License-Identifier: Apache-2.0 */
#include "web/coding.h"

#include <http_protocol.h>
#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib's way to ask for gzip */
#define LEVEL 6
#define MEMORY 8 /* zlib's own */

bool coding_takes_gzip(request_rec *r)
{
    apr_table_mergen(r->headers_out, "Vary", "Accept-Encoding");
    const char *accept = apr_table_get(r->headers_in, "Accept-Encoding");
    const char *gzip = accept ? ap_strcasestr(accept, "gzip") : NULL;
    if (!gzip)
        return false;
    const char *q = gzip + strlen("gzip");
    while (*q == ' ' || *q == ';')
        q++;
    return strncasecmp(q, "q=0", 3) != 0 || strspn(q + 3, ".0") != strcspn(q + 3, ", ");
}

void coding_keep(request_rec *r)
{
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
}

const unsigned char *coding_gzip(const void *bytes, apr_size_t len, apr_size_t *packed_len,
                                 apr_pool_t *p)
{
    z_stream stream = {.next_in = (z_const Bytef *)bytes, .avail_in = (uInt)len};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    const uLong room = deflateBound(&stream, (uLong)len);
    unsigned char *packed = apr_palloc(p, room);
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    const int status = deflate(&stream, Z_FINISH);
    *packed_len = stream.total_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END ? packed : NULL;
}

void coding_send(request_rec *r, bool packed, const void *bytes, apr_size_t len)
{
    if (packed)
        apr_table_setn(r->headers_out, "Content-Encoding", "gzip");
    ap_set_content_length(r, (apr_off_t)len);
    if (!r->header_only)
        ap_rwrite(bytes, (int)len, r);
}
