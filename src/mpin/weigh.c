/* SPDX-License-Identifier: Apache-2.0 */
#include "mpin/weigh.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* z^2, its low half first. */
static const uint64_t zz[2] = {0x0000000100000000, 0xac45a4010001a402};

/* A scalar in digits that are 0 or odd and within +-7; at least three zeros follow each. */
#define WIDTH 4
#define ODD_MULTIPLES (1 << (WIDTH - 2))
#define DIGITS_OF_64_BITS 65
#define DIGITS_OF_128_BITS 129

typedef blst_p1_affine odd_multiples_t[ODD_MULTIPLES]; /* P, 3P, 5P, 7P */
typedef signed char digits_t[DIGITS_OF_128_BITS];

/* Two rows a point: of P and of z^2*P. */
#define ROWS_OF_V 2
#define ROWS_OF_C 4 /* of U and of H */

/* 64 bits, from bit `at` on. */
static uint64_t bits_from(const uint64_t *scalar, unsigned words, unsigned at)
{
    uint64_t low = scalar[at / 64] >> at % 64;
    bool more = at % 64 > 0 && at / 64 + 1 < words;
    return more ? low | scalar[at / 64 + 1] << (64 - at % 64) : low;
}

/* `digits` are zeros, 64 for each word and one more. */
static void recode(signed char *digits, const uint64_t *scalar, unsigned words)
{
    unsigned at = 0, carry = 0;
    while (at < 64 * words) {
        uint64_t bits = bits_from(scalar, words, at);
        if ((bits & 1) == carry) {
            at++;
            continue;
        }
        int digit = (int)(bits % (1 << WIDTH)) + (int)carry;
        carry = digit >> (WIDTH - 1) & 1;
        digits[at] = (signed char)(digit - (int)(carry << WIDTH));
        at += WIDTH;
    }
    if (carry)
        digits[64 * words] = 1;
}

void mpin_to_affine(blst_p1_affine *affine, blst_p1 *points, int count)
{
    for (int i = 0; i < count; i++) {
        if (blst_p1_is_inf(&points[i]))
            points[i] = (blst_p1){.z = blst_p1_generator()->z};
    }
    const blst_p1 *const all[] = {points, NULL};
    blst_p1s_to_affine(affine, all, (size_t)count);
}

static void make_multiples(blst_p1 odd[ODD_MULTIPLES], const blst_p1 *point)
{
    blst_p1 twice;
    blst_p1_double(&twice, point);
    odd[0] = *point;
    for (int i = 1; i < ODD_MULTIPLES; i++)
        blst_p1_add_or_double(&odd[i], &odd[i - 1], &twice);
}

/* z^2*(x, y) = (beta*x, -y) in the subgroup, where beta is a third root of 1. */
static void multiply_by_zz(blst_p1_affine *product, const blst_p1_affine *point)
{
    static const unsigned char beta[48] = {
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5f, 0x19, 0x67, 0x2f,
        0xdf, 0x76, 0xce, 0x51, 0xba, 0x69, 0xc6, 0x07, 0x6a, 0x0f, 0x77, 0xea,
        0xdd, 0xb3, 0xa9, 0x3b, 0xe6, 0xf8, 0x96, 0x88, 0xde, 0x17, 0xd8, 0x13,
        0x62, 0x0a, 0x00, 0x02, 0x2e, 0x01, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xfe};
    blst_fp root;
    blst_fp_from_bendian(&root, beta);
    blst_fp_mul(&product->x, &point->x, &root);
    blst_fp_cneg(&product->y, &point->y, true);
}

static void fill_rows(odd_multiples_t rows[2], const odd_multiples_t odd)
{
    memcpy(rows[0], odd, sizeof rows[0]);
    for (int i = 0; i < ODD_MULTIPLES; i++)
        multiply_by_zz(&rows[1][i], &odd[i]);
}

static void fill_all_rows(odd_multiples_t v[ROWS_OF_V], odd_multiples_t c[ROWS_OF_C],
                          const mpin_points_t *proof)
{
    blst_p1 odd[3][ODD_MULTIPLES], point;
    odd_multiples_t affine[3];
    blst_p1_from_affine(&point, &proof->v);
    make_multiples(odd[0], &point);
    blst_p1_from_affine(&point, &proof->u);
    make_multiples(odd[1], &point);
    make_multiples(odd[2], &proof->h);
    mpin_to_affine(affine[0], odd[0], 3 * ODD_MULTIPLES);
    fill_rows(&v[0], affine[0]);
    fill_rows(&c[0], affine[1]);
    fill_rows(&c[2], affine[2]);
}

