/* SPDX-License-Identifier: Apache-2.0 */
#include "config/colour.h"
#include "base/hex.h"

#include <apr_strings.h>
#include <math.h>
#include <string.h>

bool colour_parse(colour_t *colour, const char *text)
{
    const size_t digits = strlen(text) - 1;
    if (*text != '#' || (digits != 3 && digits != 6))
        return false;
    for (size_t i = 0; i < 3; i++) {
        const int high = hex_digit(text[1 + i * digits / 3]);
        const int low = hex_digit(text[1 + i * digits / 3 + digits / 6]);
        if (high < 0 || low < 0)
            return false;
        colour->part[i] = (high * 16 + low) / 255.0;
    }
    return true;
}

const char *colour_text(const colour_t *colour, apr_pool_t *p)
{
    return apr_psprintf(p, "#%02x%02x%02x", (unsigned)lround(colour->part[0] * 255),
                        (unsigned)lround(colour->part[1] * 255),
                        (unsigned)lround(colour->part[2] * 255));
}

static double linear(double part)
{
    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(const colour_t *colour)
{
    return 0.2126 * linear(colour->part[0]) + 0.7152 * linear(colour->part[1]) +
           0.0722 * linear(colour->part[2]);
}

double colour_contrast(const colour_t *one, const colour_t *other)
{
    const double a = luminance(one) + 0.05, b = luminance(other) + 0.05;
    return a > b ? a / b : b / a;
}

colour_t colour_mix(const colour_t *from, const colour_t *to, double part)
{
    colour_t mixed;
    for (int i = 0; i < 3; i++)
        mixed.part[i] = from->part[i] * (1 - part) + to->part[i] * part;
    return mixed;
}
