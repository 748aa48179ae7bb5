/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_CODING_H
#define MPIN_WEB_CODING_H

#include <httpd.h>
#include <stdbool.h>

/* The request's answer depends on what the client unpacks. True: that is gzip, too. */
bool coding_takes_gzip(request_rec *r);

/* mod_deflate and mod_brotli leave the answer as it is, whatever the site says: what is packed as a
 * whole tells by its length whether a secret in it is like something that others have put there
 * (docs/security.md, "Packed pages"). */
void coding_keep(request_rec *r);

/* The bytes in gzip, NULL where there is no memory for that. */
const unsigned char *coding_gzip(const void *bytes, apr_size_t len, apr_size_t *packed_len,
                                 apr_pool_t *p);

/* The answer's bytes, whose headers are set: in gzip where `packed`. */
void coding_send(request_rec *r, bool packed, const void *bytes, apr_size_t len);

#endif
