/* SPDX-License-Identifier: Apache-2.0 */
#include "mpin/pairing.h"

/* blst's precomputed lines wait for -2x and 2y of the G1 point. */
static void double_for_lines(blst_p1_affine *doubled, const blst_p1_affine *p)
{
    blst_fp_add(&doubled->x, &p->x, &p->x);
    blst_fp_cneg(&doubled->x, &doubled->x, true);
    blst_fp_add(&doubled->y, &p->y, &p->y);
}

static void line_at(blst_fp6 *at, const blst_fp6 *line, const blst_p1_affine *doubled)
{
    at->fp2[0] = line->fp2[0];
    blst_fp_mul(&at->fp2[1].fp[0], &line->fp2[1].fp[0], &doubled->x);
    blst_fp_mul(&at->fp2[1].fp[1], &line->fp2[1].fp[1], &doubled->x);
    blst_fp_mul(&at->fp2[2].fp[0], &line->fp2[2].fp[0], &doubled->y);
    blst_fp_mul(&at->fp2[2].fp[1], &line->fp2[2].fp[1], &doubled->y);
}

/* Both Miller loops in one pass, so that the squarings are paid once. The order of the lines is
 * that of blst_precompute_lines: one doubling, then for each further set bit of |z| =
 * 0xd201000000010000 an addition, followed by as many doublings as the bits down to the next. */
static void miller_loops(blst_fp12 *f, const mpin_lines_t *q, const blst_p1_affine *p,
                         const mpin_lines_t *q2, const blst_p1_affine *p2)
{
    static const unsigned doublings[] = {2, 3, 9, 32, 16};
    blst_fp6 at;

    line_at(&at, &q->line[0], p);
    *f = (blst_fp12){.fp6 = {{.fp2 = {at.fp2[0], at.fp2[1]}}, {.fp2 = {[1] = at.fp2[2]}}}};
    line_at(&at, &q2->line[0], p2);
    blst_fp12_mul_by_xy00z0(f, f, &at);

    unsigned next = 1;
    for (unsigned run = 0; run < sizeof doublings / sizeof *doublings; run++) {
        for (unsigned step = 0; step <= doublings[run]; step++, next++) {
            if (step > 0)
                blst_fp12_sqr(f, f);
            line_at(&at, &q->line[next], p);
            blst_fp12_mul_by_xy00z0(f, f, &at);
            line_at(&at, &q2->line[next], p2);
            blst_fp12_mul_by_xy00z0(f, f, &at);
        }
    }
    blst_fp12_conjugate(f); /* z is negative */
}

void mpin_pairings(blst_fp12 *product, const mpin_lines_t *q, const blst_p1_affine *p,
                   const mpin_lines_t *q2, const blst_p1_affine *p2)
{
    blst_p1_affine doubled, doubled2;
    double_for_lines(&doubled, p);
    double_for_lines(&doubled2, p2);
    miller_loops(product, q, &doubled, q2, &doubled2);
    blst_final_exp(product, product);
}

bool mpin_pairings_cancel(const mpin_lines_t *q, const blst_p1_affine *p, const mpin_lines_t *q2,
                          const blst_p1_affine *p2)
{
    blst_fp12 product;
    mpin_pairings(&product, q, p, q2, p2);
    return blst_fp12_is_one(&product);
}
