/* SPDX-License-Identifier: Apache-2.0 */
/* Which points the verifier and the D-TA's door take, and which they refuse, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>
#include "mpin/point.h"
#include "mpin_login.h"

/* The field's prime p. */
static const char prime[] = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf"
                            "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

/* On the curve, outside the subgroup: of order 3, which is (0, -2), of order 11, and (4, y) of a
 * large order; in G2 (2, y). */
/* clang-format off */
#define ZEROS_46 "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
static const char order_3[] = "04" ZEROS_46 "0000"
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaa9";
static const char order_11[] = "04"
    "19b3e2c8c6bbf59d3c326b531fc1e639d29200c28624ac604f251a12908c9b7f735318617f625954cc71cdf03229b1ef"
    "15d1455562b9a28d0f11a69ecd34f5a8ade01df410168a09cf16ccfbcbfc69403c7c5771a05d217a122b795529939e03";
static const char order_large[] = "04" ZEROS_46 "0004"
    "0a989badd40d6212b33cffc3f3763e9bc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c";
static const char g2_outside[] = "04" ZEROS_46 "0000" ZEROS_46 "0002"
    "172e93db764a8400a7d5071b6b6f5de0da2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c"
    "18c6b864ae17dc9da64203ffefb966306425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38";
/* clang-format on */

/* This point is no point, wherever it stands: as U, UT, V or a D-TA's share. */
static void assert_g1(const login_t *l, const g1_t point, mpin_status_t wanted)
{
    g1_t sum;
    assert_int_equal(mpin_check_g1(point), wanted);
    assert_int_equal(mpin_verify(l->server, l->hash, point, l->y, l->v), wanted);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, point), wanted);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, l->u, l->y, point), wanted);
    assert_int_equal(judge_with_permit(l->server, l->hash, point, LOGIN_DAY, l->y, l->v), wanted);
    assert_int_equal(judge_with_permit(l->server, l->hash, l->u, LOGIN_DAY, l->y, point), wanted);
    if (wanted == MPIN_MALFORMED)
        assert_int_equal(mpin_verify_kept(l->server, l->identity, point, l->y, l->v), wanted);
    assert_int_equal(mpin_recombine_g1(point, l->secret, sum), wanted);
    assert_int_equal(mpin_recombine_g1(l->secret, point, sum), wanted);
}

static void assert_g2(const login_t *l, const g2_t point, mpin_status_t wanted)
{
    g2_t sum;
    assert_int_equal(mpin_recombine_g2(point, l->server_secret, sum), wanted);
    assert_int_equal(mpin_recombine_g2(l->server_secret, point, sum), wanted);
    assert_null(mpin_server_make(point));
}

