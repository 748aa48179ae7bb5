/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_BASE64_H
#define MPIN_BASE_BASE64_H

#include <apr_pools.h>
#include <stdbool.h>

/* base64url without padding (RFC 4648, section 5), as cookies and tokens carry it. Table driven and
 * so not for secrets: what is decoded here is public. */

/* Characters that `len` bytes become, and bytes that `len` characters can become at most. */
#define BASE64_TEXT_LEN(len) (((len)*4 + 2) / 3)
#define BASE64_BYTES_MAX(len) ((len) / 4 * 3 + 2)

char *base64_encode(apr_pool_t *p, const unsigned char *bytes, apr_size_t len);

/* True iff `text` is the one canonical form of some bytes: no padding, no foreign character, unused
 * bits zero. `bytes` has room for BASE64_BYTES_MAX(len); `*got` is how many there are. */
bool base64_decode(const char *text, apr_size_t len, unsigned char *bytes, apr_size_t *got);

#endif
