/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_QR_H
#define MPIN_PHONE_QR_H

#include <apr_pools.h>

#define QR_TEXT_MAX 512 /* bytes of what a QR code holds */

/* A QR code as an SVG document of one path, black on white with its quiet zone, without style or
 * script; in the pool. The text itself stands nowhere in it. NULL where it is too long, or memory
 * is out. */
const char *qr_svg(const char *text, apr_pool_t *p);

#endif