/* coordinate + p, which still fits its 48 bytes */
static void add_prime(unsigned char coordinate[48])
{
    unsigned char p[48];
    login_from_hex(p, sizeof p, prime);
    unsigned carry = 0;
    for (int i = 47; i >= 0; i--) {
        carry += (unsigned)coordinate[i] + p[i];
        coordinate[i] = (unsigned char)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
}

static void add_small_order(g1_t point, const char *small)
{
    g1_t wire;
    blst_p1_affine affine, part;
    blst_p1 jacobian;
    login_from_hex(wire, sizeof wire, small);
    blst_p1_deserialize(&part, wire + 1); /* it reads (0, -2) and complains */
    blst_p1_deserialize(&affine, point + 1);
    blst_p1_from_affine(&jacobian, &affine);
    blst_p1_add_or_double_affine(&jacobian, &jacobian, &part);
    blst_p1_to_affine(&affine, &jacobian);
    mpin_g1_encode(point, &affine);
}

/* ---- encodings ------------------------------------------------------------------------------- */

static void every_prefix_but_04_is_malformed(void **state)
{
    const login_t *l = *state;
    g1_t point;
    g2_t point2;
    memcpy(point, l->u, sizeof point);
    memcpy(point2, l->server_secret, sizeof point2);
    for (unsigned prefix = 0; prefix < 256; prefix++) {
        if (prefix == 0x04)
            continue;
        point[0] = point2[0] = (unsigned char)prefix;
        assert_g1(l, point, MPIN_MALFORMED);
        assert_g2(l, point2, MPIN_MALFORMED);
    }
}

static void hybrid_form_is_malformed(void **state)
{
    const login_t *l = *state;
    g1_t point;
    memcpy(point, l->u, sizeof point);
    point[0] = (unsigned char)(0x06 | (l->u[MPIN_G1_BYTES - 1] & 1)); /* X9.62: Y's parity */
    assert_g1(l, point, MPIN_MALFORMED);
}

static void compressed_form_is_malformed(void **state)
{
    const login_t *l = *state;
    g1_t miracl = {(unsigned char)(0x02 | (l->u[MPIN_G1_BYTES - 1] & 1))};
    memcpy(miracl + 1, l->u + 1, 48);
    assert_g1(l, miracl, MPIN_MALFORMED);

    g1_t zcash = {0x04};
    blst_p1_affine affine;
    assert_int_equal(mpin_g1_decode(&affine, l->u), MPIN_ACCEPTED);
    blst_p1_affine_compress(zcash + 1, &affine);
    assert_int_equal(blst_p1_deserialize(&affine, zcash + 1), BLST_SUCCESS); /* blst does */
    assert_g1(l, zcash, MPIN_MALFORMED);
}

static void stray_flag_bits_are_malformed(void **state)
{
    const login_t *l = *state;
    for (unsigned flags = 0x20; flags < 0x100; flags += 0x20) {
        g1_t point;
        g2_t point2;
        memcpy(point, l->u, sizeof point);
        memcpy(point2, l->server_secret, sizeof point2);
        point[1] = (unsigned char)(point[1] | flags);
        point2[1] = (unsigned char)(point2[1] | flags);
        assert_g1(l, point, MPIN_MALFORMED);
        assert_g2(l, point2, MPIN_MALFORMED);
    }
}

static void coordinate_of_p_or_more_is_malformed(void **state)
{
    const login_t *l = *state;
    const size_t g1_at[] = {1, 49}, g2_at[] = {1, 49, 97, 145};
    for (size_t i = 0; i < 2; i++) {
        g1_t point;
        memcpy(point, l->u, sizeof point);
        login_from_hex(point + g1_at[i], 48, prime);
        assert_g1(l, point, MPIN_MALFORMED);
        memset(point + g1_at[i] + 1, 0xff, 47);
        assert_g1(l, point, MPIN_MALFORMED);
    }
    for (size_t i = 0; i < 4; i++) {
        g2_t point;
        memcpy(point, l->server_secret, sizeof point);
        login_from_hex(point + g2_at[i], 48, prime);
        assert_g2(l, point, MPIN_MALFORMED);
    }

    g1_t renamed; /* 4 + p is another name of 4 */
    login_from_hex(renamed, sizeof renamed, order_large);
    assert_int_equal(mpin_check_g1(renamed), MPIN_REFUSED);
    add_prime(renamed + 1);
    assert_g1(l, renamed, MPIN_MALFORMED);
}

/* ---- points ---------------------------------------------------------------------------------- */

static void point_off_the_curve_is_refused(void **state)
{
    const login_t *l = *state;
    for (size_t i = 0; i < 8; i++) {
        g1_t point;
        g2_t point2;
        memcpy(point, l->u, sizeof point);
        memcpy(point2, l->server_secret, sizeof point2);
        point[MPIN_G1_BYTES - 1] ^= (unsigned char)(1 << i);
        point2[MPIN_G2_BYTES - 1] ^= (unsigned char)(1 << i);
        assert_g1(l, point, MPIN_REFUSED);
        assert_int_equal(mpin_verify_kept(l->server, l->identity, point, l->y, l->v), MPIN_REFUSED);
        assert_g2(l, point2, MPIN_REFUSED);
    }
}

static void point_of_order_3_is_refused(void **state)
{
    const login_t *l = *state;
    g1_t point;
    login_from_hex(point, sizeof point, order_3);
    assert_g1(l, point, MPIN_REFUSED);
}

static void point_of_order_11_is_refused(void **state)
{
    const login_t *l = *state;
    g1_t point;
    login_from_hex(point, sizeof point, order_11);
    assert_g1(l, point, MPIN_REFUSED);
}

static void point_outside_the_subgroup_is_refused(void **state)
{
    const login_t *l = *state;
    g1_t point;
    g2_t point2;
    login_from_hex(point, sizeof point, order_large);
    assert_g1(l, point, MPIN_REFUSED);
    login_from_hex(point2, sizeof point2, g2_outside);
    assert_g2(l, point2, MPIN_REFUSED);
}

static void good_point_plus_a_small_order_point_is_refused(void **state)
{
    const login_t *l = *state;
    const char *small[] = {order_3, order_11};
    for (size_t i = 0; i < 2; i++) {
        g1_t point;
        memcpy(point, l->u, sizeof point);
        add_small_order(point, small[i]);
        assert_g1(l, point, MPIN_REFUSED);
        memcpy(point, l->v, sizeof point);
        add_small_order(point, small[i]);
        assert_g1(l, point, MPIN_REFUSED);
    }
}

/* Why pass2 may spare U's second subgroup check: what has escaped the first gains nothing. */
static void small_order_part_of_an_unchecked_u_changes_no_verdict(void **state)
{
    const login_t *l = *state;
    g1_t point, wrong_v;
    memcpy(point, l->u, sizeof point);
    add_small_order(point, order_11);
    client_pass2(l->token, l->hash, LOGIN_PIN + 1, l->x, l->y, wrong_v);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, point, l->y, l->v), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, point, l->y, wrong_v),
                     MPIN_WRONG_PIN);

    login_from_hex(point, sizeof point, order_11);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, point, l->y, l->v), MPIN_WRONG_PIN);
}

