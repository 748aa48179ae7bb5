/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/qr.h"

#include <apr_strings.h>
#include <qrencode.h>
#include <string.h>

#define QUIET 4    /* modules of white around (ISO/IEC 18004, 6.3.8) */
#define RUN_MAX 32 /* characters of "M169 169h177v1h-177z" */

/* The length of the dark run that begins at `x` of a row. */
static int qr_run_at(const unsigned char *row, int width, int x)
{
    int end = x;
    while (end < width && row[end] & 1)
        end++;
    return end - x;
}

static int qr_count_runs(const QRcode *code)
{
    int runs = 0;
    for (int i = 0; i < code->width * code->width; i++)
        runs += code->data[i] & 1 && (i % code->width == 0 || !(code->data[i - 1] & 1));
    return runs;
}

/* Every dark run as a rectangle one module high. */
static const char *qr_path(const QRcode *code, apr_pool_t *p)
{
    char *path = apr_palloc(p, (apr_size_t)qr_count_runs(code) * RUN_MAX + 1), *at = path;
    *at = '\0';
    for (int y = 0; y < code->width; y++) {
        const unsigned char *row = code->data + y * code->width;
        for (int x = 0; x < code->width; x++) {
            const int run = qr_run_at(row, code->width, x);
            if (run)
                at += apr_snprintf(at, RUN_MAX, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run;
        }
    }
    return path;
}

bool qr_draw(const char *text, qr_drawing_t *drawing, apr_pool_t *p)
{
    QRcode *code = strlen(text) <= QR_TEXT_MAX
                       ? QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1)
                       : NULL;
    if (!code)
        return false;
    *drawing = (qr_drawing_t){code->width + 2 * QUIET, qr_path(code, p)};
    QRcode_free(code);
    return true;
}

/* Outside of the code is white. */
static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           code->data[y * code->width + x] & 1;
}

const char *qr_terminal(const char *text, apr_pool_t *p)
{
    static const char *const halves[2][2] = {{" ", "\xe2\x96\x84"},
                                             {"\xe2\x96\x80", "\xe2\x96\x88"}};
    QRcode *code = strlen(text) <= QR_TEXT_MAX
                       ? QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1)
                       : NULL;
    if (!code)
        return NULL;
    const char *drawn = "";
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        drawn = apr_pstrcat(p, drawn, "\033[38;5;16;48;5;231m", NULL);
        for (int x = -QUIET; x < code->width + QUIET; x++)
            drawn =
                apr_pstrcat(p, drawn, halves[is_dark(code, x, y)][is_dark(code, x, y + 1)], NULL);
        drawn = apr_pstrcat(p, drawn, "\033[0m\n", NULL);
    }
    QRcode_free(code);
    return drawn;
}

const char *qr_svg(const char *text, apr_pool_t *p)
{
    qr_drawing_t drawing;
    if (!qr_draw(text, &drawing, p))
        return NULL;
    const int side = drawing.side;
    return apr_psprintf(p,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>"
                        "<path fill=\"#000\" d=\"%s\"/></svg>",
                        side, side, side, side, side, drawing.path);
}
