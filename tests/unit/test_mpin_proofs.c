/* SPDX-License-Identifier: Apache-2.0 */
/* Which scalars and proofs are taken, and which are refused, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "mpin_login.h"

/* ---- scalars --------------------------------------------------------------------------------- */

static void assert_no_scalar(const login_t *l, const scalar_t scalar)
{
    g1_t out;
    g2_t out2;
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, scalar, l->v), MPIN_REFUSED);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, l->u, scalar, l->v), MPIN_REFUSED);
    assert_int_equal(judge_with_permit(l->server, l->hash, l->u, LOGIN_DAY, scalar, l->v),
                     MPIN_REFUSED);
    assert_int_equal(mpin_client_secret(scalar, l->hash, out), MPIN_REFUSED);
    assert_int_equal(mpin_time_permit(scalar, LOGIN_DAY, l->hash, out), MPIN_REFUSED);
    assert_int_equal(mpin_server_secret(scalar, out2), MPIN_REFUSED);
}

static void scalar_of_zero_or_of_r_and_more_is_refused(void **state)
{
    const login_t *l = *state;
    scalar_t scalar = {0};
    assert_no_scalar(l, scalar);
    login_from_hex(scalar, sizeof scalar, LOGIN_ORDER);
    assert_no_scalar(l, scalar);
    scalar[MPIN_SCALAR_BYTES - 1]++;
    assert_no_scalar(l, scalar);
    memset(scalar, 0xff, sizeof scalar);
    assert_no_scalar(l, scalar);

    g1_t out;
    login_from_hex(scalar, sizeof scalar, LOGIN_ORDER);
    scalar[MPIN_SCALAR_BYTES - 1]--;
    assert_int_equal(mpin_client_secret(scalar, l->hash, out), MPIN_ACCEPTED);
}

static void random_scalars_are_in_range_and_differ(void **state)
{
    (void)state;
    scalar_t previous = {0}, drawn, r;
    unsigned large = 0;
    login_from_hex(r, sizeof r, LOGIN_ORDER);
    for (int i = 0; i < 2000; i++) {
        mpin_random_scalar(drawn);
        assert_true(memcmp(drawn, r, sizeof r) < 0);
        assert_false(sodium_is_zero(drawn, sizeof drawn));
        assert_true(memcmp(drawn, previous, sizeof drawn) != 0);
        memcpy(previous, drawn, sizeof drawn);
        large += drawn[0] >= 0x40;
    }
    /* 0.448 of all scalars are that large; 2,000 draws stray from it by 0.1 once in 10^18 runs. */
    assert_in_range(large, 696, 1096);
}

/* ---- proofs ---------------------------------------------------------------------------------- */

static void right_pin_is_accepted(void **state)
{
    const login_t *l = *state;
    assert_int_equal(mpin_check_g1(l->u), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, l->v), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify_kept(l->server, l->identity, l->u, l->y, l->v), MPIN_ACCEPTED);
}

static void wrong_pin_is_a_wrong_pin(void **state)
{
    const login_t *l = *state;
    const uint32_t wrong[] = {0, 1233, 1235, 9999, 12340, 99999999};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        g1_t answer;
        client_pass2(l->token, l->hash, wrong[i], l->x, l->y, answer);
        assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, answer), MPIN_WRONG_PIN);
        assert_int_equal(mpin_verify_kept(l->server, l->identity, l->u, l->y, answer),
                         MPIN_WRONG_PIN);
    }
}

static void anothers_identity_u_y_or_v_is_a_wrong_pin(void **state)
{
    const login_t *l = *state;
    unsigned char other_hash[MPIN_HASH_BYTES];
    scalar_t other_x, other_y;
    g1_t other_secret, other_u, other_v;
    randombytes_buf(other_hash, sizeof other_hash);
    mpin_random_scalar(other_x);
    mpin_random_scalar(other_y);
    assert_int_equal(mpin_client_secret(l->master, other_hash, other_secret), MPIN_ACCEPTED);
    client_pass1(other_hash, other_x, other_u);
    client_answer(other_secret, other_x, other_y, other_v);

    assert_int_equal(mpin_verify(l->server, other_hash, other_u, other_y, other_v), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify(l->server, other_hash, l->u, l->y, l->v), MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(l->server, l->hash, other_u, l->y, l->v), MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, other_y, l->v), MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, other_v), MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(l->server, l->hash, other_u, other_y, other_v), MPIN_WRONG_PIN);
}

static void negated_u_or_v_is_a_wrong_pin(void **state)
{
    const login_t *l = *state;
    g1_t minus;
    memcpy(minus, l->v, sizeof minus);
    login_negate(minus);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, minus), MPIN_WRONG_PIN);
    memcpy(minus, l->u, sizeof minus);
    login_negate(minus);
    assert_int_equal(mpin_verify(l->server, l->hash, minus, l->y, l->v), MPIN_WRONG_PIN);
}