/* scalar = high*z^2 + low; both fit, as scalar < r < z^4 < 2^256. Bit by bit, because not every
 * compiler has numbers of 128 bits. */
static void divide_by_zz(uint64_t high[2], uint64_t low[2], const uint64_t scalar[4])
{
    memset(high, 0, 2 * sizeof *high);
    memset(low, 0, 2 * sizeof *low);
    for (unsigned at = 256; at-- > 0;) {
        bool carry = low[1] >> 63;
        low[1] = low[1] << 1 | low[0] >> 63;
        low[0] = low[0] << 1 | (scalar[at / 64] >> at % 64 & 1);
        if (carry || low[1] > zz[1] || (low[1] == zz[1] && low[0] >= zz[0])) {
            low[1] -= zz[1] + (low[0] < zz[0]);
            low[0] -= zz[0];
            high[at / 64] |= (uint64_t)1 << at % 64;
        }
    }
}

/* (a + b*z^2) * y, which H is multiplied by. */
static void weigh_challenge(uint64_t product[4], const mpin_weight_t weight, const blst_scalar *y)
{
    const uint64_t a[4] = {weight[0]}, b[4] = {weight[1]}, square[4] = {zz[0], zz[1]};
    blst_fr sum, part, factor;
    blst_fr_from_uint64(&part, b);
    blst_fr_from_uint64(&factor, square);
    blst_fr_mul(&part, &part, &factor);
    blst_fr_from_uint64(&sum, a);
    blst_fr_add(&sum, &sum, &part);
    blst_fr_from_scalar(&factor, y);
    blst_fr_mul(&sum, &sum, &factor);
    blst_uint64_from_fr(product, &sum);
}

static void fill_digits(digits_t v[ROWS_OF_V], digits_t c[ROWS_OF_C], const mpin_weight_t weight,
                        const blst_scalar *y)
{
    struct {
        uint64_t product[4], high[2], low[2];
    } secret;
    weigh_challenge(secret.product, weight, y);
    divide_by_zz(secret.high, secret.low, secret.product);
    recode(v[0], &weight[0], 1);
    recode(v[1], &weight[1], 1);
    recode(c[0], &weight[0], 1);
    recode(c[1], &weight[1], 1);
    recode(c[2], secret.low, 2);
    recode(c[3], secret.high, 2);
    sodium_memzero(&secret, sizeof secret);
}

static void add_multiple(blst_p1 *sum, const odd_multiples_t odd, int digit)
{
    blst_p1_affine multiple = odd[abs(digit) / 2];
    blst_fp_cneg(&multiple.y, &multiple.y, digit < 0);
    blst_p1_add_or_double_affine(sum, sum, &multiple);
}

static void add_rows(blst_p1 *sum, const odd_multiples_t *rows, const digits_t *digits, int count,
                     int width)
{
    memset(sum, 0, sizeof *sum);
    for (int at = width - 1; at >= 0; at--) {
        blst_p1_double(sum, sum);
        for (int i = 0; i < count; i++) {
            if (digits[i][at] != 0)
                add_multiple(sum, rows[i], digits[i][at]);
        }
    }
}

void mpin_weigh(mpin_sides_t *sides, const mpin_points_t *proof, const mpin_weight_t weight)
{
    odd_multiples_t rows_v[ROWS_OF_V], rows_c[ROWS_OF_C];
    struct {
        digits_t v[ROWS_OF_V], c[ROWS_OF_C];
    } digits = {0};
    fill_all_rows(rows_v, rows_c, proof);
    fill_digits(digits.v, digits.c, weight, &proof->y);
    add_rows(&sides->v, rows_v, digits.v, ROWS_OF_V, DIGITS_OF_64_BITS);
    add_rows(&sides->c, rows_c, digits.c, ROWS_OF_C, DIGITS_OF_128_BITS);
    sodium_memzero(&digits, sizeof digits);
}