static void identity_is_refused_in_every_spelling(void **state)
{
    const login_t *l = *state;
    g1_t zeros = {0x04};
    assert_g1(l, zeros, MPIN_REFUSED);
    g1_t zero_one = {0x04, [MPIN_G1_BYTES - 1] = 1}; /* how MIRACL's library writes it */
    assert_g1(l, zero_one, MPIN_REFUSED);
    g1_t flagged = {0x04, 0x40}; /* how blst writes it */
    assert_g1(l, flagged, MPIN_MALFORMED);
    g1_t x962 = {0x00};
    assert_g1(l, x962, MPIN_MALFORMED);

    g2_t zeros2 = {0x04}, flagged2 = {0x04, 0x40}, zero_one2 = {0x04, [MPIN_G2_BYTES - 1] = 1};
    assert_g2(l, zeros2, MPIN_REFUSED);
    assert_g2(l, zero_one2, MPIN_REFUSED);
    assert_g2(l, flagged2, MPIN_MALFORMED);
}

static void u_plus_y_h_of_zero_is_refused(void **state)
{
    const login_t *l = *state;
    g1_t minus_yh;
    client_pass1(l->hash, l->y, minus_yh);
    login_negate(minus_yh);
    assert_int_equal(mpin_check_g1(minus_yh), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify(l->server, l->hash, minus_yh, l->y, l->v), MPIN_REFUSED);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, minus_yh, l->y, l->v), MPIN_REFUSED);

    client_pass1_permit(l->hash, LOGIN_DAY, l->y, minus_yh);
    login_negate(minus_yh);
    assert_int_equal(judge_with_permit(l->server, l->hash, minus_yh, LOGIN_DAY, l->y, l->v),
                     MPIN_REFUSED);
}

static void shares_that_cancel_out_are_refused(void **state)
{
    const login_t *l = *state;
    g1_t minus, sum;
    memcpy(minus, l->secret, sizeof minus);
    login_negate(minus);
    assert_int_equal(mpin_recombine_g1(l->secret, minus, sum), MPIN_REFUSED);

    g2_t minus2, sum2;
    blst_p2_affine affine;
    assert_int_equal(mpin_g2_decode(&affine, l->server_secret), MPIN_ACCEPTED);
    blst_fp2_cneg(&affine.y, &affine.y, 1);
    mpin_g2_encode(minus2, &affine);
    assert_int_equal(mpin_recombine_g2(l->server_secret, minus2, sum2), MPIN_REFUSED);
}

static void equal_shares_add_up_to_the_double(void **state)
{
    const login_t *l = *state;
    scalar_t one = {[MPIN_SCALAR_BYTES - 1] = 1}, two = {[MPIN_SCALAR_BYTES - 1] = 2};
    g1_t one_share, sum, doubled;
    assert_int_equal(mpin_client_secret(one, l->hash, one_share), MPIN_ACCEPTED);
    assert_int_equal(mpin_client_secret(two, l->hash, doubled), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(one_share, one_share, sum), MPIN_ACCEPTED);
    assert_memory_equal(sum, doubled, sizeof sum);

    g2_t one_share2, sum2, doubled2;
    assert_int_equal(mpin_server_secret(one, one_share2), MPIN_ACCEPTED);
    assert_int_equal(mpin_server_secret(two, doubled2), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g2(one_share2, one_share2, sum2), MPIN_ACCEPTED);
    assert_memory_equal(sum2, doubled2, sizeof sum2);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        LOGIN_TEST(every_prefix_but_04_is_malformed),
        LOGIN_TEST(hybrid_form_is_malformed),
        LOGIN_TEST(compressed_form_is_malformed),
        LOGIN_TEST(stray_flag_bits_are_malformed),
        LOGIN_TEST(coordinate_of_p_or_more_is_malformed),
        LOGIN_TEST(point_off_the_curve_is_refused),
        LOGIN_TEST(point_of_order_3_is_refused),
        LOGIN_TEST(point_of_order_11_is_refused),
        LOGIN_TEST(point_outside_the_subgroup_is_refused),
        LOGIN_TEST(good_point_plus_a_small_order_point_is_refused),
        LOGIN_TEST(small_order_part_of_an_unchecked_u_changes_no_verdict),
        LOGIN_TEST(identity_is_refused_in_every_spelling),
        LOGIN_TEST(u_plus_y_h_of_zero_is_refused),
        LOGIN_TEST(shares_that_cancel_out_are_refused),
        LOGIN_TEST(equal_shares_add_up_to_the_double),
    };
    return cmocka_run_group_tests_name("mpin_points", tests, NULL, NULL);
}
