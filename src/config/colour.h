/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_COLOUR_H
#define MPIN_CONFIG_COLOUR_H

#include <apr_pools.h>
#include <stdbool.h>

/* A colour of CSS: red, green and blue from 0 to 1. */
typedef struct colour_t {
    double part[3];
} colour_t;

/* #rrggbb or #rgb. */
bool colour_parse(colour_t *colour, const char *text);

/* As #rrggbb. */
const char *colour_text(const colour_t *colour, apr_pool_t *p);

/* How well one can be read on the other, from 1 to 21 (WCAG 2.2, "contrast ratio"). */
double colour_contrast(const colour_t *one, const colour_t *other);

/* `part` of the way from one to the other, as CSS's color-mix(in srgb, ...). */
colour_t colour_mix(const colour_t *from, const colour_t *to, double part);

#endif