static void another_master_shares_secret_is_a_wrong_pin(void **state)
{
    const login_t *l = *state;
    scalar_t other;
    g1_t other_secret, answer;
    mpin_random_scalar(other);
    assert_int_equal(mpin_client_secret(other, l->hash, other_secret), MPIN_ACCEPTED);
    client_answer(other_secret, l->x, l->y, answer);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, answer), MPIN_WRONG_PIN);
}

static void permit_counts_on_its_day_for_its_identity_only(void **state)
{
    const login_t *l = *state;
    g1_t permit, both, ut, answer;
    assert_int_equal(mpin_time_permit(l->master, LOGIN_DAY, l->hash, permit), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(l->secret, permit, both), MPIN_ACCEPTED);
    client_pass1_permit(l->hash, LOGIN_DAY, l->x, ut);
    client_answer(both, l->x, l->y, answer);
    assert_int_equal(judge_with_permit(l->server, l->hash, ut, LOGIN_DAY, l->y, answer),
                     MPIN_ACCEPTED);
    assert_int_equal(judge_with_permit(l->server, l->hash, ut, LOGIN_DAY + 1, l->y, answer),
                     MPIN_WRONG_PIN);
    assert_int_equal(judge_with_permit(l->server, l->hash, ut, LOGIN_DAY - 1, l->y, answer),
                     MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(l->server, l->hash, ut, l->y, answer), MPIN_WRONG_PIN);
    assert_int_equal(judge_with_permit(l->server, l->hash, l->u, LOGIN_DAY, l->y, l->v),
                     MPIN_WRONG_PIN);

    unsigned char other_hash[MPIN_HASH_BYTES] = {0};
    assert_int_equal(judge_with_permit(l->server, other_hash, ut, LOGIN_DAY, l->y, answer),
                     MPIN_WRONG_PIN);

    g1_t yesterdays;
    assert_int_equal(mpin_time_permit(l->master, LOGIN_DAY - 1, l->hash, yesterdays),
                     MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(l->secret, yesterdays, both), MPIN_ACCEPTED);
    client_answer(both, l->x, l->y, answer);
    assert_int_equal(judge_with_permit(l->server, l->hash, ut, LOGIN_DAY, l->y, answer),
                     MPIN_WRONG_PIN);
}

static void every_part_of_the_date_counts(void **state)
{
    const login_t *l = *state;
    g1_t permit, other;
    assert_int_equal(mpin_time_permit(l->master, LOGIN_DAY, l->hash, permit), MPIN_ACCEPTED);
    for (unsigned bit = 0; bit < 32; bit += 8) {
        assert_int_equal(mpin_time_permit(l->master, LOGIN_DAY ^ (1u << bit), l->hash, other),
                         MPIN_ACCEPTED);
        assert_memory_not_equal(permit, other, sizeof permit);
    }
}

static void shares_of_two_dtas_log_in(void **state)
{
    const login_t *l = *state;
    scalar_t second;
    g1_t share, client;
    g2_t server_share, sum;
    mpin_random_scalar(second);
    assert_int_equal(mpin_client_secret(second, l->hash, share), MPIN_ACCEPTED);
    assert_int_equal(mpin_server_secret(second, server_share), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(l->secret, share, client), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g2(l->server_secret, server_share, sum), MPIN_ACCEPTED);

    g1_t answer;
    client_answer(client, l->x, l->y, answer);
    mpin_server_t *both = mpin_server_make(sum);
    assert_non_null(both);
    assert_int_equal(mpin_verify(both, l->hash, l->u, l->y, answer), MPIN_ACCEPTED);
    assert_int_equal(mpin_verify(l->server, l->hash, l->u, l->y, answer), MPIN_WRONG_PIN);
    assert_int_equal(mpin_verify(both, l->hash, l->u, l->y, l->v), MPIN_WRONG_PIN);
    mpin_server_free(both);
}

static void verifier_cannot_be_written(void **state)
{
    const login_t *l = *state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka's handler would go on with the next test */
        *(volatile unsigned char *)l->server = 0;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        LOGIN_TEST(scalar_of_zero_or_of_r_and_more_is_refused),
        LOGIN_TEST(random_scalars_are_in_range_and_differ),
        LOGIN_TEST(right_pin_is_accepted),
        LOGIN_TEST(wrong_pin_is_a_wrong_pin),
        LOGIN_TEST(anothers_identity_u_y_or_v_is_a_wrong_pin),
        LOGIN_TEST(negated_u_or_v_is_a_wrong_pin),
        LOGIN_TEST(another_master_shares_secret_is_a_wrong_pin),
        LOGIN_TEST(permit_counts_on_its_day_for_its_identity_only),
        LOGIN_TEST(every_part_of_the_date_counts),
        LOGIN_TEST(shares_of_two_dtas_log_in),
        LOGIN_TEST(verifier_cannot_be_written),
    };
    return cmocka_run_group_tests_name("mpin_proofs", tests, NULL, NULL);
}
