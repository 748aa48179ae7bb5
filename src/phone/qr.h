/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_QR_H
#define MPIN_PHONE_QR_H

#include <apr_pools.h>
#include <stdbool.h>

#define QR_TEXT_MAX 512 /* bytes of what a QR code holds */

/* A QR code as an SVG document of one path, black on white with its quiet zone, without style or
 * script; in the pool. The text itself stands nowhere in it. NULL where it is too long, or memory
 * is out. */
const char *qr_svg(const char *text, apr_pool_t *p);

/* The same for a terminal: two rows of modules a line, black on white whatever the terminal's own
 * colours are. */
const char *qr_terminal(const char *text, apr_pool_t *p);

/* The same for a page that has the SVG element in its template: how many modules a side has, quiet
 * zone included, and the path of the dark ones. */
typedef struct qr_drawing_t {
    int side;
    const char *path;
} qr_drawing_t;
bool qr_draw(const char *text, qr_drawing_t *drawing, apr_pool_t *p);

#endif
